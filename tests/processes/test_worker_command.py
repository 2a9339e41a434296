"""`zhifa worker` as it is run: several processes, killed and started again by chance, while a thousand timers are due."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select, update

from engine.cases.limits import CaseLimit
from engine.clock import SystemClock
from engine.workers import Worker
from engine.workflow.tasks import OPEN, WorkItem
from processes.host import Host
from processes.schedules import SCHEDULES
from processes.timing import fire_due
from tests.builders import on_both_databases
from tests.processes.timed_cases import fired, firings, timed_cases

FULL = os.environ.get("ZHIFA_PROVE") == "full"
TIMERS, KILLS, SECONDS = (1000, 40, 60) if FULL else (80, 3, 5)


def worker(host: Host, *more: str) -> subprocess.Popen[str]:
    settings = host.settings
    return subprocess.Popen(
        [sys.executable, "-m", "web.commands.main", "worker", *more], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={
            **os.environ, "ZHIFA_DATABASE_URL": settings.database_url, "ZHIFA_FILES_DIR": str(settings.files_dir),
            "ZHIFA_KEYS_DIR": str(settings.keys_dir), "ZHIFA_FONTS_DIR": str(settings.fonts_dir), "ZHIFA_WORKER_LEASE_SECONDS": "3",
        },
    )


def processes(host: Host) -> dict[str, int]:
    """The workers that have signed on and their process ids, the dead ones too."""
    with host.database.reading() as session:
        return {name: int(name.split(":")[1]) for name in session.scalars(select(Worker.name))}


@on_both_databases
def test_every_timer_acts_once_while_workers_are_killed_and_started_again(host: Host, tmp_path: Path) -> None:
    """Promise T4."""
    chance = random.Random(4)  # noqa: S311 - chance, not secrets
    cases = timed_cases(host, tmp_path, TIMERS, SECONDS)
    run = worker(host, "--processes", "4")
    killed, between = set[str](), 0
    until = time.monotonic() + (900 if FULL else 60)
    while fired(host) < TIMERS or len(killed) < KILLS:
        assert time.monotonic() < until, (fired(host), len(killed))
        living = {name: number for name, number in processes(host).items() if name not in killed}
        if living and len(killed) < KILLS and chance.random() < 0.5:
            name = chance.choice(sorted(living))
            killed.add(name)
            os.kill(living[name], signal.SIGKILL)
            between += 0 < fired(host) < TIMERS
        time.sleep(0.1 + chance.random() * 0.2)
    run.send_signal(signal.SIGTERM)
    assert run.wait(30) == 0
    run.communicate()
    assert between
    assert list(firings(host, cases)) == [1] * TIMERS
    with host.database.reading() as session:
        open_steps = list(session.scalars(select(WorkItem.step).where(WorkItem.state == OPEN)))
    assert open_steps == ["next"] * TIMERS
    assert set(processes(host)) <= killed  # the others have signed off
    name = host.database.engine.dialect.name
    print(f"{name}: timers {TIMERS}, workers 4, killed {len(killed)} ({between} of them half-way), each acted once, lost 0, doubled 0")


def test_a_timer_that_cannot_act_does_not_stand_in_the_way(host: Host, tmp_path: Path) -> None:
    broken, *sound = timed_cases(host, tmp_path, 4)
    with host.database.writing() as session:
        session.execute(update(CaseLimit).where(CaseLimit.case_id == broken).values(trace=[]))  # its article is not there
    host = replace(host, clock=SystemClock())
    resting: dict[int, float] = {}
    for _ in range(5):
        fire_due(host, 1, resting)
    assert list(firings(host, sound)) == [1, 1, 1]
    assert list(resting) == [broken]


def test_once_does_what_there_is_and_ends(host: Host, tmp_path: Path) -> None:
    cases = timed_cases(host, tmp_path, 2)
    run = worker(host, "--once")
    out, errors = run.communicate()
    assert run.returncode == 0, errors
    assert re.search(rf"完成 {len(SCHEDULES)} 项任务，0 次没有做成", out)  # the first ticks of all schedules
    assert list(firings(host, cases)) == [1, 1]
    assert processes(host) == {}
