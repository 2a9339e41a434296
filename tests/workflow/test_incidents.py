"""Incidents: a failing operation loses nothing, says why, and is repaired by a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from documents import operations as making
from documents.kinds import load_kind
from engine import jobs, journal
from engine.cases.acts import Act, Outcome
from engine.cases.cases import find_case
from engine.cases.document_records import find_document, newest, superseded_documents
from engine.cases.evidence import evidence_of
from engine.errors import Conflict, Invalid, NotPermitted, PackageFault, Unlawful
from engine.registers.agencies import Officer
from engine.workflow.incidents import JOB, OPEN, OPERATION, RESOLVED, SKIPPED, STEP, Incident, incidents_of
from processes import host as hosts
from processes.host import Host
from processes.manifest import find_package
from processes.queue import ATTEMPTS, drain
from processes.rehearsing import rehearse
from processes.repairing import retry, skip, visible_incidents
from processes.running import complete_by_step, complete_step
from tests.builders import CaseBuilder
from tests.workflow.cases import HEAD_OF_UNIT, LEAD, acts, open_item
from tests.workflow.conftest import At

CLERK, ADMINISTRATOR = "YJWH0304", "YJWH0307"


@contextmanager
def broken(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    """A named operation that writes something and then hits a machine fault."""
    real = hosts.OPERATIONS[name]

    def fail(act: Act) -> Outcome:
        act.case.title = "half done"
        act.session.flush()
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setitem(hosts.OPERATIONS, name, replace(real, run=fail))  # type: ignore[arg-type]
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


def given_up(case: CaseBuilder, monkeypatch: pytest.MonkeyPatch, step: str) -> Incident:
    """Take the script's steps up to and with this one, whose document then cannot be made."""
    case.until(step)
    one = case.script.steps[case.position]
    case.clock.set(one.at)
    complete_by_step(case.host, case.case_id, one.id, one.actor, one.values)
    case.position += 1

    def fail(*_: Any, **__: Any) -> Any:
        raise OSError("no office")

    with monkeypatch.context() as patch:
        patch.setattr(making, "make", fail)
        assert drain(case.host, case.case_id) == 1
    return open_incidents(case.host, case.case_id)[0]


def test_no_operation_of_a_step_is_skipped(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    case = at("register_source")
    with broken(monkeypatch, "cases.check_item"):
        registered(case)
        (incident,) = open_incidents(case.host, case.case_id)
        for by in (HEAD_OF_UNIT, ADMINISTRATOR):
            with pytest.raises(Unlawful, match="法定环节") as caught:
                skip(case.host, incident.id, by, "急")
            assert "第三十八条" in caught.value.article


def test_a_statutory_document_is_not_skipped_even_beside_one_that_may_be(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    case = at("investigation_report")
    incident = given_up(case, monkeypatch, "investigation_report")  # the report and the sheet of the reckoning in one job
    with pytest.raises(Unlawful, match="法定环节"):
        skip(case.host, incident.id, ADMINISTRATOR, "急")
    assert not retry(case.host, incident.id, ADMINISTRATOR)
    rehearse(case.host, case.case_id)
    assert case.open_steps() == ["report_opinion"]


def test_a_paper_that_no_statute_asks_for_is_skipped_and_the_case_goes_on(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    case = at("record_payment")
    incident = given_up(case, monkeypatch, "record_payment")
    with pytest.raises(NotPermitted, match="负责人或者平台管理员"):
        skip(case.host, incident.id, LEAD, "急")
    with pytest.raises(Invalid, match="理由"):
        skip(case.host, incident.id, ADMINISTRATOR, " ")
    skip(case.host, incident.id, ADMINISTRATOR, "缴款情况已有票据和登记")
    assert state(case.host, incident.id) == SKIPPED
    with case.host.database.reading() as session:
        assert newest(session, case.case_id, "PEN-10") is None
        (gone,) = superseded_documents(session, case.case_id)
        assert (gone.kind, find_document(session, gone.id)) == ("PEN-10", gone)  # kept to be looked at
    told = next(facts for act, facts in reversed(acts(case)) if act == "incident.skipped")
    assert (told["reason"], [each["kind"] for each in told["documents"]]) == ("缴款情况已有票据和登记", ["PEN-10"])
    with pytest.raises(Conflict, match="已经处理"):
        retry(case.host, incident.id, ADMINISTRATOR)
    case.until("")
    with case.host.database.reading() as session:
        assert find_case(session, case.case_id).status == "ARCHIVED"


def test_only_papers_of_the_platforms_own_can_be_declared_so(tmp_path: Path) -> None:
    folder = find_package("national") / "templates"
    text = (folder / "DOC-45.toml").read_text(encoding="utf-8")
    for spoilt in (text, text.replace('base = "samr2021"', 'base = "platform"')):
        with pytest.raises(PackageFault, match="不能声明 skippable"):
            load_kind(spoilt.replace("serve = ", "skippable = true\nserve = ", 1), "DOC-45.toml")
    declared = {path.stem for path in folder.glob("*.toml") if load_kind(path.read_text(encoding="utf-8"), path.name).skippable}
    assert declared == {"PEN-05", "PEN-10"}


def test_who_has_left_is_replaced_by_a_colleague_and_nobody_else(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    case = at("register_source")
    incident = given_up(case, monkeypatch, "register_source")
    for changes, words in (({"serving": "DOC-45"}, "不能更正"), ({"officer_id": "YJ000101"}, "本机关在岗")):
        with pytest.raises(Invalid, match=words):
            retry(case.host, incident.id, ADMINISTRATOR, changes)
    assert not retry(case.host, incident.id, ADMINISTRATOR, {"officer_id": LEAD})
    rehearse(case.host, case.case_id)
    assert next(entry for entry in reversed(entries(case)) if entry.act == making.ISSUE).actor_id == LEAD


def test_only_heads_and_administrators_see_the_list(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    case = at("register_source")
    incident = given_up(case, monkeypatch, "register_source")
    seen = {}
    with case.host.database.reading() as session:
        for person in (ADMINISTRATOR, HEAD_OF_UNIT, LEAD, CLERK, "YJ000801", "YJ000101"):
            try:
                seen[person] = [row.id for row in visible_incidents(session, session.get_one(Officer, person), case.clock.now())]
            except NotPermitted:
                seen[person] = None
    assert seen == {ADMINISTRATOR: [incident.id], HEAD_OF_UNIT: [incident.id], LEAD: None, CLERK: None, "YJ000801": [], "YJ000101": None}


def entries(case: CaseBuilder) -> list[journal.JournalEntry]:
    with case.host.database.reading() as session:
        return journal.entries(session, case.case_id)


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
