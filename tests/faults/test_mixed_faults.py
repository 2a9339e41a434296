"""Kills, jumps of the clock and a full disk, alone and together: a model checker accepts what the clients saw (T8, T9 and T21)."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import select, text

from engine import journal
from engine.cases.limits import CaseLimit
from engine.workflow.timers import ARMED, FIRED, Timer
from processes.host import Host
from tests.builders import SQLITE, on_both_databases
from tests.faults.histories import OK, unexplained
from tests.faults.proof import FULL, record
from tests.faults.replaying import faults_of
from tests.faults.workers import LIMIT as ACTED
from tests.faults.workers import Workers, installed

LIMIT = "TL_DEFENCE_WINDOW"
ROUNDS = 60 if FULL else 4
AGAIN = 0.98 if FULL else 0.7  # so that no case is at its end before the last fault
JUMPS = (120, 0, -120, 0)  # seconds from the true time


class Clock:
    """The machine's clock as the workers see it, by libfaketime, which reads this file again at every call."""

    def __init__(self, folder: Path) -> None:
        found = find_spec("libfaketime")
        if not found or not found.origin:
            pytest.skip("libfaketime is not installed")
        library = Path(found.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
        self._file = folder / "clock"
        self.environment = {
            "LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.set(0)

    def set(self, seconds: int) -> None:
        other = self._file.with_suffix(".new")
        other.write_text(f"{seconds:+d}s\n", encoding="ascii")
        other.replace(self._file)


def with_limits(host: Host, cases: list[int], now: datetime, seconds: Callable[[int], float]) -> None:
    """Each case's window for the defence runs out so many seconds from now."""
    with host.database.writing() as session:
        for number, case in enumerate(cases):
            due = now + timedelta(seconds=seconds(number))
            session.add(CaseLimit(
                case_id=case, limit_id=LIMIT, name="陈述申辩", started_at=now, due_on=due.date(), due_at=due, warn_at=due,
                trace=[{"text": "测试", "article": "行政处罚法 第四十五条"}],
            ))


def checked(host: Host, workers: Workers) -> int:
    """Hold journal, rows and histories against each other; how many steps were acknowledged is returned."""
    assert [line for line in workers.lines() if line["what"] == "wrong"] == []
    assert faults_of(host, workers.installation.cases) == []
    histories = workers.histories()
    acknowledged = sorted(op.key for ops, _, _ in histories.values() for op in ops if op.outcome == OK)
    assert acknowledged == sorted(key for _, _, keys in histories.values() for key in keys if key != ACTED)
    assert unexplained(histories) == []
    return len(acknowledged)


@on_both_databases
def test_limits_act_once_however_the_clock_jumps(host: Host, tmp_path: Path) -> None:
    """T8: +120 s, back, −120 s, with four workers that all let limits act."""
    clock, count = Clock(tmp_path), 40 if FULL else 8
    installation = installed(host, tmp_path, cases=count, until="u11", timers=True, again=0.5)
    now = datetime.now().astimezone() + timedelta(seconds=installation.shift)
    with_limits(host, installation.cases, now, lambda number: -60 + 360 * number / count)  # before, within and beyond the jumps
    with Workers(host, installation, clock.environment) as workers:
        for _ in range(ROUNDS // 4 or 1):
            for jump in JUMPS:
                clock.set(jump)
                time.sleep(0.8)
        early = fired(host, installation.cases)
        clock.set(400)
        until = time.monotonic() + 30
        while sum(fired(host, installation.cases).values()) < count and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(0.3)
        workers.stop()
        done = checked(host, workers)
    assert 0 < sum(early.values()) < count
    assert fired(host, installation.cases) == dict.fromkeys(installation.cases, 1)
    with host.database.reading() as session:
        states = Counter(session.scalars(select(Timer.state).where(Timer.limit_id == LIMIT)))
    assert states == {FIRED: count}
    assert ARMED not in states
    record("T8", host, what=f"jumps of the clock over {count} time limits", faults=ROUNDS, acknowledged=count + done)


def fired(host: Host, cases: list[int]) -> dict[int, int]:
    with host.database.reading() as session:
        return {case: n for case in cases if (n := sum(one.act == "limit.reached" for one in journal.entries(session, case)))}


def test_a_full_disk_is_a_clean_error_and_passes_by_itself(host: Host, tmp_path: Path) -> None:
    """T9: every write to a file fails for a while; the same processes go on afterwards, nobody restarts them."""
    with Workers(host, installed(host, tmp_path, cases=4, again=1.0)) as workers:
        before = answered(workers, 5)
        for _ in range(ROUNDS):
            workers.fill_disk(full=True)
            all_have_met_it(workers)
            stuck = answered(workers, 0)
            time.sleep(0.2)
            assert answered(workers, 0) == stuck > 0  # nothing is acknowledged that cannot be kept
            workers.fill_disk(full=False)
            before = answered(workers, stuck + 5)
        pids = dict(workers.pids)
        workers.stop()
        done = checked(host, workers)
    assert len(pids) == 4
    assert before > 5
    with host.database.reading() as session:
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    record("T9", host, what="times that every write failed", faults=ROUNDS, acknowledged=done)


def all_have_met_it(workers: Workers) -> None:
    """Until each worker has met a fault since now: what it had done before is noted by then."""
    before, until = [one.count("fault") for one in workers.outcomes()], time.monotonic() + 60
    while any(now.count("fault") <= then for now, then in zip(workers.outcomes(), before, strict=True)):
        assert time.monotonic() < until, "the full disk is not felt"
        time.sleep(0.05)


def answered(workers: Workers, least: int) -> int:
    """How many steps are acknowledged, once there are so many."""
    until = time.monotonic() + 60
    while True:
        count = sum(line["what"] == OK for line in workers.lines())
        if count >= least:
            return count
        assert time.monotonic() < until, "the workers do not go on"
        time.sleep(0.05)


@on_both_databases
def test_a_model_checker_accepts_a_random_mix_of_faults(host: Host, tmp_path: Path) -> None:
    """T21: kills, jumps of the clock and, on SQLite, a disk that is full for a moment, in any order."""
    chance, clock = random.Random(21), Clock(tmp_path)  # noqa: S311 - chance, not secrets
    embedded = host.database.engine.dialect.name == SQLITE
    counts = Counter[str]()
    with Workers(host, installed(host, tmp_path, cases=8, again=AGAIN), clock.environment) as workers:
        answered(workers, 3)
        for _ in range(3 * ROUNDS):
            fault = chance.choice(["kill", "clock", "disk"] if embedded else ["kill", "clock"])
            counts[fault] += 1
            if fault == "kill":
                workers.kill_one(chance)
            elif fault == "clock":
                clock.set(chance.choice(JUMPS))
            else:
                workers.fill_disk(full=True)
                time.sleep(chance.random() * 0.3)
                workers.fill_disk(full=False)
            time.sleep(chance.random() * 0.4)
        workers.stop()
        done = checked(host, workers)
    assert done > 3
    what = "、".join(f"{name} {count}" for name, count in sorted(counts.items()))
    record("T21", host, what=f"faults in any order: {what}", faults=counts.total(), acknowledged=done)
