"""Four worker processes on one database, killed and started again; what they were told, read back as histories of cases."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine import journal
from engine.workflow import instances
from engine.workflow.tasks import OPEN, items_of_case
from processes.host import Host
from processes.sample import BEGINNING
from tests.faults.driver import CO, LEAD, History, Installation, ask
from tests.faults.histories import CONFLICT, NEVER, OK, UNKNOWN, Op, State
from tests.workflow.plain_case import PlainCase

WORKERS = 4
LIMIT = "limit.reached"
INSTANCES = 3  # of the step after the one with the limit


@dataclass
class Workers:
    """The processes of one installation."""

    host: Host
    installation: Installation
    environment: Mapping[str, str] = field(default_factory=dict)
    pids: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        file = Path(self.installation.folder) / "installation.json"
        file.write_text(json.dumps(asdict(self.installation)), encoding="utf-8")
        self.first = {case: state_of(self.host, case) for case in self.installation.cases}
        self._from = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.driver", str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **self.environment},
        )
        for number in range(WORKERS):
            self.start(number)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self.pids.values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._from.communicate()

    def start(self, number: int) -> None:
        assert self._from.stdin
        assert self._from.stdout
        self._from.stdin.write(f"{number}\n")
        self._from.stdin.flush()
        self.pids[number] = int(self._from.stdout.readline())

    def kill(self, number: int) -> None:
        os.kill(self.pids[number], signal.SIGKILL)

    def kill_one(self, chance: random.Random) -> None:
        """kill -9 in the middle of whatever it does, and start it again."""
        number = chance.randrange(WORKERS)
        self.kill(number)
        self.start(number)

    def fill_disk(self, *, full: bool) -> None:
        """Every write of a worker to a file fails from now on, or works again."""
        for pid in self.pids.values():
            soft = 0 if full else resource.RLIM_INFINITY
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))

    def stop(self) -> None:
        """Kill all, then ask again what got no answer, as its client would."""
        for number in self.pids:
            self.kill(number)
        self.pids.clear()
        for number in range(WORKERS):
            history = History(self.log(number))
            if history.open:
                while not ask(self.host, history, history.open, (LEAD, CO)[number % 2]):
                    time.sleep(0.05)

    def log(self, number: int) -> Path:
        return Path(self.installation.folder) / f"history-{number}.log"

    def lines(self) -> list[dict[str, Any]]:
        return [line for number in range(WORKERS) for line in History(self.log(number)).lines()]

    def outcomes(self) -> list[list[str]]:
        """What each worker has noted, in order."""
        return [[line["what"] for line in History(self.log(number)).lines()] for number in range(WORKERS)]

    def histories(self) -> dict[int, tuple[list[Op], State, list[str]]]:
        """Per case what was asked and answered, how it began, and the keys that its journal has in the end."""
        lines = self.lines()
        ops: dict[str, Op] = {}
        of_case: dict[str, int] = {}
        for line in lines:
            key = line["key"]
            if line["what"] == "sent":
                of_case[key] = line["case"]
                ops.setdefault(key, Op(key, line["item"], line["at"], NEVER, UNKNOWN))
            elif line["what"] in (OK, CONFLICT):
                told = ops[key]
                ops[key] = Op(key, told.item, told.sent, line["at"], line["what"], line.get("revision", 0), tuple(line.get("opened", ())))
        found = {}
        for case, first in self.first.items():
            keys = keys_of(self.host, case)
            asked = [op for key, op in ops.items() if of_case[key] == case]
            found[case] = asked + self._limits(case, first, keys), first, keys
        return found

    def _limits(self, case: int, first: State, keys: list[str]) -> list[Op]:
        """What a time limit did by itself, at a moment that no client knows."""
        if LIMIT not in keys:
            return []
        with self.host.database.reading() as session:
            items = items_of_case(session, case)
        ended = next(one.id for one in items if one.step == "u11")
        opened = tuple(one.id for one in items if one.step == "u12")[:INSTANCES]
        return [Op(LIMIT, ended, -NEVER, NEVER, UNKNOWN, first.revision + keys.index(LIMIT) + 1, opened)]


def installed(host: Host, folder: Path, *, cases: int, until: str = "", **more: Any) -> Installation:
    """So many cases, each as far as the step until."""
    first = PlainCase(host, folder)
    opened = [first, *(first.another() for _ in range(1, cases))]
    for case in opened:
        if until:
            case.until(until)
    shift = (BEGINNING - datetime.now(UTC)).total_seconds()
    return Installation(host.settings.database_url, str(host.settings.files_dir.parent), [case.id for case in opened], shift, **more)


def state_of(host: Host, case_id: int) -> State:
    with host.database.reading() as session:
        opened = frozenset(one.id for one in items_of_case(session, case_id) if one.state == OPEN)
        return State(instances.find(session, case_id).revision, opened)


def keys_of(host: Host, case_id: int) -> list[str]:
    """What the journal tells of, in order: the keys of the steps, which were filled in as the note, and the limit that has acted."""
    with host.database.reading() as session:
        entries = journal.entries(session, case_id)
        notes = [
            LIMIT if entry.act == LIMIT else entry.read_facts()["values"]["note"] for entry in entries
            if entry.act in (LIMIT, "step.completed")
        ]
    return [note for note in notes if note.isascii()]
