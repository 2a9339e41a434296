"""The standard's table sets tier and range from the recorded circumstances; leaving it needs a reason and the heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from engine.cases.acts import Act
from engine.cases.cases import Case, find_case
from engine.cases.parties import known_party
from engine.cases.penalties import DECIDED, NOTICED, PROPOSED, penalties
from engine.cases.standard_tables import StandardTable
from engine.cases.submissions import latest
from engine.cases.weighing import weigh
from engine.errors import Invalid, Unlawful
from engine.law.penalties import total
from engine.registers.agencies import find_officer
from engine.registers.items import DiscretionStandard
from engine.rules.decisions import read_decisions
from processes.hinting import discretion_hint
from processes.host import Host
from processes.overlay import resolve
from tests.builders import EMERGENCY, CaseBuilder, a_case
from tests.law.builders import moment

REPORT, OLD = "investigation_report", "CL-SCJG-SPAQ-122-1"
FACTORS: dict[str, Any] = {
    "goods_value": Decimal(18600), "prior_2y": 0, "high_risk": False, "harm": "NONE", "stopped": True, "licensed_after": False,
    "cooperate": True, "obstruct": False,
}
GAIN = {"kind": "CONFISCATE_GAIN", "amount": "3440.00", "detail": "责令退还后未退还的部分"}


def fine(amount: str, *others: Mapping[str, str]) -> list[Mapping[str, str]]:
    return [{"kind": "FINE", "amount": amount}, *others]


def refused(case: CaseBuilder, code: str, step: str = REPORT, **changes: Any) -> Unlawful:
    with pytest.raises(Unlawful) as refusal:
        case.attempt(step, **changes)
    assert refusal.value.code == code, refusal.value.message
    assert refusal.value.article
    return refusal.value


def kept(host: Host, case: CaseBuilder, step: str) -> Mapping[str, Any]:
    with host.database.reading() as session:
        found = latest(session, case.case_id, step)
        assert found is not None
        return dict(found.values)


@pytest.mark.rule("INV-P31")
@pytest.mark.rule("INV-F05")
def test_the_report_is_held_against_the_standard(host: Host) -> None:
    """行政处罚法 第四条、第三十二条、第三十四条、第四十九条: five times the gains at most, and from four on in the emergency."""
    case = a_case(host, EMERGENCY).until(REPORT)
    assert "17,200.00元" in refused(case, "discretion.above_statute", penalties=fine("17200.01")).message
    assert "13,760.00元" in refused(case, "discretion.outside_tier", penalties=fine("13759.99")).message
    refused(case, "discretion.above_statute", penalties=fine("20000"), deviation_reason="影响恶劣")
    refused(case, "circumstances.tier", tier="T3", deviation_reason="初次违法")
    refused(case, "circumstances.tier", tier="T0", no_penalty_reason="NP_FIRST", penalties=None)
    refused(case, "discretion.standard_foreign", discretion_standard="CL-SCJG-SPAQ-122-1", illegal_gain=None, goods_kind=None,
            refunded_ratio=None, refuse_refund=None, goods_value="1", harm="NONE", high_risk=False, stopped=True,
            licensed_after=True, cooperate=True, obstruct=False)
    case.take()
    values = kept(host, case, REPORT)
    assert (values["range_low"], values["range_high"]) == (Decimal("13760.00"), Decimal("17200.00"))
    assert (values["standard_tier"], values["standard_row"], values["circumstances"]) == ("T4", "从重（一）", ["EMERGENCY"])
    assert "云市监规〔2026〕2号" in values["discretion_statement"]


@pytest.mark.rule("INV-P31")
def test_a_tier_or_a_sum_off_the_standard_needs_a_reason_and_the_heads(host: Host) -> None:
    """行政处罚法 第三十四条、第五十七条第二款; 四川省行政权力依法规范公开运行电子监察管理办法（试行） 第十条第二项第七目."""
    case = a_case(host).until(REPORT)
    assert "一般处罚" in refused(case, "discretion.tier_mismatch", tier="T2", penalties=fine("186000")).message
    refused(case, "discretion.outside_tier", penalties=fine("186000"))
    refused(case, "discretion.below_statute", penalties=fine("185999.99"), deviation_reason="经营困难")
    with pytest.raises(Invalid):  # 减轻 without a ground that the law lists does not even pass the form
        case.attempt(REPORT, tier="T1", penalties=fine("90000"), deviation_reason="经营困难")
    refused(case, "circumstances.tier", mitigating=["M1"])
    case.take(penalties=fine("186000"), deviation_reason="首次违法，经营困难")
    values = kept(host, case, REPORT)
    assert "偏离基准的理由：首次违法，经营困难" in values["discretion_statement"]
    with host.database.reading() as session:
        assert find_case(session, case.case_id).status == "INVESTIGATING"
    case.until("approve_notice")
    assert case.open_steps() == ["approve_notice"]


def test_without_its_standard_an_item_is_not_decided_unless_a_reason_is_given(host: Host) -> None:
    case = a_case(host, EMERGENCY).until(REPORT)
    bare: dict[str, Any] = {
        "discretion_standard": "OTHER", "illegal_gain": None, "prior_2y": None, "goods_kind": None, "refunded_ratio": None,
        "refuse_refund": None, "factors": "情况特殊", "range_low": "0", "range_high": "17200",
    }
    refused(case, "discretion.standard_unused", **bare)
    case.take(**bare, deviation_reason="基准没有规定本案的情形")
    assert "没有对应的裁量基准" in kept(host, case, REPORT)["discretion_statement"]


def report_act(host: Host, session: Session, case: Case, values: Mapping[str, Any], tables: Mapping[str, StandardTable]) -> Act:
    actor = find_officer(session, "YJWH0101")
    return Act(session, case, actor, moment("2026-03-20"), REPORT, (), values, {}, {}, host.calendar, host.limits, tables)


@pytest.mark.parametrize(
    ("born", "tier", "given", "lawful"),
    [
        ("20120305", "T3", {}, False), ("20120305", "T0", {"no_penalty_reason": "NP_MINOR_AGE", "deviation_reason": "年龄"}, True),
        ("20080305", "T3", {}, False), ("20080305", "T2", {"deviation_reason": "未成年人"}, True),
        ("19900305", "T3", {}, True),
    ],
)
def test_the_party_s_age_on_the_day_of_the_act_binds(
    host: Host, born: str, tier: str, given: dict[str, str], lawful: bool
) -> None:
    """行政处罚法 第三十条: the act ended on 2026-03-04; the age is read from the identity number, nobody ticks it."""
    case = a_case(host)
    case.take()
    with host.database.writing() as session:
        found = find_case(session, case.case_id)
        party = known_party(session, case.case_id)
        party.type, party.identity_number = "PERSON", f"999901{born}0011"
        standards = host.bundle(session, found.release_digest).standards
        values = {**FACTORS, "discretion_standard": OLD, "tier": tier, **given}
        amount = Decimal(0) if tier == "T0" else Decimal(241800)
        act = report_act(host, session, found, values, standards)
        if lawful:
            weigh(act, amount, values)
            return
        with pytest.raises(Unlawful) as refusal:
            weigh(act, amount, values)
        assert "行政处罚法 第三十条" in refusal.value.article


@pytest.mark.parametrize(("made", "lawful"), [("2026-03-20", True), ("2026-03-21", False), ("2026-03-05", True)])
def test_a_standard_made_after_the_act_may_be_used_once_it_is_in_force(host: Host, made: str, lawful: bool) -> None:
    case = a_case(host)
    case.take()
    with host.database.writing() as session:
        found = find_case(session, case.case_id)
        session.get_one(DiscretionStandard, OLD).effective_from = date.fromisoformat(made)
        values = {**FACTORS, "discretion_standard": OLD, "tier": "T3"}
        act = report_act(host, session, found, values, host.bundle(session, found.release_digest).standards)
        if lawful:
            assert weigh(act, Decimal(241800), values).computed["standard_tier"] == "T3"
            return
        with pytest.raises(Unlawful, match="尚未施行"):
            weigh(act, Decimal(241800), values)


@pytest.mark.rule("INV-P30")
@pytest.mark.parametrize(("factor", "lawful"), [("0.5", "CL-2"), ("2", OLD)])
def test_a_newer_standard_applies_only_when_it_is_lighter(host: Host, factor: str, lawful: str) -> None:
    """行政处罚法 第三十七条 (从旧兼从轻): the act ended on 2026-03-04, the second standard is in force from 2026-03-15."""
    case = a_case(host)
    case.take()
    dmn = resolve("national")["decisions/unlicensed_food.dmn"].decode().replace("* goods_value", f"* {factor} * goods_value")
    with host.database.writing() as session:
        session.add(DiscretionStandard(
            code="CL-2", name="新基准", item_code="SCJG-CF-0122-01", issued_as="云市监规〔2026〕9号",
            effective_from=date(2026, 3, 15), tiers=[],
        ))
        session.flush()
        found = find_case(session, case.case_id)
        old = host.bundle(session, found.release_digest).standards[OLD]
        tables = {OLD: old, "CL-2": replace(old, code="CL-2", decisions=read_decisions(dmn.encode(), "new"))}
        for code in tables:
            values = {**FACTORS, "discretion_standard": code, "tier": "T3"}
            act = report_act(host, session, found, values, tables)
            low = tables[code].assess({**FACTORS, "duration_days": 31, "emergency": False}).low
            if code == lawful:
                assert not weigh(act, low, values).deviates
                continue
            with pytest.raises(Unlawful) as refusal:
                weigh(act, low, values)
            assert refusal.value.code == "discretion.standard_version"
            assert "行政处罚法 第三十七条" in refusal.value.article


def test_the_officer_sees_tier_and_range_before_the_step_is_handed_in(host: Host) -> None:
    case = a_case(host).until(REPORT)
    answers = dict(case.values(REPORT))
    case.clock.set(moment("2026-03-20"))

    def hint(step: str, **given: object) -> str:
        with host.database.reading() as session:
            found = find_case(session, case.case_id)
            form = host.bundle(session, found.release_digest).forms[step]
            return discretion_hint(host, session, found, form, given)

    assert hint("report_opinion") == hint(REPORT) == ""
    assert hint(REPORT, discretion_standard="OTHER") == ""
    missing = hint(REPORT, discretion_standard=OLD, goods_value="many", harm="NONE")
    assert "货值金额（元）" in missing
    assert "危害后果" not in missing
    assert "持续时间" not in missing, "the system knows it"
    full = hint(REPORT, **answers)
    assert all(text in full for text in ("一般处罚", "241,800.00元至316,200.00元", "186,000.00元至372,000.00元"))
    case.until("collective_discussion")
    assert "316,200.00元" in hint("collective_discussion")
    assert "从轻处罚" in hint("collective_discussion", licensed_after=True)


@pytest.mark.rule("INV-P16")
def test_the_heads_are_bound_by_the_standard_as_things_stand_then(host: Host) -> None:
    """行政处罚法 第三十二条第一项、第三十四条: with the licence the case falls into the lighter tier."""
    case = a_case(host).until("collective_discussion")
    step = "collective_discussion"
    refused(case, "discretion.tier_mismatch", step, licensed_after=None)
    assert "241,800.00元" in refused(case, "discretion.outside_tier", step, penalties=fine("250000")).message
    refused(case, "circumstances.tier", step, tier="T3", penalties=fine("241800"), deviation_reason="影响恶劣")
    with pytest.raises(Invalid, match="退回"):
        case.attempt(step, tier="T0", no_penalty_reason="NP_FIRST", mitigating=None, penalties=None)
    case.take()
    values = kept(host, case, step)
    assert (values["range_low"], values["range_high"], values["standard_row"]) == (Decimal(186000), Decimal(241800), "从轻")
    assert "云市监规〔2026〕1号" in values["discretion_statement"]
    case.until("serve_document")
    with host.database.reading() as session:
        stages = {stage: total(penalties(session, case.case_id, stage), "FINE") for stage in (PROPOSED, NOTICED, DECIDED)}
    assert stages == {PROPOSED: Decimal(186000), NOTICED: Decimal(241800), DECIDED: Decimal(186000)}
