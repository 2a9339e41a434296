"""Running cases are moved to another release and half of them back: nothing is lost, nothing starts again, the journal explains each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine import journal
from engine.errors import Conflict, Invalid, PackageFault
from engine.workflow.incidents import Incident
from engine.workflow.instances import WorkflowInstance
from engine.workflow.mapping import Renaming
from engine.workflow.moves import CaseMigration, moved_between
from engine.workflow.tasks import WorkItem
from engine.workflow.timers import Timer
from processes import migrating
from processes.host import Host
from processes.migrating import apply, apply_all, revert, revert_all
from processes.migration_plans import Planner, plan_all, planner
from tests.builders import on_both_databases
from tests.migration.bench_cases import ADMIN, finish, published, some_cases, take, with_new_step

FULL = os.environ.get("ZHIFA_PROVE") == "full"
MANY = 1000 if FULL else 60
INSERTED = with_new_step("review", "u16")
REASON = "新版增加复核"


def between(host: Host, before: str, after: str, renaming: Renaming | None = None) -> Planner:
    with host.database.reading() as session:
        return planner(host, session, "bench", before, after, renaming)


def rows(host: Host, kind: Any, *names: str) -> list[tuple[Any, ...]]:
    with host.database.reading() as session:
        return [tuple(getattr(row, name) for name in names) for row in session.scalars(select(kind).order_by(kind.id))]


def stored(host: Host) -> dict[int, tuple[Any, ...]]:
    with host.database.reading() as session:
        query = select(WorkflowInstance.case_id, WorkflowInstance.release_digest, WorkflowInstance.state, WorkflowInstance.facts)
        return {row[0]: tuple(row[1:]) for row in session.execute(query)}


def kept(host: Host) -> list[Any]:
    """What a move must not touch: steps with their times, timers, and what officers had filled in."""
    return [
        rows(host, WorkItem, "id", "case_id", "task_id", "step", "state", "assignee_id", "opened_at", "due_at", "closed_at", "origin"),
        rows(host, Timer, "id", "task_id", "limit_id", "state", "armed_at"),
        rows(host, Incident, "id", "task_id", "arguments", "state"),
    ]


def acts(host: Host, case_id: int) -> list[tuple[str, dict[str, Any]]]:
    with host.database.reading() as session:
        assert journal.verify(session, case_id)[1] == []
        return [(entry.act, entry.read_facts()) for entry in journal.entries(session, case_id)]


@on_both_databases
def test_running_cases_are_moved_and_half_of_them_back(host: Host, tmp_path: Path) -> None:
    old = published(host, tmp_path, "1")
    many = MANY if host.database.engine.dialect.name == "sqlite" else MANY // 5
    cases = some_cases(host, many)
    new = published(host, tmp_path, "2", INSERTED)
    found = between(host, old.digest, new.digest)
    before, untouched = stored(host), kept(host)
    plans = {plan.case_id: plan for plan in plan_all(host, found)}
    assert sorted(plans) == cases and stored(host) == before
    movable = [case_id for case_id in cases if plans[case_id].verdict.can_move]
    assert len(movable) > many * 0.9

    results = list(apply_all(host, found, cases, ADMIN, REASON))
    assert [one.case_id for one in results if one.outcome == migrating.MOVED] == movable
    assert kept(host) == untouched, "no step, clock or draft was touched"
    with host.database.reading() as session:
        assert moved_between(session, old.digest, new.digest) == movable

    back = movable[::2]
    assert {one.outcome for one in revert_all(host, back, new.digest, ADMIN, "暂缓")} == {migrating.REVERTED}
    after = stored(host)
    assert kept(host) == untouched
    for case_id in cases:
        if case_id in back or case_id not in movable:
            assert after[case_id] == before[case_id], "as it stood, byte for byte"
        else:
            assert after[case_id][0] == new.digest
    with host.database.reading() as session:
        assert journal.verify(session)[1] == []
    for case_id in movable:
        told = [(act, facts) for act, facts in acts(host, case_id) if act.startswith("case.migrat")]
        assert told[0][1]["from"] == old.digest and told[0][1]["to"] == new.digest and told[0][1]["reason"] == REASON
        assert [act for act, _ in told] == ["case.migrated", "case.migration_reverted"][: 2 if case_id in back else 1]
    for case_id in movable[:12]:
        assert ("v01" in finish(host, case_id)) == (case_id not in back)
    with host.database.reading() as session:
        assert journal.verify(session)[1] == []


def test_a_batch_can_be_stopped_and_goes_on_where_it_was(host: Host, tmp_path: Path) -> None:
    old = published(host, tmp_path, "1")
    cases = some_cases(host, 6, seed=2)
    new = published(host, tmp_path, "2", INSERTED)
    found, done = between(host, old.digest, new.digest), list[int]()
    for result in apply_all(host, found, cases, ADMIN, REASON, stop=lambda: len(done) == 2):
        done.append(result.case_id)
    assert done == cases[:2]
    left = [plan.case_id for plan in plan_all(host, found)]
    assert left == cases[2:]
    assert {one.outcome for one in apply_all(host, found, left, ADMIN, REASON)} == {migrating.MOVED}


def test_an_officer_who_is_faster_keeps_his_step(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = published(host, tmp_path, "1")
    case_id, = some_cases(host, 1, seed=3)
    new = published(host, tmp_path, "2", INSERTED)
    found = between(host, old.digest, new.digest)
    real = found.plan

    def overtaken(*arguments: Any) -> Any:
        plan = real(*arguments)
        take(host, case_id)
        return plan

    monkeypatch.setattr(found, "plan", overtaken)
    assert apply(host, found, case_id, ADMIN, REASON).outcome == migrating.OVERTAKEN
    assert stored(host)[case_id][0] == old.digest
    monkeypatch.undo()
    assert apply(host, found, case_id, ADMIN, REASON).outcome == migrating.MOVED


def test_a_move_is_not_taken_back_once_a_step_was_done(host: Host, tmp_path: Path) -> None:
    old = published(host, tmp_path, "1")
    case_id, = some_cases(host, 1, seed=3)
    new = published(host, tmp_path, "2", INSERTED)
    apply(host, between(host, old.digest, new.digest), case_id, ADMIN, REASON)
    with pytest.raises(Invalid, match="理由"):
        revert(host, case_id, ADMIN, " ")
    take(host, case_id)
    with pytest.raises(Conflict, match="又有新的办理"):
        revert(host, case_id, ADMIN, "暂缓")
    assert acts(host, case_id)[-1][0] == "case.migration_revert_refused"
    assert len(rows(host, CaseMigration, "id")) == 1


def test_a_case_that_was_taken_back_can_move_again_but_not_be_taken_back_twice(host: Host, tmp_path: Path) -> None:
    old = published(host, tmp_path, "1")
    case_id, = some_cases(host, 1, seed=3)
    new = published(host, tmp_path, "2", INSERTED)
    found = between(host, old.digest, new.digest)
    apply(host, found, case_id, ADMIN, REASON)
    revert(host, case_id, ADMIN, "暂缓")
    with pytest.raises(Invalid, match="没有可以撤回"):
        revert(host, case_id, ADMIN, "暂缓")
    assert apply(host, found, case_id, ADMIN, REASON).outcome == migrating.MOVED
    assert [row[0] for row in rows(host, CaseMigration, "undoes")] == [None, 1, None]


def test_a_renamed_step_keeps_its_work_item_and_its_form_is_told(host: Host, tmp_path: Path) -> None:
    old = published(host, tmp_path, "1")
    case_id = some_cases(host, 1, seed=0)[0]
    while rows(host, WorkItem, "step")[-1] != ("u14",):
        take(host, case_id)
    new = published(host, tmp_path, "2", {
        "procedures/bench.bpmn": (('"u14"', '"w14"'), ("u14__", "w14__"), ("__u14", "__w14"), (">u14<", ">w14<")),
        "forms/note.toml": (('[[field]]\nkey = "co_officer"\nlabel = "协办人员"\ntype = "officer"\n', ""),),
    })
    with pytest.raises(PackageFault):
        between(host, old.digest, new.digest, Renaming(elements={"bench": {"u14": "nowhere"}}))
    refused = next(plan_all(host, between(host, old.digest, new.digest)))
    assert [one.code for one in refused.verdict.hindrances] == ["migration.current_removed"]
    outcome = apply(host, between(host, old.digest, new.digest), case_id, ADMIN, REASON)
    assert outcome.outcome == migrating.REFUSED and acts(host, case_id)[-1][0] == "case.migration_refused"

    found = between(host, old.digest, new.digest, Renaming(elements={"bench": {"u14": "w14"}}))
    plan = next(plan_all(host, found))
    assert any("取消了栏目“协办人员”" in note for note in plan.verdict.notes)
    identifier = rows(host, WorkItem, "id")[-1]
    assert apply(host, found, case_id, ADMIN, REASON).outcome == migrating.MOVED
    assert rows(host, WorkItem, "id")[-1] == identifier and rows(host, WorkItem, "step")[-1] == ("w14",)
    revert(host, case_id, ADMIN, "暂缓")
    assert rows(host, WorkItem, "id", "step", "name")[-1] == (*identifier, "u14", "u14")
    apply(host, found, case_id, ADMIN, REASON)
    assert finish(host, case_id) == ["w14", "u15", "u16"]
