"""A case decided on the spot, through the one way in which steps are completed: what is refused, what is kept, what becomes of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from engine.cases.cases import Case, find_case
from engine.cases.document_records import DocumentRecord, newest, versions_of
from engine.cases.evidence import COLLECTED, evidence_of
from engine.cases.execution import payments_of
from engine.cases.limits import limits_of
from engine.cases.parties import Party
from engine.cases.penalties import DECIDED, penalties
from engine.errors import Invalid, NotPermitted, Unlawful
from engine.registers.agencies import find_officer
from engine.workflow.tasks import items_of_case
from processes.host import Host
from processes.opening import open_case
from processes.reserving import numbers_shown, reserve_block
from processes.routing import return_step
from processes.running import complete_by_step
from tests.builders import ON_THE_SPOT, CaseBuilder, a_case, on_both_databases, script

SERIES = "{abbr}{dom}当罚〔{year}〕{seq:06d}号"
ORGANISATION = {
    "party_type": "LEGAL", "party_code": "92999901MA0KNT002Y", "legal_representative": "钟予安", "party_identity_number": None,
    "party_name": "云江市望海区晨露果品店",
}


def spot(host: Host, until: str = "") -> CaseBuilder:
    case = a_case(host, ON_THE_SPOT)
    return case.until(until) if until else case


def the_case(case: CaseBuilder) -> Case:
    with case.host.database.reading() as session:
        return find_case(session, case.case_id)


def decision(case: CaseBuilder) -> DocumentRecord:
    with case.host.database.reading() as session:
        found = newest(session, case.case_id, "DOC-44")
    assert found is not None
    return found


@pytest.mark.rule("INV-S06")
@pytest.mark.rule("INV-S07")
@pytest.mark.rule("TL_SIMPLE_FILE")
@pytest.mark.rule("TL_SIMPLE_ARCHIVE")
@pytest.mark.rule("TL_ONSPOT_OFFICER_HANDIN")
@pytest.mark.rule("TL_ONSPOT_ORGAN_HANDIN")
@on_both_databases
def test_the_whole_case_is_decided_collected_filed_and_archived(host: Host) -> None:
    """行政处罚法 第五十一条、第五十二条、第六十八条、第七十一条; 程序规定 第七十条."""
    case = spot(host).until("")
    found = the_case(case)
    assert (found.status, found.filed_on, found.decided_on, found.served_on) == ("ARCHIVED", None, date(2026, 5, 12), date(2026, 5, 12))
    with host.database.reading() as session:
        assert [item.amount for item in penalties(session, case.case_id, DECIDED)] == [Decimal("100.00")]
        assert [(row.channel, row.amount) for row in payments_of(session, case.case_id)] == [("ONSPOT", Decimal("100.00"))]
        limits = {row.limit_id: row for row in limits_of(session, case.case_id)}
        assert {row.status for row in evidence_of(session, case.case_id)} == {"ACCEPTED"}
    assert {key: limits[key].due_on for key in ("TL_SIMPLE_FILE", "TL_SIMPLE_ARCHIVE", "TL_ONSPOT_OFFICER_HANDIN", "TL_ONSPOT_ORGAN_HANDIN")} == {
        "TL_SIMPLE_FILE": date(2026, 5, 14), "TL_SIMPLE_ARCHIVE": date(2026, 5, 21),
        "TL_ONSPOT_OFFICER_HANDIN": date(2026, 5, 14), "TL_ONSPOT_ORGAN_HANDIN": date(2026, 5, 15),
    }
    assert all(limits[key].ended_at for key in ("TL_SIMPLE_FILE", "TL_SIMPLE_ARCHIVE", "TL_ONSPOT_OFFICER_HANDIN", "TL_ONSPOT_ORGAN_HANDIN"))


@pytest.mark.rule("INV-S02")
def test_what_may_not_be_decided_on_the_spot_is_refused_with_the_article(host: Host) -> None:
    case = spot(host, "spot_facts")
    for changes in ({"fine": "200.01"}, {"facts_clear": False}, {"has_basis": False}):
        with pytest.raises(Unlawful, match="普通程序") as caught:
            case.attempt("spot_facts", **changes)
        assert "第五十一条" in caught.value.article
    with pytest.raises(Invalid):  # a kind beyond warning and fine cannot even be chosen
        case.attempt("spot_facts", penalty_kind=["CONFISCATE_GAIN"])
    assert case.open_steps() == ["spot_facts"]


@pytest.mark.rule("INV-S02")
def test_an_organisation_pays_up_to_three_thousand(host: Host) -> None:
    case = spot(host)
    case.take(**ORGANISATION)
    with pytest.raises(Unlawful, match=r"3,?000"):
        case.attempt("spot_facts", fine="3000.01")
    case.take(fine="3000")
    assert case.open_steps() == ["spot_notice"]


@pytest.mark.rule("INV-A07")
def test_two_certified_officers_from_beginning_to_delivery(host: Host) -> None:
    """行政处罚法 第四十二条: the second is named once and must be certified at every step until the decision is handed over."""
    case = spot(host)
    with pytest.raises(Unlawful, match="两人"):
        case.attempt("spot_opening", co_officer="YJWH0101")
    with pytest.raises(Unlawful, match="执法证件"):
        case.attempt("spot_opening", co_officer="YJWH0303")
    case.until("spot_decision")
    with host.database.writing() as session:
        find_officer(session, "YJWH0102").certificate_state = "REVOKED"
    with pytest.raises(Unlawful, match="没有有效的执法证件"):
        case.attempt("spot_decision")


@pytest.mark.rule("INV-S05")
def test_no_decision_before_the_party_was_told_and_heard(host: Host) -> None:
    case = spot(host, "spot_notice")
    for step, sentence in (("spot_decision", "尚未当场告知"), ("spot_defence", "尚未当场告知")):
        with pytest.raises(Unlawful, match=sentence):
            case.attempt(step)
    case.take()
    with pytest.raises(Unlawful, match="尚未当场听取"):
        case.attempt("spot_decision")
    with pytest.raises(Unlawful, match="不得因申辩加重"):
        case.attempt("spot_defence", reduced_fine="180")


@pytest.mark.rule("INV-P32")
@pytest.mark.parametrize(
    ("fine", "reason", "allowed"), [("100.00", "C1", True), ("101.00", "C1", False), ("149.00", "C2", True), ("149.00", "C3", True)]
)
def test_money_is_taken_on_the_spot_only_in_the_cases_of_the_law(host: Host, fine: str, reason: str, allowed: bool) -> None:
    case = spot(host, "spot_defence")
    case.take(reduced_fine=fine)
    if allowed:
        case.take(onspot_reason=reason)
        assert case.open_steps() == ["spot_delivery"]
        return
    with pytest.raises(Unlawful, match="不得自行收缴") as caught:
        case.attempt("spot_decision", onspot_reason=reason)
    assert "第六十八条" in caught.value.article


def test_a_warning_alone_has_nothing_to_collect_and_is_archived_without_payment(host: Host) -> None:
    case = spot(host, "spot_facts")
    case.take(penalty_kind=["WARNING"], fine=None)
    case.take()
    case.take(statement=False, content=None, recheck_result=None, adopted=None, reason=None, reduced_fine=None)
    with pytest.raises(Invalid, match="没有罚款"):
        case.attempt("spot_decision")
    case.take(collect_onspot=False, onspot_reason=None)
    case.take()
    assert case.open_steps() == ["spot_filing", "spot_materials"]


@pytest.mark.rule("INV-S09")
def test_the_number_is_the_lowest_of_the_officers_block_and_else_the_next_of_the_series(host: Host) -> None:
    given = reserve_block(host, "YJWH0100", "YJWH0101", SERIES, 2)
    case = spot(host, "spot_delivery")
    assert f"{given[0]:06d}号" in decision(case).number
    with host.database.reading() as session:
        held = numbers_shown(session, find_officer(session, "YJWH0101"))
    assert [(row.number, row.state) for row in held] == [(given[0], "used"), (given[1], "free")]
    assert the_case(case).number in held[0].note
    for _ in range(2):
        last = spot(host, "spot_facts")
        last.take(same_act=False)
        last.until("spot_delivery")
    assert f"{given[1] + 1:06d}号" in decision(last).number


@pytest.mark.rule("INV-S09")
def test_the_two_officers_share_the_numbers_that_they_carry(host: Host) -> None:
    carried = reserve_block(host, "YJWH0100", "YJWH0102", SERIES, 1)
    assert f"{carried[0]:06d}号" in decision(spot(host, "spot_delivery")).number


@pytest.mark.rule("INV-P29")
def test_one_act_is_fined_once_on_the_spot_too(host: Host) -> None:
    """行政处罚法 第二十九条: the officer must judge, and the same act is not fined again."""
    spot(host, "spot_delivery")
    again = spot(host, "spot_facts")
    with pytest.raises(Invalid, match="请判断是否属于同一个违法行为"):
        again.attempt("spot_facts")
    with pytest.raises(Unlawful) as caught:
        again.attempt("spot_facts", same_act=True)
    assert "第二十九条" in caught.value.article


def test_a_refusal_to_sign_is_written_on_the_decision_under_the_same_number(host: Host) -> None:
    """行政处罚法 第五十二条第一款."""
    case = spot(host, "spot_delivery")
    before = decision(case)
    refusal = {"signed": False, "refused_note": "当事人认为罚款过高，拒绝签收。", "witness": None, "recording": None}
    with pytest.raises(Unlawful, match="见证人或者录音录像"):
        case.attempt("spot_delivery", **refusal)
    case.take(**{**refusal, "recording": "YX20260512-03"})
    after = decision(case)
    assert (after.version, after.number) == (2, before.number)
    with host.database.reading() as session:
        assert len(versions_of(session, after)) == 2
    assert "拒绝签收" in after.snapshot["拒签注明"]
    assert "YX20260512-03" in after.snapshot["拒签注明"]


def test_a_disputed_case_becomes_an_ordinary_one_and_keeps_its_evidence(host: Host) -> None:
    """行政处罚法 第五十四条: the evidence waits for a review by others, the party is corrected, not doubled."""
    case = spot(host, "spot_defence")
    case.take(outcome="CONVERT", convert_reason="当事人称水果不是其所有，需要进一步调查", reduced_fine=None)
    assert case.open_steps() == ["register_source"]
    assert the_case(case).decided_on is None
    with pytest.raises(Unlawful, match="尚未当场听取"):
        case.attempt("spot_decision")
    registered = dict(script("ordinary_case").steps[0].values)
    spot_values = dict(script(ON_THE_SPOT).steps[0].values)
    complete_by_step(host, case.case_id, "register_source", "YJWH0304", {
        **registered, **{key: value for key, value in spot_values.items() if key.startswith(("party_", "violation_"))},
        "received_at": "2026-05-12T09:30", "party_code": None, "legal_representative": None,
        "legal_representative_identity_number": None, "party_address": "云江市望海区青石街6号",
    })
    with host.database.reading() as session:
        assert {row.status for row in evidence_of(session, case.case_id)} == {COLLECTED}
        party = session.scalars(select(Party).where(Party.case_id == case.case_id)).one()
        assert (party.name, party.address) == ("宋晓禾", "云江市望海区青石街6号")
        assert newest(session, case.case_id, "DOC-44") is None


@pytest.mark.rule("INV-S08")
def test_who_doubts_before_deciding_goes_back_to_the_hearing_and_converts(host: Host) -> None:
    case = spot(host, "spot_decision")
    with host.database.reading() as session:
        done = {row.step: row.id for row in items_of_case(session, case.case_id)}
    with pytest.raises(Unlawful, match="没有规定"):
        return_step(host, done["spot_decision"], "YJWH0101", done["spot_facts"], "想改数额")
    return_step(host, done["spot_decision"], "YJWH0101", done["spot_defence"], "当事人又提出异议")
    case.position -= 1
    case.take(outcome="CONVERT", convert_reason="当事人又提出异议，需要调查", reduced_fine=None)
    assert case.open_steps() == ["register_source"]


def test_nothing_is_punished_when_the_defence_is_right(host: Host) -> None:
    case = spot(host, "spot_defence")
    case.take(outcome="NO_PENALTY", adopted="ALL", reduced_fine=None, no_penalty_reason="NP_MINOR", education="当场讲解明码标价的规定。")
    assert case.open_steps() == []
    assert the_case(case).status == "NOT_FILED"


def test_the_collected_fine_is_received_by_others_and_in_full(host: Host) -> None:
    case = spot(host, "receive_fine")
    with pytest.raises(NotPermitted):
        case.attempt("receive_fine", actor="YJWH0101")
    with pytest.raises(Invalid, match="不一致"):
        case.attempt("receive_fine", amount="99")
    with pytest.raises(Invalid, match="收缴罚款之后"):
        case.attempt("receive_fine", handed_at="2026-05-12T09:00")
    case.take()
    assert "deposit_fine" in case.open_steps()


def test_only_lead_officers_open_a_case_on_the_spot(host: Host) -> None:
    with pytest.raises(NotPermitted, match="主办执法人员"):
        open_case(host, "YJWH0304", "summary", "SCJG-CF-JG13-01")


def test_the_paper_draws_on_what_was_said_on_the_spot(host: Host) -> None:
    """行政处罚法 第五十二条第二款: nothing is typed a second time for the decision."""
    paper = decision(spot(host, "spot_delivery")).snapshot
    assert (paper["罚款数额"], paper["处罚种类"], paper["地点"]) == (Decimal("100.00"), "罚款", "云江市望海区青石街农贸市场东门外")
    assert (paper["证据"], paper["收缴事由"]) == ("摊位照片（3张）、当事人的陈述（录像）", "当场处以一百元以下罚款")
    assert "标价牌忘在家里" in paper["申辩"]
    assert paper["违反条款"] == "《中华人民共和国价格法》第十三条第一款"


@pytest.mark.rule("INV-A06")
def test_nobody_goes_back_over_what_the_party_was_given(host: Host) -> None:
    case = spot(host, "spot_delivery")
    with host.database.reading() as session:
        target = next(row.id for row in items_of_case(session, case.case_id) if row.step == "spot_facts")
    with pytest.raises(Unlawful, match="已经当场"):
        return_step(host, case.open_items()[0].id, "YJWH0101", target, "想改数额")
