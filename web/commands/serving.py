"""`zhifa serve`: the web for trying out, on this machine only, with the queue worked in the background."""

from __future__ import annotations

import argparse
import itertools
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from engine.accounts.identities import Account
from engine.registers.agencies import ROLES
from engine.settings import Settings
from processes.exchanging import report_upwards
from processes.host import Host, open_host
from processes.queue import drain
from processes.sample import PASSWORD, install_sample
from processes.timing import fire_due, tidy
from web.app import create_app

PAUSE = 0.5
DELIVERY = 20  # turns from one delivery to the province to the next


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("serve", help="在本机打开网页界面")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--folder", type=Path, default=Path("var/demo"), help="示范数据所在的文件夹")
    parser.set_defaults(run=_serve)


def demonstration_settings(folder: Path) -> Settings:
    """Settings of the demonstration under one folder: a password alone will do; what is not named stays as the environment says."""
    folder = folder.absolute()
    return replace(
        Settings.from_environment(), database_url=f"sqlite:///{folder}/zhifa.db", files_dir=folder / "files",
        keys_dir=folder / "keys", second_factor="optional", password_days=0,
    )


def work_queue(host: Host, stop: threading.Event) -> None:
    """Do queued work and let due timers act until told to stop."""
    for turn in itertools.count():
        if stop.wait(PAUSE):
            return
        host.keep_registers_current()
        drain(host)
        fire_due(host)
        tidy(host)
        if turn % DELIVERY == 0:
            report_upwards(host)


def _serve(arguments: argparse.Namespace) -> int:
    arguments.folder.mkdir(parents=True, exist_ok=True)
    fresh = not (arguments.folder / "zhifa.db").exists()
    host = open_host(demonstration_settings(arguments.folder))
    if fresh:
        print("还没有示范数据，正在建立……（运行 make demo 可以先走完两个示范案件）")
        install_sample(host)
    server = make_server("127.0.0.1", arguments.port, create_app(host, demonstration=True), threaded=True)
    _print_accounts(host)
    print(f"\n请用浏览器打开 http://127.0.0.1:{server.server_port}/   按 Ctrl+C 停止")
    stop = threading.Event()
    worker = threading.Thread(target=work_queue, args=(host, stop), daemon=True)
    worker.start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("已停止")
    finally:
        stop.set()
        worker.join()
        host.close()
    return 0


def _print_accounts(host: Host) -> None:
    print(f"示范账号（人员虚构，密码均为 {PASSWORD}）：")
    with host.database.reading() as session:
        for account in session.query(Account).order_by(Account.officer_id):
            names = "、".join(ROLES[role] for role in ROLES if role in account.officer.role_keys) or "参加集体讨论的负责人"
            print(f"  {account.login:<10} {account.officer.name}  {names}  {account.officer.agency.name}")
