"""A worker in a process of its own, with kinds of jobs that a test can count: to be killed, stopped, and left hanging.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from sqlalchemy import select

from engine import jobs, journal
from engine.clock import SystemClock
from engine.database import Database
from engine.settings import Settings
from processes.host import Host, open_host
from processes.queue import Kind
from processes.schedules import Schedule
from processes.working import Worker

TICK = Schedule("test.tick", timedelta(seconds=2))


def _effect(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Write one entry to a chain of its own, with the end of the job, after some work."""
    time.sleep(float(job.arguments.get("seconds", 0.01)))
    with host.database.writing() as session:
        if jobs.finish(session, job.id, host.clock.now()):
            journal.append(session, job.id, "test.effect", str(os.getpid()), host.clock.now(), job.arguments)
            time.sleep(float(job.arguments.get("holding", 0)))
    return ()


def _alone(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Fail when another one of this kind is at work."""
    mark = host.settings.files_dir.parent / "alone"
    os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    time.sleep(0.02)
    mark.unlink()
    return _effect(host, job)


def _deadly(host: Host, job: jobs.Job) -> tuple[int, ...]:
    os.kill(os.getpid(), signal.SIGKILL)
    return ()


QUICK = timedelta(seconds=0.05)
KINDS = (
    Kind("test.effect", _effect), Kind("test.tick", _effect), Kind("test.alone", _alone, at_once=1, attempts=1),
    Kind("test.deadly", _deadly, attempts=2, first_pause=QUICK), Kind("test.hung", _effect, longest=timedelta(seconds=1.5)),
)


def settings_in(folder: Path, url: str) -> Settings:
    return Settings(database_url=url, files_dir=folder / "files", keys_dir=folder / "keys", fonts_dir=folder)


FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.processes.worker_process"])


@contextmanager
def process(
    database: Database, folder: Path, lease: float = 2, grace: float = 20, *, ticking: bool = False
) -> Iterator[ForkServerProcess]:
    run = FORKS.Process(target=_work, args=(database.url, folder, lease, grace, ticking))
    run.start()
    try:
        yield run
    finally:
        run.kill()
        run.join()


def queue(database: Database, operation: str, count: int = 1, **arguments: object) -> list[int]:
    with database.writing() as session:
        return [jobs.enqueue(session, 0, operation, dict(arguments), SystemClock().now()).id for _ in range(count)]


def states(database: Database, ids: list[int]) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(jobs.Job.state).where(jobs.Job.id.in_(ids)).order_by(jobs.Job.id)))


def effects(database: Database, ids: list[int]) -> list[int]:
    """How often the effect of each job is there."""
    with database.reading() as session:
        return [sum(entry.act == "test.effect" for entry in journal.entries(session, job)) for job in ids]


def wait_for(database: Database, ids: list[int], seconds: float = 60) -> None:
    """Until all jobs are done."""
    until = time.monotonic() + seconds
    while set(states(database, ids)) != {jobs.DONE}:
        assert time.monotonic() < until, states(database, ids)
        time.sleep(0.1)


def wait_until(reached: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until
        time.sleep(0.05)


def begun(database: Database, job: int) -> bool:
    with database.reading() as session:
        return session.get_one(jobs.Job, job).attempts > 0


def _work(url: str, folder: Path, lease: float, grace: float, ticking: bool) -> None:
    logging.disable()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    host = open_host(settings_in(folder, url))
    Worker(host, stop, KINDS, (TICK,) if ticking else (), timedelta(seconds=lease), grace, exits=True).run()
    host.close()
