"""Worker processes that drive cases and write down what they asked and heard: started by fork from one that has all in memory.

    python -m tests.faults.driver installation.json

Each line on standard input is a worker's number: one is forked, and its process id printed. Worker n writes its history to
`history-n.log`; when it is started again, it first asks again, under the same key, what it got no answer to.
"""

from __future__ import annotations

import json
import logging
import mmap
import os
import random
import signal
import sys
import time
import traceback
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bench.procedure import answers
from engine import journal
from engine.cases.cases import Case
from engine.clock import legal_time
from engine.errors import Conflict, ZhifaError
from engine.settings import Settings
from engine.workflow.tasks import OPEN, WorkItem
from processes.host import Host, open_host
from processes.running import complete_step
from processes.sample import BEGINNING
from processes.timing import fire_due

LEAD, CO = "YJWH0101", "YJWH0102"


@dataclass(frozen=True)
class ShiftedClock:
    """The machine's clock, moved to the time of the sample registers: it jumps when the machine's does."""

    shift: timedelta

    def now(self) -> datetime:
        return legal_time(datetime.now(BEGINNING.tzinfo) + self.shift)


@dataclass(frozen=True)
class Installation:
    """What the workers share; again: how often a case goes round its loop once more; timers: whether they let limits act."""

    url: str
    folder: str
    cases: list[int]
    shift: float
    again: float = 0.7
    timers: bool = False

    def open(self) -> Host:
        folder = Path(self.folder)
        settings = Settings(
            database_url=self.url, files_dir=folder / "files", keys_dir=folder / "keys", secret_key="for tests only",
            second_factor="optional", password_days=0,
        )
        return open_host(settings, ShiftedClock(timedelta(seconds=self.shift)))

    def ready(self) -> Host:
        """Every release parsed and no connection open: to be shared across forks."""
        host = self.open()
        with host.database.reading() as session:
            for digest in session.scalars(select(Case.release_digest).distinct()).all():
                host.bundle(session, digest)
        host.database.close()
        return host


class History:
    """Lines in a file of a fixed size that is mapped into memory: they survive the process, and are written on a full disk too."""

    SIZE = 32_000_000

    def __init__(self, file: Path) -> None:
        handle = os.open(file, os.O_CREAT | os.O_RDWR)
        os.ftruncate(handle, self.SIZE)
        self._memory = mmap.mmap(handle, self.SIZE)
        os.close(handle)
        self._end = self._memory.rfind(b"\n", 0, self._memory.find(b"\0")) + 1
        last = (self.lines() or [{"what": ""}])[-1]
        self.open = {name: value for name, value in last.items() if name not in ("what", "at")} if last["what"] == "sent" else None

    def lines(self) -> list[dict[str, Any]]:
        whole = self._memory[: self._memory.rfind(b"\n", 0, self._memory.find(b"\0")) + 1]
        return [json.loads(line) for line in whole.splitlines()]

    def note(self, what: str, **more: Any) -> None:
        line = json.dumps({"what": what, "at": time.monotonic(), **more}).encode()
        after = self._end + len(line)
        self._memory[self._end:after + 100] = line + b"\0" * 100  # what a killed writer left behind is wiped out
        self._memory[after:after + 1] = b"\n"  # only now the line counts
        self._end = after + 1


def drive(installation: Installation, host: Host, number: int) -> None:
    """Complete steps of any of the cases, for ever."""
    chance = random.Random(f"{number} {time.monotonic_ns()}")  # noqa: S311 - chance, not secrets
    history = History(Path(installation.folder) / f"history-{number}.log")
    officer = (LEAD, CO)[number % 2]
    asked = history.open
    while True:
        if asked is None:
            asked = choose(installation, host, chance, number)
            if asked is None:
                if installation.timers:
                    fire_due(host)
                time.sleep(0.02)
                continue
            history.note("sent", **asked)
        if ask(host, history, asked, officer):
            asked = None
        else:
            time.sleep(0.02)


def choose(installation: Installation, host: Host, chance: random.Random, number: int) -> dict[str, Any] | None:
    """A request for any open step, or, sometimes, for one that is closed."""
    try:
        with host.database.reading() as session:
            case = chance.choice(installation.cases)
            rows = session.execute(select(WorkItem.id, WorkItem.step, WorkItem.state).where(WorkItem.case_id == case)).all()
    except SQLAlchemyError:
        return None
    found = [row for row in rows if row.state == OPEN and not (installation.timers and row.step == "u11")]
    if not found or chance.random() < 0.05:
        found = [row for row in rows if row.state != OPEN][-3:] if not installation.timers else []
    if not found:
        return None
    row = chance.choice(found)
    return {"case": case, "item": row.id, "step": row.step, "key": f"{number}-{time.monotonic_ns():020}",
            "again": chance.random() < installation.again}


def ask(host: Host, history: History, asked: dict[str, Any], officer: str) -> bool:
    """Send a request; whether it got an answer that settles it."""
    form = {**answers(asked["step"], again=asked["again"]), "note": asked["key"]}
    try:
        done = complete_step(host, asked["item"], officer, form, key=asked["key"])
        history.note("ok", key=asked["key"], revision=done.revision, opened=done.opened)
    except Conflict as refused:
        if refused.code == journal.BUSY:
            return False
        history.note("conflict", key=asked["key"], code=refused.code)
    except ZhifaError as refused:
        history.note("wrong", key=asked["key"], code=refused.code)
        raise
    except Exception as fault:
        history.note("fault", key=asked["key"], code=type(fault).__name__)
        history.note("sent", **asked)  # not settled: the same again
        return False
    return True


def main() -> None:
    logging.lastResort = None  # the faults are told in the histories
    installation = Installation(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    ready = installation.ready()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            host = replace(installation.open(), bundles=ready.bundles)
            try:
                drive(installation, host, int(line))
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        print(child, flush=True)


if __name__ == "__main__":
    main()
