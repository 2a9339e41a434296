"""`zhifa worker`: do the background work of a running installation, in one process or several."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import FrameType
from typing import Any

from engine import logs
from engine.database import Database
from engine.errors import Conflict
from engine.schema import is_current
from engine.settings import Settings
from processes.host import open_host
from processes.working import Worker
from web.commands.serving import demonstration_settings

LOG = logging.getLogger("zhifa.worker")
SLOW_RESTART, PATROL = 2.0, 0.5
SHORTEST_LEASE = 3  # below that a busy machine would take jobs from workers that live


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("worker", help="后台进程：制作文书、用印、立卷，到期的期限，定时任务")
    parser.add_argument("--processes", type=int, default=1, help="进程数；每个进程同一时间做一项任务")
    parser.add_argument("--once", action="store_true", help="做完现在能做的就结束")
    parser.add_argument("--folder", type=Path, help="示范数据所在的文件夹；不写则按环境变量中的设置")
    parser.set_defaults(run=_work)


def _work(arguments: argparse.Namespace) -> int:
    settings = demonstration_settings(arguments.folder) if arguments.folder else Settings.from_environment()
    _require_current(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _setting(stop))
    if arguments.once:
        return _one(settings, stop, once=True)
    if arguments.processes <= 1:
        return _one(settings, stop)
    return _several(settings, stop, arguments.processes)


def _require_current(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        if not is_current(database):
            raise Conflict("database.not_current", "数据库不是本版本的结构，请先备份，再运行“zhifa upgrade”")
    finally:
        database.close()


def _setting(stop: threading.Event) -> Callable[[int, FrameType | None], None]:
    return lambda _number, _frame: stop.set()


def _one(settings: Settings, stop: threading.Event, *, once: bool = False) -> int:
    host = open_host(settings)
    worker = Worker(host, stop, lease=timedelta(seconds=max(SHORTEST_LEASE, settings.worker_lease_seconds)), exits=True)
    try:
        worker.run(once=once)
    finally:
        host.close()
    print(f"后台进程已停止：完成 {worker.done} 项任务，{worker.errors} 次没有做成")
    return 1 if once and worker.errors else 0


def _several(settings: Settings, stop: threading.Event, count: int) -> int:
    """Start so many processes, start again the ones that died, and stop them all in order."""
    forks = multiprocessing.get_context("forkserver")  # what is imported is shared by all, and nothing runs in it while it forks
    forks.set_forkserver_preload(["web.commands.working"])

    def start() -> ForkServerProcess:
        child = forks.Process(target=_child, args=(settings,))
        child.start()
        return child

    children = [start() for _ in range(count)]
    print(f"{count} 个后台进程已启动", flush=True)
    while not stop.wait(PATROL):
        for place, child in enumerate(children):
            if child.exitcode is not None and not stop.wait(SLOW_RESTART):
                LOG.error("worker.ended", extra={"status": child.exitcode})
                children[place] = start()
    for child in children:
        child.terminate()
    for child in children:
        child.join()
    return 0


def _child(settings: Settings) -> None:
    logs.configure(settings.log_format, logs.level_of(settings.log_level, logging.INFO))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, _setting(stop))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells the parent, which tells us
    parent = multiprocessing.parent_process()

    def watch() -> None:
        while not stop.wait(PATROL):
            if parent is not None and not parent.is_alive():
                stop.set()  # nobody would ever stop us

    threading.Thread(target=watch, daemon=True).start()
    _one(settings, stop)
