"""Incidents: a failing operation loses nothing, says why, and is repaired by a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from documents import operations as making
from engine import jobs, journal
from engine.cases.acts import Act, Outcome
from engine.cases.cases import find_case
from engine.cases.evidence import evidence_of
from engine.errors import Conflict, NotPermitted, Unlawful
from engine.workflow.incidents import JOB, OPEN, OPERATION, RESOLVED, SKIPPED, STEP, Incident, incidents_of
from processes import host as hosts
from processes.host import Host
from processes.queue import ATTEMPTS, drain
from processes.rehearsing import rehearse
from processes.repairing import retry, skip
from processes.running import complete_by_step, complete_step
from tests.builders import CaseBuilder
from tests.workflow.cases import HEAD_OF_UNIT, LEAD, acts, open_item
from tests.workflow.conftest import At

CLERK = "YJWH0304"


@contextmanager
def broken(monkeypatch: pytest.MonkeyPatch, name: str, *, skippable: bool = False) -> Iterator[None]:
    """A named operation that writes something and then hits a machine fault."""
    real = hosts.OPERATIONS[name]

    def fail(act: Act) -> Outcome:
        act.case.title = "half done"
        act.session.flush()
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setitem(hosts.OPERATIONS, name, replace(real, run=fail, skippable=skippable))  # type: ignore[arg-type]
        yield


def open_incidents(host: Host, case_id: int) -> list[Incident]:
    with host.database.reading() as session:
        return incidents_of(session, case_id)


def state(host: Host, incident_id: int) -> str:
    with host.database.reading() as session:
        return session.get_one(Incident, incident_id).state


def registered(case: CaseBuilder) -> None:
    step = case.script.steps[0]
    case.clock.set(step.at)
    complete_by_step(case.host, case.case_id, step.id, step.actor, step.values)


def test_a_failing_service_task_keeps_the_step_that_led_to_it_and_is_retried(
    at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = at("register_source")
    with broken(monkeypatch, "cases.check_item"):
        registered(case)
        (incident,) = open_incidents(case.host, case.case_id)
        assert (incident.kind, incident.operation, incident.state, incident.attempts) == (OPERATION, "cases.check_item", OPEN, 1)
        assert incident.cause == "OSError：disk full"
        assert not retry(case.host, incident.id, CLERK)
        assert open_incidents(case.host, case.case_id)[0].attempts == 2
    with case.host.database.reading() as session:
        assert find_case(session, case.case_id).title.startswith("云江市味百鲜")  # what the operation had half done is undone
    assert retry(case.host, incident.id, CLERK)
    assert state(case.host, incident.id) == RESOLVED
    rehearse(case.host, case.case_id)
    assert case.open_steps() == ["verify_clue"]
    told = [act for act, _ in acts(case)]
    assert told.count("operation.failed") == 2
    assert told.count("incident.retried") == 2


def test_a_machine_fault_in_a_step_keeps_what_was_filled_in(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    case = at("verify_clue")
    step = case.script.steps[case.position]
    item = open_item(case, step.id)
    case.clock.set(step.at)
    with broken(monkeypatch, "cases.verify_clue"), pytest.raises(OSError, match="disk full"):
        complete_step(case.host, item, step.actor, step.values)
    (incident,) = open_incidents(case.host, case.case_id)
    assert (incident.kind, incident.step) == (STEP, "verify_clue")
    assert incident.arguments.keys() == step.values.keys()
    assert open_item(case, step.id) == item
    with case.host.database.reading() as session:
        assert evidence_of(session, case.case_id) == []
    with pytest.raises(NotPermitted, match="原办理人员"):
        retry(case.host, incident.id, HEAD_OF_UNIT)
    assert retry(case.host, incident.id, step.actor, {"place": step.values.get("place")} if "place" in step.values else None)
    assert open_incidents(case.host, case.case_id) == []
    assert "verify_clue" not in case.open_steps()


def test_a_step_that_was_done_after_all_has_no_incident_any_more(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    case = at("verify_clue")
    with broken(monkeypatch, "cases.verify_clue"), pytest.raises(OSError, match="disk full"):
        case.attempt("verify_clue")
    case.take()
    assert open_incidents(case.host, case.case_id) == []


def test_only_what_no_statute_asks_for_is_skipped(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    case = at("register_source")
    with broken(monkeypatch, "cases.check_item"):
        registered(case)
        (incident,) = open_incidents(case.host, case.case_id)
        with pytest.raises(Unlawful, match="法定环节") as caught:
            skip(case.host, incident.id, HEAD_OF_UNIT, "急")
        assert "第三十八条" in caught.value.article
    with broken(monkeypatch, "cases.check_item", skippable=True):
        with pytest.raises(NotPermitted, match="负责人"):
            skip(case.host, incident.id, CLERK, "急")
        skip(case.host, incident.id, HEAD_OF_UNIT, "系统故障，已经人工核对")
    assert state(case.host, incident.id) == SKIPPED
    rehearse(case.host, case.case_id)
    assert case.open_steps() == ["verify_clue"]
    with pytest.raises(Conflict, match="已经处理"):
        retry(case.host, incident.id, CLERK)


def test_a_job_that_is_given_up_waits_for_a_person(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    case = at("register_source")
    registered(case)

    def fail(*_: Any, **__: Any) -> Any:
        raise OSError("no office")

    with monkeypatch.context() as patch:
        patch.setattr(making, "make", fail)
        assert drain(case.host, case.case_id) == 1
    (incident,) = open_incidents(case.host, case.case_id)
    assert (incident.kind, incident.attempts, incident.state) == (JOB, ATTEMPTS, OPEN)
    with pytest.raises(NotPermitted, match="无权"):
        retry(case.host, incident.id, "YJ000101")
    assert not retry(case.host, incident.id, CLERK)
    with case.host.database.reading() as session:
        assert len(jobs.pending(session, case.case_id)) == 1
    rehearse(case.host, case.case_id)
    assert state(case.host, incident.id) == RESOLVED
    assert case.open_steps() == ["verify_clue"]
    with case.host.database.reading() as session:
        assert journal.verify(session, case.case_id)[1] == []
    assert LEAD
