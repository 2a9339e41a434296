"""Workers that are killed, hang, are stopped or work all at once: each job's effect is there once, and none is stranded."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from sqlalchemy import func, select

from engine import jobs, workers
from engine.clock import SystemClock
from engine.database import Database
from processes.schedules import Schedule
from processes.working import OVERRUN
from tests.processes.worker_process import TICK, begun, effects, process, queue, states, wait_for, wait_until

FULL = os.environ.get("ZHIFA_PROVE") == "full"
KILLS, JOBS = (60, 300) if FULL else (4, 80)
TICKS = 30 if FULL else 3


def row(database: Database, job: int) -> jobs.Job:
    with database.reading() as session:
        return session.get_one(jobs.Job, job)


def count_done(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).where(jobs.Job.state == jobs.DONE)) or 0


def test_killed_workers_neither_lose_nor_double_an_effect(database: Database, tmp_path: Path) -> None:
    """Promises T3 and T4."""
    chance = random.Random(3)  # noqa: S311 - chance, not secrets
    ids, kills = queue(database, "test.effect", JOBS, holding=0.01), 0
    while kills < KILLS:
        done = count_done(database)
        with process(database, tmp_path) as first, process(database, tmp_path) as second:
            wait_until(lambda done=done: count_done(database) > done)  # type: ignore[misc]
            time.sleep(chance.random() * 0.1)
            for each in (first, second):
                each.kill()
                each.join()
            kills += 2
        if states(database, ids).count(jobs.PENDING) < 20:
            ids += queue(database, "test.effect", JOBS, holding=0.01)
    with process(database, tmp_path), process(database, tmp_path):
        wait_for(database, ids, 600 if FULL else 60)
    assert effects(database, ids) == [1] * len(ids)
    with database.reading() as session:
        again = len(session.scalars(select(jobs.Job.id).where(jobs.Job.attempts > 1)).all())
    assert again
    print(f"{database.engine.dialect.name}: jobs {len(ids)}, workers killed {kills} ({again} of the jobs were in their hands), lost 0, doubled 0")


def test_what_a_dead_worker_had_goes_to_another_when_its_lease_runs_out(database: Database, tmp_path: Path) -> None:
    """Promise T4."""
    (held,) = queue(database, "test.effect", seconds=0.5)
    (long,) = queue(database, "test.effect", seconds=4)  # longer than the lease: prolonged while its worker lives
    with process(database, tmp_path) as dying:
        wait_until(lambda: begun(database, held))
        dying.kill()
        dying.join()
    assert (row(database, held).state, row(database, held).attempts) == (jobs.PENDING, 1)
    with process(database, tmp_path), process(database, tmp_path):
        wait_for(database, [held, long])
    assert effects(database, [held, long]) == [1, 1]
    assert (row(database, held).attempts, row(database, long).attempts) == (2, 1)


def test_a_hung_job_is_taken_from_its_worker_and_a_deadly_one_is_given_up(database: Database, tmp_path: Path) -> None:
    (hung,) = queue(database, "test.hung", seconds=60)
    (deadly,) = queue(database, "test.deadly")
    others = queue(database, "test.effect", 5)
    ended = []
    while row(database, deadly).state != jobs.FAILED or row(database, hung).attempts < 2:
        assert len(ended) < 10
        with process(database, tmp_path) as run:  # what supervises workers starts them again
            wait_until(lambda run=run: not run.is_alive() or row(database, deadly).state == jobs.FAILED)  # type: ignore[misc]
            run.join(0 if row(database, hung).attempts > 1 else 20)
            ended.append(run.exitcode)
    assert set(ended) - {None} == {-signal.SIGKILL, OVERRUN}
    assert "每次都中断" in row(database, deadly).error
    assert row(database, deadly).attempts == 3
    assert states(database, others) == [jobs.DONE] * 5  # they came first


def test_a_stopped_worker_finishes_its_job_or_hands_it_back(database: Database, tmp_path: Path) -> None:
    for seconds, state, grace in ((1, jobs.DONE, 20), (60, jobs.PENDING, 0.2)):
        (job,) = queue(database, "test.effect", seconds=seconds)
        with process(database, tmp_path, grace=grace) as run:
            wait_until(lambda job=job: begun(database, job))  # type: ignore[misc]
            run.terminate()
            run.join(15)
            assert run.exitcode == 0
        found = row(database, job)
        assert found.state == state
        if state == jobs.PENDING:
            assert (found.claimed_by, found.free_at, found.attempts) == (None, None, 0)
    with database.reading() as session:
        assert workers.alive(session, SystemClock().now() - timedelta(minutes=1)) == (0, None)


def test_a_kind_keeps_its_own_limit_over_all_workers(database: Database, tmp_path: Path) -> None:
    ids = queue(database, "test.alone", 40 if not FULL else 400)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(process(database, tmp_path))
        wait_for(database, ids)
    assert {row(database, job).error for job in ids} == {""}


def test_each_tick_of_a_schedule_is_given_out_once(database: Database, tmp_path: Path) -> None:
    """Promise T7."""
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(process(database, tmp_path, ticking=True))
        until = time.monotonic() + 60 + 2 * TICKS
        while len(given := ticks(database)) < TICKS and time.monotonic() < until:
            time.sleep(0.2)
    given = ticks(database)
    assert len(given) >= TICKS
    assert [later - earlier for earlier, later in pairwise(given)] == [TICK.every] * (len(given) - 1)
    print(f"{database.engine.dialect.name}: 4 workers, {len(given)} ticks, each given out once, none left out")


def ticks(database: Database) -> list[datetime]:
    with database.reading() as session:
        return [job.arguments["tick"] for job in session.scalars(select(jobs.Job).order_by(jobs.Job.id)) if job.operation == "test.tick"]


def test_ticks_are_counted_from_midnight_of_the_legal_day() -> None:
    daily, now = Schedule("x", timedelta(days=1), after=timedelta(hours=2)), datetime.fromisoformat("2026-11-24T01:59:59+08:00")
    assert daily.tick(now).isoformat() == "2026-11-23T02:00:00+08:00"
    assert daily.tick(now + timedelta(seconds=1)).isoformat() == "2026-11-24T02:00:00+08:00"


def test_a_clock_that_is_set_back_gives_nothing_out_twice(database: Database) -> None:
    at = TICK.tick(SystemClock().now())
    taken = []
    for tick in (at, at, at - timedelta(minutes=2), at + timedelta(seconds=2), at):
        with database.writing() as session:
            taken.append(workers.take_tick(session, "x", tick))
    assert taken == [True, False, False, True, False]
