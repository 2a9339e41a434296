"""抄送: a copy lets read, nothing else; who may send and receive it; read, called back; every act and refusal in the journal."""

from __future__ import annotations

import pytest

from engine import journal
from engine.cases.cases import find_case
from engine.errors import Invalid, NotPermitted, Unlawful, ZhifaError
from engine.registers.agencies import OfficerRole, find_officer
from engine.workflow.copies import copies_page, unread_count
from processes.case_lists import visible_cases
from processes.copying import call_back, read_copy, send_copy
from processes.host import Host
from processes.viewing import view_case
from tests.builders import CaseBuilder, a_case, on_both_databases

HEAD, LEAD, COLLEAGUE, CITY = "YJWH0001", "YJWH0101", "YJWH0302", "YJ000101"


def sees(case: CaseBuilder, person: str) -> bool:
    with case.host.database.reading() as session:
        officer = find_officer(session, person)
        listed = case.case_id in [row.id for row in visible_cases(session, officer, case.clock.now()).rows]
        try:
            view_case(case.host, session, case.case_id, officer)
        except NotPermitted:
            assert not listed
            return False
    assert listed
    return True


def open_about(case: CaseBuilder) -> CaseBuilder:
    """Its reporter asks for no secrecy."""
    with case.host.database.writing() as session:
        find_case(session, case.case_id).keep_secret = False
    return case


@on_both_databases
def test_a_copy_lets_read_until_it_is_called_back(host: Host) -> None:
    case = open_about(a_case(host).until("choose_act"))
    assert not sees(case, COLLEAGUE)
    copy = send_copy(host, case.case_id, LEAD, COLLEAGUE, "涉及公示，请阅知")
    assert sees(case, COLLEAGUE)
    with host.database.reading() as session:
        me = find_officer(session, COLLEAGUE)
        assert unread_count(session, COLLEAGUE) == 1
        assert [row.note for row in copies_page(session, me, words="公示", unread=True).rows] == ["涉及公示，请阅知"]
    assert read_copy(host, copy, COLLEAGUE) == case.case_id
    read_copy(host, copy, COLLEAGUE)
    with pytest.raises(ZhifaError):
        case.attempt(case.open_steps()[0], actor=COLLEAGUE)
    with pytest.raises(NotPermitted):
        call_back(host, copy, COLLEAGUE)
    call_back(host, copy, LEAD)
    assert not sees(case, COLLEAGUE)
    with pytest.raises(NotPermitted):
        read_copy(host, copy, COLLEAGUE)
    with host.database.reading() as session:
        assert unread_count(session, COLLEAGUE) == 0
        told = [(row.act, row.actor_id) for row in journal.entries(session, case.case_id) if row.act.startswith("copy.")]
        assert journal.verify(session, case.case_id)[1] == []
    assert told == [("copy.sent", LEAD), ("copy.read", COLLEAGUE), ("copy.called_back", LEAD)]


@pytest.mark.rule("R-GD-37-2")
def test_no_supervisor_no_other_agency_no_stranger(host: Host) -> None:
    """粤府〔2023〕73号 第三十七条: what is not decided is closed to supervision, also by way of a copy."""
    case = open_about(a_case(host).until("choose_act"))
    with host.database.writing() as session:
        session.add(OfficerRole(officer_id=COLLEAGUE, role="supervisor"))
    with pytest.raises(Unlawful) as refusal:
        send_copy(host, case.case_id, LEAD, COLLEAGUE, "试")
    assert refusal.value.facts["article"] == "粤府〔2023〕73号 第三十七条"
    with pytest.raises(NotPermitted, match="本执法主体"):
        send_copy(host, case.case_id, LEAD, CITY, "试")
    for person in (CITY, "YJWH0303"):
        with pytest.raises(NotPermitted):
            send_copy(host, case.case_id, person, "YJWH0304", "试")
    with host.database.reading() as session:
        assert [row.act for row in journal.entries(session, case.case_id)][-4:] == ["copy.refused"] * 2 + ["view.refused"] * 2


def test_a_role_of_supervision_taken_on_later_ends_the_reading(host: Host) -> None:
    case = open_about(a_case(host).until("choose_act"))
    send_copy(host, case.case_id, LEAD, COLLEAGUE, "试")
    with host.database.writing() as session:
        session.add(OfficerRole(officer_id=COLLEAGUE, role="supervisor"))
    assert not sees(case, COLLEAGUE)


def test_who_reads_by_a_copy_does_not_pass_it_on(host: Host) -> None:
    case = open_about(a_case(host).until("choose_act"))
    send_copy(host, case.case_id, LEAD, COLLEAGUE, "试")
    with pytest.raises(NotPermitted, match="不能再抄送他人"):
        send_copy(host, case.case_id, COLLEAGUE, "YJWH0303", "试")


def test_a_case_with_a_secret_reporter_is_sent_by_a_head_only(host: Host) -> None:
    """行政处罚法 第五十条."""
    case = a_case(host).until("choose_act")
    with pytest.raises(Unlawful, match="举报人要求保密") as refusal:
        send_copy(host, case.case_id, LEAD, COLLEAGUE, "试")
    assert refusal.value.facts["article"] == "行政处罚法 第五十条"
    send_copy(host, case.case_id, HEAD, COLLEAGUE, "试")
    assert sees(case, COLLEAGUE)


@pytest.mark.parametrize(("to", "note"), [(LEAD, "给自己"), (COLLEAGUE, " "), (COLLEAGUE, "长" * 201), ("NOBODY", "试")])
def test_a_copy_needs_another_person_and_a_reason(host: Host, to: str, note: str) -> None:
    case = open_about(a_case(host).until("choose_act"))
    with pytest.raises(Invalid):
        send_copy(host, case.case_id, LEAD, to, note)
    send_copy(host, case.case_id, LEAD, COLLEAGUE, "试")
    with pytest.raises(Invalid, match="尚未阅读"):
        send_copy(host, case.case_id, LEAD, COLLEAGUE, "再试")
