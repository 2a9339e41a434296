"""Cases and the registers: only a listed item opens a case, the basis is checked again at the decision, deputies act in time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from engine import journal
from engine.cases.cases import Case, find_case
from engine.clock import LEGAL_TIME_ZONE
from engine.errors import NotPermitted, Unlawful
from engine.registers.recording import change, end, record
from processes.host import Host
from processes.opening import open_case
from processes.running import complete_by_step
from tests.builders import a_case

FOOD, COUNTY = "SCJG-CF-0122-01", "11999901MB0A10001K"


def recorded(host: Host, register: str, key: str, changes: dict[str, Any], day: date | None = None) -> None:
    with host.database.writing() as session:
        change(session, register, key, changes, actor="YJ000801", at=host.clock.now(), reason="测试", day=day)


def refused(host: Host, **more: Any) -> Unlawful:
    """Open a case that must be refused: no case comes of it, and the refusal is journalled."""
    with pytest.raises(Unlawful) as caught:
        open_case(host, "YJWH0304", "ordinary", FOOD, **more)
    with host.database.reading() as session:
        assert session.scalars(select(Case)).all() == []
        entry = journal.entries(session, journal.NO_CASE)[-1]
    assert (entry.act, entry.read_facts()["code"]) == ("case.refused", caught.value.code)
    return caught.value


@pytest.mark.rule("INV-A03")
@pytest.mark.rule("R-AB-13")
@pytest.mark.rule("R-SC1-6")
@pytest.mark.rule("R-GD-13-2b")
def test_a_case_opens_only_on_an_item_of_the_day_that_the_agency_holds(host: Host) -> None:
    recorded(host, "item", FOOD, {"status": "CANCELLED"})
    assert refused(host).facts["alert"] == "RED_CATALOG_MISMATCH"
    recorded(host, "item", FOOD, {"status": "ACTIVE"})
    recorded(host, "holding", f"{FOOD}|{COUNTY}", {"status": "SUSPENDED"})
    assert "申请恢复行使" in refused(host).message
    recorded(host, "holding", f"{FOOD}|{COUNTY}", {"status": "ACTIVE"})
    recorded(host, "agency", COUNTY, {"state": "SUSPENDED"})
    assert "主体资格" in refused(host).message
    recorded(host, "agency", COUNTY, {"state": "VALID"})
    assert "没有施行" in refused(host, violated_on=date(2018, 1, 1)).message
    assert open_case(host, "YJWH0304", "ordinary", FOOD, violated_on=date(2026, 2, 1))
    with host.database.writing() as session:
        end(session, "holding", f"{FOOD}|{COUNTY}", actor="YJ000801", at=host.clock.now(), reason="划出")
    with pytest.raises(Unlawful, match=r"不是事项.*的实施主体"):
        open_case(host, "YJWH0304", "ordinary", FOOD)


@pytest.mark.rule("R-GD-54-1")
def test_the_basis_is_checked_again_at_the_decision(host: Host) -> None:
    case = a_case(host).until("make_decision")
    recorded(host, "clause", "FL-SPAQ|122.1", {"text": "修改后的条文", "valid_from": date(2026, 5, 1)})
    with pytest.raises(Unlawful, match="已经变动，应当先审查确认") as caught:
        case.attempt("make_decision")
    assert "第五十四条" in caught.value.article
    with host.database.reading() as session:
        assert find_case(session, case.case_id).status != "DECIDED"


@pytest.mark.rule("R-GD-13-5")
def test_a_report_does_not_apply_a_standard_that_waits_for_its_review(host: Host) -> None:
    case = a_case(host).until("investigation_report")
    recorded(host, "clause", "FL-SPAQ|122.1", {"text": "修改后的条文", "valid_from": date(2026, 2, 1)})
    with pytest.raises(Unlawful, match=r"裁量权基准.*尚未复核"):
        case.attempt("investigation_report")


def test_a_deputy_takes_the_step_while_the_other_is_away_and_not_after(host: Host) -> None:
    case = a_case(host).until("review_filing")
    at = host.clock.now()
    absence = {
        "officer": "YJWH0100", "deputy": "YJWH0201", "roles": ["handling_unit_head"], "reason": "出差", "approved_by": "YJWH0001",
        "valid_from": at.date(), "valid_to": at.date(),
    }
    form = dict(case.values("review_filing"))
    with pytest.raises(NotPermitted, match="您没有该角色"):
        complete_by_step(host, case.case_id, "review_filing", "YJWH0201", form)
    with host.database.writing() as session:
        record(session, "absence", absence, actor="YJ000801", at=at, reason="代理")
    case.clock.set(datetime(at.year, at.month, at.day + 1, 9, tzinfo=LEGAL_TIME_ZONE))
    with pytest.raises(NotPermitted, match="您没有该角色"):
        complete_by_step(host, case.case_id, "review_filing", "YJWH0201", form)
    case.clock.set(at.replace(hour=23))
    with host.database.writing() as session:
        record(session, "absence", {**absence, "reason": "再次出差"}, actor="YJ000801", at=case.clock.now(), reason="代理")
    complete_by_step(host, case.case_id, "review_filing", "YJWH0201", form)
    assert case.open_steps() == ["approve_filing"]
