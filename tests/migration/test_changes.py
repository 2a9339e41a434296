"""Each change gets the verdict that it must get; what may move runs on to the end as a case of the new version would."""

from __future__ import annotations

import pytest

from engine.errors import ZhifaError
from engine.workflow.events import catches, fire
from engine.workflow.instances import Running
from engine.workflow.mapping import Comparison, compare
from engine.workflow.moving import move, rehearse
from tests.migration.changes import CHANGES, INNER, MAIN, Change
from tests.migration.versions import kept, moved, plan, started, take, verdict


def edited(text: str, edits: tuple[tuple[str, str], ...]) -> str:
    for old, new in edits:
        assert old in text, f"the edit does nothing: {old}"
        text = text.replace(old, new, 1)
    return text


def to_the_end(running: Running) -> list[str]:
    """Take whatever waits, by name; where nothing waits but events, the first happens."""
    taken: list[str] = []
    while not running.completed:
        waiting = sorted((*running.open_steps(), *running.open_operations()), key=lambda one: one.node.id)
        if waiting:
            taken.append(waiting[0].node.id)
            running.complete(waiting[0].task_id)
        else:
            fire(min(catches(running._workflow), key=lambda one: one.element))
            running.settle()
        kept(running)
        running.reload()
        assert len(taken) < 200
    return taken


def comparison(change: Change) -> Comparison:
    new = edited(INNER, change.inner)
    return compare(plan(MAIN, inner=INNER), plan(edited(MAIN, change.edits), inner=new, other=new), change.renaming)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_change_gets_its_verdict(change: Change) -> None:
    found = comparison(change)
    case = take(started(found.before), *change.taken)
    judged = verdict(found, case)
    codes = [one.code for one in judged.hindrances]
    if change.code:
        assert change.code in codes
        assert all(one.message and one.remedy for one in judged.hindrances)
        return
    assert codes == []
    before = case.instance.state
    fresh, ran = moved(found, case)
    assert ran.stuck == () and ran.ended
    assert case.instance.state == before
    old_open = {one.task_id: one.node.id for one in case.open_steps()}
    assert {one.task_id: found.element((one.node.procedure, old_open[one.task_id])) for one in fresh.open_steps()} == {
        one.task_id: one.node.id for one in fresh.open_steps()}, "the same steps wait under the same ids"
    new_one = take(started(found.after), *(change.taken if change.fresh is None else change.fresh))
    assert to_the_end(fresh) == to_the_end(new_one)


def test_there_are_enough_changes() -> None:
    assert len(CHANGES) >= 40 and len({change.name for change in CHANGES}) == len(CHANGES)


CODES = ("migration.current_removed", "migration.branch_added", "migration.join_changed", "migration.scope_removed")
UNSAFE = [change for change in CHANGES if change.code in CODES and "at an inclusive join" not in change.name]


@pytest.mark.parametrize("change", UNSAFE, ids=lambda change: change.name)
def test_what_is_refused_would_indeed_go_wrong(change: Change) -> None:
    """Moved by force, the tree cannot be read, or a copy stands for ever, or a step is taken twice."""
    found = comparison(change)
    case = take(started(found.before), *change.taken)
    try:
        fresh = move(case.instance, found, case.facts, "new")
    except (ZhifaError, KeyError):
        return
    if rehearse(fresh).stuck or not rehearse(fresh).ended:
        return
    taken = to_the_end(fresh)
    assert len(set(taken) - {"multi"}) < len([one for one in taken if one != "multi"]), taken
