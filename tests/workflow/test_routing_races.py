"""Going back, withdrawing and handing over against a completion at the same moment: one wins, the other is told, one token is left."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.procedure import answers
from engine import journal
from engine.errors import Conflict
from engine.workflow import instances
from engine.workflow.standing import tokens
from engine.workflow.tasks import DONE, OPEN, items_of_case
from processes.host import Host
from processes.routing import hand_over, return_step, withdraw_step
from processes.running import complete_step
from tests.builders import on_both_databases
from tests.workflow.plain_case import CO, LEAD, PlainCase

HEAD_START = 0.016  # seconds: a completion is quicker than a routing act and would nearly always win
RACES = 500 if os.environ.get("ZHIFA_PROVE") == "full" else 40  # of each kind, on each of the two databases
Act = Callable[[], object]
TOLD = {"step.not_open", "case.moved_on", "withdraw.done"}


def race(*acts: Act) -> list[str]:
    """Do these at once, the last a moment later by chance; "won", or the code of the conflict, in the order of the acts."""
    ready, found = threading.Barrier(len(acts)), [""] * len(acts)

    def take(place: int, act: Act) -> None:
        ready.wait()
        if place:
            time.sleep(random.random() * HEAD_START)  # noqa: S311 - chance, not secrets
        try:
            act()
            found[place] = "won"
        except Conflict as conflict:
            found[place] = conflict.code
        except Exception as error:
            found[place] = repr(error)

    threads = [threading.Thread(target=take, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def last_done(case: PlainCase, step: str) -> int:
    with case.host.database.reading() as session:
        return next(row.id for row in reversed(items_of_case(session, case.id)) if row.step == step and row.state == DONE)


def one_token_is_left(case: PlainCase) -> None:
    with case.host.database.reading() as session:
        digest = instances.find(session, case.id).release_digest
        live = instances.load(session, case.id, case.host.bundle(session, digest).blueprints["bench"])
        waiting = [row.task_id for row in items_of_case(session, case.id) if row.state == OPEN]
        assert len(list(tokens(live))) == 1
        assert [found.task_id for found in live.open_steps()] == waiting


def withdrawing(case: PlainCase) -> tuple[Act, str, int]:
    """The officer who did the step before takes it back while his colleague takes the next one."""
    case.take(again=True)
    done = last_done(case, "u04")
    return (lambda: withdraw_step(case.host, done, LEAD, "写错了")), *case.waiting()[0]


def returning(case: PlainCase) -> tuple[Act, str, int]:
    """One officer sends the step back while the other completes it."""
    case.until("u04")
    step, item = case.waiting()[0]
    target = last_done(case, "u03")
    return (lambda: return_step(case.host, item, LEAD, target, "请补充")), step, item


def handing_over(case: PlainCase) -> tuple[Act, str, int]:
    """It is given away while who saw it before completes it."""
    step, item = case.waiting()[0]
    with case.host.database.reading() as session:
        holder = next(row.assignee_id for row in items_of_case(session, case.id) if row.id == item)
    return (lambda: hand_over(case.host, item, LEAD, LEAD if holder == CO else CO, "外出")), step, item


@on_both_databases
@pytest.mark.parametrize("kind", [withdrawing, returning, handing_over], ids=lambda kind: kind.__name__)
def test_exactly_one_wins(host: Host, tmp_path: Path, kind: Callable[[PlainCase], tuple[Act, str, int]]) -> None:
    case, won = PlainCase(host, tmp_path).until("u04"), [0, 0]
    for _ in range(RACES):
        act, step, item = kind(case)
        with host.database.reading() as session:
            seen = instances.find(session, case.id).revision
        completing = lambda: complete_step(case.host, item, CO, answers(step, again=True), revision=seen)  # noqa: B023, E731
        results = race(act, completing)
        assert results.count("won") == 1, results
        assert set(results) - {"won"} <= TOLD, results
        won[results.index("won")] += 1
        one_token_is_left(case)
    with host.database.reading() as session:
        assert journal.verify(session, case.id)[1] == []
    print(f"{RACES} races, {won[0]} times {kind.__name__} won, {won[1]} times the completion")
