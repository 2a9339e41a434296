"""Completing steps: rights, form, safeguards, one effect, and a journal that knows refusals too."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest

from engine import journal
from engine.cases.cases import find_case
from engine.cases.evidence import evidence_of
from engine.cases.limits import limits_of
from engine.cases.submissions import submissions
from engine.errors import Conflict, Invalid, NotPermitted, Unlawful
from engine.registers.agencies import Officer, OfficerRole
from processes.host import Host
from processes.running import complete_by_step, complete_step
from tests.builders import EMERGENCY, CaseBuilder, a_case, on_both_databases


def state(host: Host, case_id: int) -> tuple[int, int, str]:
    """What must not change when a step is refused: submissions, evidence, status."""
    with host.database.reading() as session:
        return (
            len(submissions(session, case_id)), len(evidence_of(session, case_id)), find_case(session, case_id).status,
        )


def refused_acts(host: Host, case_id: int) -> list[dict[str, Any]]:
    with host.database.reading() as session:
        return [entry.read_facts() for entry in journal.entries(session, case_id) if entry.act == "step.refused"]


def refused(case: CaseBuilder, error: type[Exception], step: str, **changes: Any) -> Exception:
    """Attempt a step that must be refused, and prove that nothing changed but the journal."""
    before, count = state(case.host, case.case_id), len(refused_acts(case.host, case.case_id))
    with pytest.raises(error) as caught:
        case.attempt(step, **changes)
    assert state(case.host, case.case_id) == before
    assert len(refused_acts(case.host, case.case_id)) == count + 1
    return caught.value


EXPECTED = {
    "TL_PEN_CLUE_VERIFY": date(2026, 3, 23), "TL_SAMR_REPORT_TELL": date(2026, 3, 12), "TL_PEN_DECISION": date(2026, 6, 3),
    "TL_CASE_REVIEW": date(2026, 4, 7), "TL_DEFENCE_WINDOW": date(2026, 4, 7), "TL_HEARING_REQUEST": date(2026, 4, 7),
    "TL_PEN_SERVICE": date(2026, 5, 21), "TL_PUBLISH_DECISION": date(2026, 5, 21), "TL_PAY": date(2026, 5, 28),
    "TL_RECON_APPLY": date(2026, 7, 13), "TL_LITIGATE": date(2026, 11, 13),
}


@pytest.mark.rule("R-GD-17")
@on_both_databases
def test_an_ordinary_case_runs_from_filing_to_archive(host: Host) -> None:
    case = a_case(host).until("")
    with host.database.reading() as session:
        found = find_case(session, case.case_id)
        assert (found.status, found.filed_on, found.decided_on) == ("ARCHIVED", date(2026, 3, 5), date(2026, 5, 12))
        due = {row.limit_id: row.due_on for row in limits_of(session, case.case_id)}
        assert journal.verify(session, case.case_id)[1] == []
    assert {limit: due[limit] for limit in EXPECTED} == EXPECTED
    assert case.open_steps() == []


@pytest.mark.rule("R-GD-25b")
@pytest.mark.rule("R-GD-25a")
def test_the_fast_track_merges_internal_steps_and_keeps_every_safeguard(host: Host) -> None:
    case = a_case(host, EMERGENCY).until("")
    with host.database.reading() as session:
        done = [row.step for row in submissions(session, case.case_id)]
        due = {row.limit_id: row.due_on for row in limits_of(session, case.case_id)}
    assert {"register_source", "propose_filing", "review_filing", "approve_filing", "assign_officers"}.isdisjoint(done)
    assert {"combined_open", "combined_approve"} <= set(done)
    kept = ["evidence_review", "legal_review", "prior_notice", "register_defence", "hear_defence", "collective_discussion",
            "order_refund", "decision_approval", "make_decision", "serve_document", "publicity_review"]
    assert set(kept) <= set(done)
    assert done.index("legal_review") < done.index("prior_notice") < done.index("hear_defence") < done.index("make_decision")
    assert due["TL_PEN_DECISION"] == date(2026, 10, 8)
    assert (due["TL_PAY"], due["TL_RECON_APPLY"]) == (date(2026, 7, 27), date(2026, 9, 8))
    assert (due["TL_DEFENCE_WINDOW"], due["TL_CLOSE"]) == (date(2026, 7, 14), date(2026, 8, 3))
    assert "TL_LITIGATE" not in due  # 复议前置


@on_both_databases
def test_a_second_completion_of_the_same_task_is_a_conflict(host: Host) -> None:
    case = a_case(host)
    item = case.open_items()[0]
    case.take()
    before = state(host, case.case_id)
    with pytest.raises(Conflict, match="已经办结"):
        complete_step(host, item.id, "YJWH0304", case.script.steps[0].values)
    assert state(host, case.case_id) == before


def test_an_old_revision_is_a_conflict(host: Host) -> None:
    case = a_case(host).until("review_filing")
    item = case.open_items()[0]
    with pytest.raises(Conflict, match="刷新"):
        complete_step(host, item.id, "YJWH0100", case.values("review_filing"), revision=0)
    assert case.open_steps() == ["review_filing"]


@on_both_databases
def test_eight_officers_at_once_complete_a_task_once(host: Host) -> None:
    case = a_case(host).until("review_filing")
    item = case.open_items()[0]
    outcomes: list[str] = []

    def press() -> None:
        try:
            complete_step(host, item.id, "YJWH0100", case.values("review_filing"))
            outcomes.append("done")
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict"] * 7 + ["done"]
    assert case.open_steps() == ["approve_filing"]


def test_an_extra_a_missing_and_a_hidden_field_are_named_and_nothing_changes(host: Host) -> None:
    case = a_case(host)
    extra = refused(case, Invalid, "register_source", surprise="x")
    assert isinstance(extra, Invalid)
    assert [fault.where for fault in extra.faults] == ["surprise"]
    missing = refused(case, Invalid, "register_source", clue_content=None)
    assert isinstance(missing, Invalid)
    assert [fault.where for fault in missing.faults] == ["clue_content"]


@pytest.mark.parametrize(("step", "actor", "message"), [
    ("register_source", "YJWH0101", "案源登记员"), ("register_source", "YJ000101", "其他执法主体"),
])
def test_rights_are_checked_below_the_web(host: Host, step: str, actor: str, message: str) -> None:
    assert message in str(refused(a_case(host), NotPermitted, step, actor=actor))


@pytest.mark.rule("INV-A08")
def test_an_investigator_may_not_review_his_own_case(host: Host) -> None:
    with host.database.writing() as session:
        session.add(OfficerRole(officer_id="YJWH0102", role="case_reviewer"))
    case = a_case(host).until("case_review")
    error = refused(case, Unlawful, "case_review", actor="YJWH0102")
    assert "第四十九条" in str(error.article)  # type: ignore[attr-defined]


@pytest.mark.rule("R-GD-13-3")
def test_an_officer_with_an_expired_certificate_is_not_assigned(host: Host) -> None:
    with host.database.writing() as session:
        officer = session.get_one(Officer, "YJWH0102")
        officer.certificate_to = date(2026, 3, 4)
    case = a_case(host)
    case.until("verify_clue")
    case.take()  # on the last day of the certificate
    error = refused(case.until("assign_officers"), Unlawful, "assign_officers")
    assert "第四十二条" in str(error.article)  # type: ignore[attr-defined]


@pytest.mark.rule("INV-A07")
def test_one_officer_alone_takes_no_evidence(host: Host) -> None:
    error = refused(a_case(host).until("interview"), Unlawful, "interview", co_officer="YJWH0101")
    assert "第四十二条" in str(error.article)  # type: ignore[attr-defined]


@pytest.mark.rule("R-GD-26a")
def test_evidence_without_one_property_is_excluded_and_needs_a_reason(host: Host) -> None:
    case = a_case(host, EMERGENCY).until("evidence_review")
    reviews = [dict(row) for row in case.values("evidence_review")["reviews"]]
    reviews[1] |= {"legality": False}
    error = refused(case, Invalid, "evidence_review", reviews=reviews)
    assert isinstance(error, Invalid)
    assert [fault.where for fault in error.faults] == ["reviews[1].reason"]
    reviews[1] |= {"reason": "取得方式不合法"}
    case.take(reviews=reviews)
    with host.database.reading() as session:
        found = {row.number: row.status for row in evidence_of(session, case.case_id)}
    assert found["ZJ002"] == "EXCLUDED"


@pytest.mark.rule("INV-P05")
def test_without_accepted_evidence_there_is_no_report(host: Host) -> None:
    case = a_case(host, EMERGENCY).until("evidence_review")
    rows = [{**row, "authenticity": False, "reason": "无法核实"} for row in case.values("evidence_review")["reviews"]]
    case.take(reviews=rows)
    assert "证据" in str(refused(case, Unlawful, "investigation_report"))


@pytest.mark.rule("INV-A04")
def test_a_return_needs_a_reason(host: Host) -> None:
    case = a_case(host).until("approve_filing")
    refused(case, Invalid, "approve_filing", decision="RETURN", opinion=None)
    case.attempt("approve_filing", decision="RETURN", opinion="请补充管辖依据")
    assert case.open_steps() == ["propose_filing"]


@pytest.mark.rule("INV-P15")
def test_the_agency_cannot_close_the_defence_window_early(host: Host) -> None:
    case = a_case(host, EMERGENCY).until("collective_discussion")
    # one step back: the statement alone does not end the time to ask for a hearing
    other = a_case(host, EMERGENCY).until("register_defence")
    other.take()
    other.take()
    assert other.open_steps() == ["register_defence"]
    error = refused(other, Unlawful, "collective_discussion")
    assert "第六十二条" in str(error.article) or "第四十五条" in str(error.article)  # type: ignore[attr-defined]
    assert case.open_steps() == ["collective_discussion"]


@pytest.mark.rule("TL_DEFENCE_WINDOW")
def test_the_window_ends_by_itself_when_its_time_is_over(host: Host) -> None:
    case = a_case(host).until("collective_discussion")
    assert case.open_steps() == ["register_defence"]  # still 2 April
    case.clock.set(case.clock.now().replace(month=4, day=7, hour=23, minute=59))
    with pytest.raises(Unlawful, match="陈述申辩"):
        complete_by_step(host, case.case_id, "decision_approval", "YJWH0002", case.values("decision_approval"))
    assert case.open_steps() == ["register_defence"]
    case.clock.set(case.clock.now() + timedelta(minutes=1))
    with pytest.raises(Conflict):
        complete_step(host, case.open_items()[0].id, "YJWH0101", {"statement": True, "hearing_requested": False})
    assert case.open_steps() == ["collective_discussion"]


@pytest.mark.rule("INV-P16")
def test_a_heavier_penalty_needs_a_new_notice(host: Host) -> None:
    case = a_case(host).until("collective_discussion")
    case.take(deviation_reason="新查明的事实", penalties=[{"kind": "FINE", "amount": "300000.00"}, {"kind": "CONFISCATE_GAIN", "amount": "16800.00"}])
    assert case.open_steps() == ["prior_notice"]


@pytest.mark.rule("INV-P35")
def test_the_remedy_must_be_the_right_one(host: Host) -> None:
    case = a_case(host, EMERGENCY).until("make_decision")
    assert "复议" in str(refused(case, Unlawful, "make_decision", reconsideration_first=False))


@pytest.mark.rule("R-GD-30a")
def test_electronic_service_needs_consent(host: Host) -> None:
    case = a_case(host, EMERGENCY)
    while case.script.steps[case.position].id != "confirm_address":
        case.take()
    case.take(electronic_consent=False, electronic_channel=None, electronic_address=None)
    case.until("affix_seal").take()
    error = refused(case, Unlawful, "serve_document")
    assert "第六十一条" in str(error.article)  # type: ignore[attr-defined]


@pytest.mark.rule("R-GD-27")
def test_an_expired_seal_is_not_used(host: Host) -> None:
    from engine.registers.agencies import Seal

    with host.database.writing() as session:
        session.get_one(Seal, "9999010001").valid_to = date(2026, 5, 11)
    case = a_case(host).until("affix_seal")
    assert "第二十七条" in str(refused(case, Unlawful, "affix_seal").article)  # type: ignore[attr-defined]


@pytest.mark.rule("INV-P32")
def test_who_investigates_does_not_collect(host: Host) -> None:
    with host.database.writing() as session:
        session.add(OfficerRole(officer_id="YJWH0101", role="finance_officer"))
    case = a_case(host).until("record_payment")
    assert "第六十七条" in str(refused(case, Unlawful, "record_payment", actor="YJWH0101").article)  # type: ignore[attr-defined]


def test_a_part_payment_keeps_the_case_waiting_and_a_late_one_costs_more(host: Host) -> None:
    case = a_case(host).until("record_payment")
    rows = [dict(row) for row in case.values("record_payment")["payments"]]
    case.attempt("record_payment", payments=rows[1:])
    assert "record_payment" in case.open_steps()
    late = {**rows[0], "paid_at": "2026-05-30T10:00"}
    case.attempt("record_payment", payments=[late])  # two days late: 2 × 3 % of 186,000 is owed on top
    assert "record_payment" in case.open_steps()
    case.attempt("record_payment", payments=[{**late, "bill_number": "YJ3", "amount": "11160.00"}])
    assert "record_payment" not in case.open_steps()


def test_an_archived_case_is_read_only(host: Host) -> None:
    case = a_case(host, EMERGENCY).until("")
    with pytest.raises((Conflict, Unlawful)):
        case.host.clock.set(case.clock.now())  # type: ignore[attr-defined]
        complete_step(host, 1, "YJWH0101", {})
