"""Random walks with going back: the case always stands as if what fell had never been done, and can always be driven to its end."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent

from engine.errors import Conflict
from engine.workflow.instances import Blueprint, OpenNode, Running
from engine.workflow.lineage import PastStep, falls, following, steps_in
from engine.workflow.routing import level_of, origin_of, stop, take_back, waiting_after
from engine.workflow.standing import containers, find_task, loops, tokens
from tests.workflow.random_procedures import begun, blocks, plan_of

FULL = os.environ.get("ZHIFA_PROVE") == "full"
EXAMPLES, ACTS = (3000, 40) if FULL else (120, 14)
LONGEST = 400


@dataclass
class Walk:
    """A procedure that is walked by chance, with the record of what was done that going back asks for."""

    plan: Blueprint
    running: Running
    steps: list[PastStep] = field(default_factory=list)
    done: list[tuple[str, bool]] = field(default_factory=list)
    late: dict[str, PastStep] = field(default_factory=dict)

    def look(self) -> None:
        """Run the operations and write down the steps that have opened."""
        while operations := self.running.open_operations():
            self.running.complete(operations[0].task_id)
        known = {step.task_id for step in self.steps}
        for found in self.running.open_steps():
            if found.task_id not in known:
                self.steps.append(PastStep(
                    found.task_id, found.node.procedure, found.node.id, origin_of(self.running, found.task_id),
                    level_of(self.running, found.task_id),
                ))

    def complete(self, task_id: str, again: bool = False) -> None:
        self.running.facts["again"] = again
        self.running.complete(task_id)
        self.done.append((task_id, again))
        self.look()

    def limits(self) -> dict[str, OpenNode]:
        """The limits that wait, by the step on whose border each sits."""
        return {_guarded(self.running, found.task_id): found for found in self.running.waiting_limits()}

    def run_out(self, task_id: str, again: bool = False) -> None:
        """The clock passes the limit on the border of a step, which is then neither done nor waits any more."""
        self.running.facts["again"] = again
        self.running.limit_reached(self.limits()[task_id])
        self.late[task_id] = next(step for step in self.steps if step.task_id == task_id)
        self.steps = [step for step in self.steps if step.task_id != task_id]
        self.done.append((task_id, again))
        self.look()

    def go_back(self, task_id: str) -> None:
        fallen = following(self.steps, task_id)
        result = take_back(self.running, self.steps, task_id)
        assert result.steps == fallen
        self.steps = [step for step in self.steps if step.task_id not in fallen]
        gone = fallen | {late for late, step in self.late.items() if falls(step.origin, fallen)}
        self.done = [(step, again) for step, again in self.done if step not in gone]
        self.look()
        assert result.opened in {found.task_id for found in self.running.open_steps()}


def _guarded(running: Running, border_id: str) -> str:
    border = find_task(running, border_id)
    return next(str(task.id) for task in border.parent.children if not isinstance(task.task_spec, BoundaryEvent))


def standing(running: Running) -> Counter[tuple[str, ...]]:
    """Where the case stands: every token with the activities around it, and how many of each sequence are still to come."""
    here: Counter[tuple[str, ...]] = Counter()
    for task in tokens(running):
        here[*_around(running, task), str(task.task_spec.name)] += 1
    for loop in loops(running):
        if "current" in loop.internal_data:
            here[*_around(running, loop), str(loop.task_spec.name), "still to come"] += 3 - loop.internal_data["current"]
    return here


def _around(running: Running, task: Any) -> tuple[str, ...]:
    return tuple(str(each.task_spec.name) for each in containers(running, task))


def replay(walk: Walk) -> Running:
    """A fresh run in which only what still stands is done, in the same order."""
    other = Walk(walk.plan, begun(walk.plan))
    other.look()
    same: dict[str, str] = {}
    steps = {step.task_id: step for step in walk.steps} | walk.late
    for task_id, again in walk.done:
        wanted = steps[task_id]
        taken = set(same.values())
        found = next(
            step for step in other.steps if step.task_id not in taken and step.node == wanted.node
            and step.procedure == wanted.procedure and _like(step, wanted, same)
        )
        same[task_id] = found.task_id
        same.update((there, here) for (there, _), (here, _) in zip(wanted.level, found.level, strict=True))
        if task_id in walk.late:
            other.run_out(found.task_id, again)
        else:
            other.complete(found.task_id, again)
    return other.running


def _like(step: PastStep, wanted: PastStep, same: dict[str, str]) -> bool:
    """Whether two steps of two runs have the same past, so that instances of one activity are not taken for each other."""
    taken = set(same.values())
    inside = all(
        same.get(there) == here or (there not in same and here not in taken)
        for (there, _), (here, _) in zip(wanted.level, step.level, strict=True)
    )
    return inside and sorted({same[each] for each in steps_in(wanted.origin)}) == sorted(set(steps_in(step.origin)))


def drive_to_the_end(walk: Walk) -> None:
    for _ in range(LONGEST):
        if walk.running.completed:
            return
        walk.complete(walk.running.open_steps()[0].task_id)
    raise AssertionError("the case does not end")


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(block=blocks, data=st.data())
def test_going_back_leaves_the_case_as_if_what_fell_had_never_been_done(block: Any, data: st.DataObject) -> None:
    plan = plan_of(block)
    walk = Walk(plan, begun(plan))
    walk.look()
    for _ in range(data.draw(st.integers(3, ACTS), label="acts")):
        if walk.running.completed:
            break
        what, limits = data.draw(st.integers(0, 4), label="what"), walk.limits()
        if what == 1 and limits:
            event("a limit ran out")
            late = sorted(limits, key=[s.task_id for s in walk.steps].index)
            walk.run_out(late[data.draw(st.integers(0, 50), label="limit") % len(late)], data.draw(st.booleans(), label="again"))
        elif what and walk.running.open_steps():
            choice = data.draw(st.integers(0, 50), label="step")
            opened = sorted(walk.running.open_steps(), key=lambda found: [s.task_id for s in walk.steps].index(found.task_id))
            walk.complete(opened[choice % len(opened)].task_id, data.draw(st.booleans(), label="again"))
        elif walk.done:
            event("went back" + (" after a limit had run out" if walk.late else ""))
            target = walk.done[data.draw(st.integers(0, 50), label="back") % len(walk.done)][0]
            if target in walk.late:
                continue  # nobody did it
            before = standing(walk.running)
            try:
                walk.go_back(target)
            except Conflict as refusal:
                assert refusal.code == "routing.instances_done"
                assert standing(walk.running) == before
                continue
        walk.running.reload()  # a restart after each act
        assert standing(walk.running) == standing(replay(walk))
    drive_to_the_end(walk)
    assert not standing(walk.running)


def opened(walk: Walk) -> dict[str, str]:
    """Task ids of the open steps by node, without the number that the drawing gave it."""
    return {found.node.id: found.task_id for found in walk.running.open_steps()}


def at_the_block(block: Any) -> Walk:
    walk = Walk(plan_of(block), begun(plan_of(block)))
    walk.look()
    walk.complete(walk.running.open_steps()[0].task_id)
    return walk


def test_only_the_own_branch_is_taken_back() -> None:
    walk = at_the_block(("parallel", [("sequence", ["step", "step"]), ("sequence", ["step", "step"])]))
    first, _second = sorted(opened(walk))
    taken = opened(walk)[first]
    for task_id in opened(walk).values():
        walk.complete(task_id)
    assert len(waiting_after(walk.running, walk.steps, taken)) == 1
    before = set(opened(walk))
    walk.go_back(taken)
    assert first in opened(walk)
    assert len(set(opened(walk)) & before) == 1


def test_before_the_split_all_branches_are_taken_back() -> None:
    walk = at_the_block(("parallel", ["step", "step"]))
    first = walk.done[0][0]
    walk.complete(next(iter(opened(walk).values())))
    walk.go_back(first)
    assert len(opened(walk)) == 1
    assert sum(standing(walk.running).values()) == 1


def test_behind_a_join_the_other_branch_keeps_what_it_brought() -> None:
    walk = at_the_block(("parallel", ["step", "step"]))
    one, two = opened(walk).values()
    walk.complete(one)
    walk.complete(two)
    walk.go_back(one)
    assert len(opened(walk)) == 1
    assert sum(standing(walk.running).values()) == 2  # the step, and the other branch at the join
    walk.complete(next(iter(opened(walk).values())))
    assert len(opened(walk)) == 1


def test_of_three_branches_the_one_that_had_arrived_first_goes_on_waiting() -> None:
    walk = at_the_block(("parallel", ["step", "step", "step"]))
    one, two, three = opened(walk).values()
    walk.complete(one)
    walk.complete(two)
    walk.go_back(two)
    assert sum(standing(walk.running).values()) == 3  # two steps, and the first branch at the join
    for task_id in opened(walk).values():
        walk.complete(task_id)
    assert three not in opened(walk).values()
    assert len(opened(walk)) == 1


def test_a_called_procedure_that_has_ended_is_opened_again() -> None:
    walk = at_the_block(("call", ("call", "step")))
    inner = next(iter(opened(walk).values()))
    walk.complete(inner)
    walk.go_back(inner)
    assert [len(step.level) for step in walk.steps if step.task_id in opened(walk).values()] == [2]


def test_into_several_that_are_all_done_nobody_goes_back() -> None:
    walk = at_the_block(("several", "step"))
    inside = list(walk.running.open_steps())
    for found in inside:
        walk.complete(found.task_id)
    before = walk.running.state()
    with pytest.raises(Conflict, match="之前的环节"):
        walk.go_back(inside[0].task_id)
    assert walk.running.state() == before


def test_what_was_never_done_cannot_be_reached() -> None:
    walk = at_the_block("step")
    waiting = next(iter(opened(walk).values()))
    with pytest.raises(Conflict, match="没有办结"):
        take_back(walk.running, [step for step in walk.steps if step.task_id != waiting], waiting)


def test_stopping_leaves_nothing_that_waits() -> None:
    walk = at_the_block(("parallel", ["limited", ("call", "limited"), ("several", "step")]))
    assert len(stop(walk.running)) == 5
    assert not standing(walk.running)
    assert walk.running.completed
    assert not walk.running.waiting_limits()


def test_a_loop_around_a_block_doubles_no_token() -> None:
    walk = at_the_block(("loop", ("parallel", ["step", "step"])))
    for again in (True, True, False):
        for task_id in opened(walk).values():
            walk.complete(task_id, again)
        assert len(opened(walk)) == 1
        walk.complete(next(iter(opened(walk).values())), again)
    assert len(opened(walk)) == 1
