"""Random procedures, random safe edits, random positions: what the plan lets pass always runs on to the end."""

from __future__ import annotations

import os
import random
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Conflict
from engine.workflow.instances import Running
from engine.workflow.lineage import PastStep
from engine.workflow.mapping import compare
from engine.workflow.routing import level_of, origin_of, take_back
from tests.migration.changes import INNER, MAIN
from tests.migration.versions import kept, moved, plan, started, take, verdict

EXAMPLES = 1500 if os.environ.get("ZHIFA_PROVE") == "full" else 40
STEPS = re.compile(r"^userTask (\w+)", re.MULTILINE)
FLOWS = re.compile(r"(?<![\w:])(\w+) -> (\w+)")


def grown(text: str, chance: random.Random, edits: int) -> str:
    """Plain steps are put into flows of the drawing, in the top procedure or within its sub-process."""
    for number in range(edits):
        pair = chance.choice([each for each in FLOWS.finditer(text) if each[1] not in ("g", "v", "eb")])
        inside = pair[1] in ("ss", "k", "l")
        text = f"{text[:pair.start()]}{pair[1]} -> new{number} -> {pair[2]}{text[pair.end():]}"
        place = "userTask k name" if inside else "userTask a name"
        text = text.replace(place, f"userTask new{number} name=新增\n{place}", 1)
    return text


def somewhere(running: Running, chance: random.Random, most: int) -> Running:
    for _ in range(chance.randrange(most)):
        waiting = sorted({one.node.id for one in (*running.open_steps(), *running.open_operations())})
        if running.completed or not waiting:
            break
        take(running, chance.choice(waiting))
    return running


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 10**6), edits=st.integers(1, 4))
def test_whatever_steps_are_inserted_the_case_still_ends(seed: int, edits: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - chance, not secrets
    found = compare(plan(MAIN, inner=INNER), plan(grown(MAIN, chance, edits), inner=INNER))
    case = somewhere(started(found.before), chance, 18)
    if case.completed:
        return
    judged = verdict(found, case)
    assert judged.can_move, "plain steps that are put into a flow never hinder a case"
    before = {one.task_id for one in (*case.open_steps(), *case.open_operations(), *case.waiting_limits())}
    fresh, ran = moved(found, case)
    assert before == {one.task_id for one in (*fresh.open_steps(), *fresh.open_operations(), *fresh.waiting_limits())}
    assert ran.ended and not ran.stuck


def done(running: Running, step: str, past: list[PastStep]) -> None:
    found = next(one for one in running.open_steps() if one.node.id == step)
    past.append(PastStep(found.task_id, found.node.procedure, step, origin_of(running, found.task_id), level_of(running, found.task_id)))
    take(running, step)


@pytest.mark.parametrize(("edits", "back"), [
    ((("c -> d -> j", "c -> y -> d -> j"), ("startEvent s", "startEvent s\nuserTask y")), "c"),
    ((("p -> op", "p -> y -> j\np -> op"), ("startEvent s", "startEvent s\nuserTask y")), ""),
    ((("userTask c name=审核", "userTask legal"), ("p -> c", "p -> legal")), ""),
])
def test_after_a_move_nobody_goes_back_to_where_the_case_would_stand_for_ever(edits: tuple[tuple[str, str], ...], back: str) -> None:
    text = MAIN
    for old, new in edits:
        text = text.replace(old, new, 1)
    found, past = compare(plan(MAIN, inner=INNER), plan(text, inner=INNER)), list[PastStep]()
    case = take(started(found.before), "a", "b", "op", "i1", "i2")
    done(case, "c", past)
    done(case, "d", past)
    waiting = case.open_steps()[0]
    past.append(PastStep(waiting.task_id, "main", "w", origin_of(case, waiting.task_id), ()))
    fresh, _ = moved(found, case)
    if not back:
        with pytest.raises(Conflict, match="新版"):
            take_back(fresh, past, past[0].task_id)
        return
    take_back(fresh, past, past[0].task_id)
    assert [one.node.id for one in fresh.open_steps()] == ["c"]
    take(kept(fresh), "c", "y", "d")
    assert [one.node.id for one in fresh.open_steps()] == ["w"]
