"""签收: one of many gets a step, the others do not; what was given by another is not given back; deputies, refusals, the journal."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from engine import journal
from engine.errors import Conflict, NotPermitted, ZhifaError
from engine.registers.agencies import OfficerRole
from engine.workflow.tasks import WorkItem, find_item
from processes.claiming import claim, claim_several, hand_over_several, release
from processes.deputising import state_absence
from processes.host import Host
from processes.routing import hand_over
from tests.builders import CaseBuilder, a_case, on_both_databases

REVIEWER, SECOND, CHIEF, UNIT_HEAD, STRANGER = "YJWH0201", "YJWH0202", "YJWH0001", "YJWH0100", "YJ000101"


@pytest.fixture
def case(host: Host) -> CaseBuilder:
    """A case whose review waits for whoever of the two reviewers takes it."""
    found = a_case(host).until("case_review")
    with host.database.writing() as session:
        session.merge(OfficerRole(officer_id=SECOND, role="case_reviewer"))
    return found


def item(case: CaseBuilder) -> WorkItem:
    return case.open_items()[0]


def acts(case: CaseBuilder) -> list[tuple[str, str]]:
    with case.host.database.reading() as session:
        assert journal.verify(session, case.case_id)[1] == []
        return [(row.act, row.actor_id) for row in journal.entries(session, case.case_id)]


@on_both_databases
def test_who_claims_has_it_and_may_give_it_back(host: Host) -> None:
    case = a_case(host).until("case_review")
    with host.database.writing() as session:
        session.merge(OfficerRole(officer_id=SECOND, role="case_reviewer"))
    claim(host, item(case).id, REVIEWER)
    assert (item(case).assignee_id, item(case).claimed_at) == (REVIEWER, host.clock.now())
    with pytest.raises(NotPermitted, match="已经指定由他人办理"):
        case.attempt("case_review", actor=SECOND)
    with pytest.raises(ZhifaError):
        claim(host, item(case).id, SECOND)
    with pytest.raises(NotPermitted):
        release(host, item(case).id, SECOND)
    release(host, item(case).id, REVIEWER)
    assert (item(case).assignee_id, item(case).claimed_at) == (None, None)
    with pytest.raises(Conflict, match="还没有人签收"):
        release(host, item(case).id, REVIEWER)
    assert [act for act in acts(case) if act[0].startswith(("step.claim", "step.release"))] == [
        ("step.claimed", REVIEWER), ("step.claim_refused", SECOND), ("step.release_refused", SECOND), ("step.released", REVIEWER),
        ("step.release_refused", REVIEWER),
    ]
    case.take(actor=SECOND)


@on_both_databases
def test_of_two_at_once_one_gets_it(host: Host) -> None:
    case = a_case(host).until("case_review")
    with host.database.writing() as session:
        session.merge(OfficerRole(officer_id=SECOND, role="case_reviewer"))
    number, outcome, ready = item(case).id, list[str](), threading.Barrier(2)

    def try_it(person: str) -> None:
        ready.wait()
        try:
            claim(host, number, person)
            outcome.append("claimed")
        except ZhifaError:
            outcome.append("refused")

    threads = [threading.Thread(target=try_it, args=(person,)) for person in (REVIEWER, SECOND)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["claimed", "refused"]
    assert sorted(act for act, _ in acts(case) if act.startswith("step.claim")) == ["step.claim_refused", "step.claimed"]


def test_what_was_given_by_another_is_handed_over_and_not_given_back(host: Host, case: CaseBuilder) -> None:
    hand_over(host, item(case).id, UNIT_HEAD, SECOND, "工作调整")
    with pytest.raises(NotPermitted, match="指定办理"):
        release(host, item(case).id, SECOND)
    assert item(case).claimed_at is None


def test_a_deputy_claims_for_the_absent_person(host: Host, case: CaseBuilder) -> None:
    today = host.clock.now().date()
    state_absence(host, REVIEWER, REVIEWER, "YJWH0302", ["case_reviewer"], today, today + timedelta(days=5), "外出")
    claim(host, item(case).id, "YJWH0302")
    assert item(case).assignee_id == REVIEWER
    release(host, item(case).id, "YJWH0302")
    assert item(case).assignee_id is None


def test_strangers_and_other_roles_claim_nothing(host: Host, case: CaseBuilder) -> None:
    for person in (STRANGER, "YJWH0304"):
        with pytest.raises(NotPermitted):
            claim(host, item(case).id, person)
        line = claim_several(host, [item(case).id], person)[0]
        assert (line.done, line.number, line.title, line.name) == (False, "", "", "")
    assert item(case).assignee_id is None


def test_several_are_handed_over_each_held_against_the_law_for_itself(host: Host, case: CaseBuilder) -> None:
    """行政处罚法 第五十八条: a review never goes to who investigated the case; the other step of the batch still goes."""
    other = a_case(host).until("case_review")
    ids = [item(case).id, item(other).id]
    assert [line.done for line in hand_over_several(host, ids, UNIT_HEAD, "YJWH0101", "调整")] == [False, False]
    with host.database.writing() as session:
        session.merge(OfficerRole(officer_id="YJWH0303", role="case_reviewer"))
        find_item(session, ids[0]).assignee_id = "YJWH0303"
    lines = hand_over_several(host, ids, UNIT_HEAD, "YJWH0303", "调整")
    assert [line.done for line in lines] == [False, True]
    assert "现在的办理人以外" in lines[0].message
    assert lines[1].title
