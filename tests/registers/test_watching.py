"""What is due or late in the registers is found, with its last day, its light, and who answers for it."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from engine.database import Database
from engine.law.calendar import WorkingCalendar
from engine.registers.changes import apply_change, approve, publish, review
from engine.registers.limits import ABA_LIMITS, SICHUAN_LIMITS, ChangeLimits
from engine.registers.recording import change, end, record
from engine.registers.urgent import adjust_urgently, report_upward
from engine.registers.watching import Finding, findings
from tests.registers.builders import CHIEF, COUNTY, DAY, FOOD, LEAD, PRICE, REGION_ADMIN, at, by, desk
from tests.registers.test_changes import OPINIONS, apply

AMENDED = date(2026, 7, 1)


def found(session: Session, code: str, day: date, limits: ChangeLimits = ABA_LIMITS, **more: object) -> list[Finding]:
    rows = findings(session, at(day, 23), WorkingCalendar(), limits, **more)  # type: ignore[arg-type]
    return [each for each in rows if each.code == code]


def lights(session: Session, code: str, *days: date, limits: ChangeLimits = ABA_LIMITS) -> list[str]:
    return [found(session, code, day, limits)[0].light for day in days]


def a_law_change(session: Session, **changes: object) -> None:
    row = {"number": "BD-1", "statute": "FL-SPAQ", "kind": "AMEND", "published_on": DAY, "clauses": ["FL-SPAQ|122.1"], **changes}
    record(session, "law_change", row, **by())


@pytest.mark.rule("R-GD-52")
@pytest.mark.rule("TL_LAW_TEXT")
def test_a_law_text_is_due_ten_working_days_after_its_promulgation(provinces: Database) -> None:
    with provinces.writing() as session:
        a_law_change(session)
        one = found(session, "law_text", DAY)[0]
        assert (one.due, one.owner, one.article) == (date(2026, 3, 16), "云海省司法厅（虚构）", "粤府〔2023〕73号 第五十二条")
        assert lights(session, "law_text", DAY, date(2026, 3, 16), date(2026, 3, 17)) == ["green", "yellow", "red"]
        text = {"version_label": "2026年修正", "promulgated_on": DAY, "supplied_on": date(2026, 3, 16), "valid_from": AMENDED}
        change(session, "statute", "FL-SPAQ", text, **by(day=date(2026, 3, 16)))
        assert found(session, "law_text", date(2026, 3, 17)) == []
        change(session, "statute", "FL-SPAQ", {**text, "supplied_on": date(2026, 3, 17)}, **by(day=date(2026, 3, 17)))
        assert found(session, "law_text", date(2026, 3, 18)) == []  # the first supply was in time
        a_law_change(session, number="BD-7", statute="FL-NEW", kind="NEW", clauses=[], title="新法", supplier="省农业农村厅")
        one = found(session, "law_text", date(2026, 3, 17))[0]
        assert (one.light, one.owner, "《新法》2026-03-02颁布，尚未提供标准文本" in one.message) == ("red", "省农业农村厅", True)


@pytest.mark.rule("R-SC2-3a")
@pytest.mark.rule("R-AB-18")
def test_an_item_whose_law_changed_is_red_when_nobody_applied(provinces: Database) -> None:
    with provinces.writing() as session:
        a_law_change(session, published_on=date(2026, 3, 3))
        assert [(each.record, each.owner) for each in found(session, "no_application", DAY)] == [
            (f"item {FOOD}", "990000 market_regulation")
        ]
        assert lights(session, "no_application", date(2026, 3, 23), date(2026, 3, 24), limits=SICHUAN_LIMITS) == ["yellow", "red"]
        assert lights(session, "no_application", date(2026, 3, 31), date(2026, 4, 1)) == ["yellow", "red"]
        a_law_change(session, number="BD-2", statute="FL-JG", clauses=[], items=["SCJG-CF-JG06-03"], kind="FUNCTION")
        assert len(found(session, "no_application", DAY)) == 2


@pytest.mark.rule("R-SC2-3a")
def test_an_application_answers_the_change_of_the_law(province: Database) -> None:
    with province.writing() as session:
        change(session, "item", FOOD, {"region_code": "999901"}, **by())
        a_law_change(session)
        held = apply_change(
            session, desk(LEAD, date(2026, 3, 31)), number="TZ-9", kind="CHANGE", item=FOOD, agency=COUNTY, cause="依据修改",
            content={"penalty": "新的条款", "standard": "CL-SCJG-SPAQ-122-1"}, law_change="BD-1",
        )
        assert (held.data["steps"][0]["due"], held.data["steps"][0]["late"]) == ("2026-03-30", True)
        assert held.data["content"]["before"] == {"penalty": "《中华人民共和国食品安全法》第一百二十二条第一款"}
        assert found(session, "no_application", date(2026, 4, 30)) == []


@pytest.mark.rule("R-AB-19")
@pytest.mark.rule("R-AB-20")
@pytest.mark.rule("R-SC2-5a")
@pytest.mark.rule("R-SC2-5b")
def test_reviews_and_publications_that_are_late_or_wrong_are_red(province: Database) -> None:
    with province.writing() as session:
        apply(session)
        one = found(session, "no_review", DAY)[0]
        assert (one.due, one.owner) == (date(2026, 3, 16), "999901")
        assert lights(session, "no_review", date(2026, 3, 16), date(2026, 3, 17)) == ["yellow", "red"]
        review(session, desk(REGION_ADMIN), "TZ-1", agrees=True, opinions=OPINIONS)
        approve(session, desk(REGION_ADMIN), "TZ-1", approved=True, document="望府函〔2026〕3号")
        assert lights(session, "not_published", date(2026, 3, 23), date(2026, 3, 24)) == ["yellow", "red"]
        assert lights(session, "not_published", date(2026, 3, 12), date(2026, 3, 13), limits=SICHUAN_LIMITS) == ["yellow", "red"]
        publish(session, desk(LEAD), "TZ-1")
        assert found(session, "differs", DAY) == []
        change(session, "item", "WH-CF-0001", {"penalty": "别的条款"}, **by(day=date(2026, 3, 3)))
        assert [(each.light, each.owner, "penalty" in each.message) for each in found(session, "differs", date(2026, 3, 3))] == [
            ("red", COUNTY, True)
        ]


@pytest.mark.rule("R-GD-54-2")
def test_urgent_changes_amended_bases_and_standards_stay_on_the_list_until_done(provinces: Database) -> None:
    basis = {"sequence": 2, "kind": "penalty", "clause": "FL-SPAQ|122.1", "statute": "中华人民共和国食品安全法", "article": "新", "text": "新"}
    with provinces.writing() as session:
        adjust_urgently(session, desk(CHIEF), number="JJ-1", item=FOOD, basis=basis, cause="急需")
        assert [each.owner for each in found(session, "not_reported", DAY)] == [COUNTY]
        report_upward(session, desk(CHIEF), "JJ-1", reported_to="省局")
        assert found(session, "not_reported", DAY) == []
        change(session, "clause", "FL-SPAQ|122.1", {"text": "新", "valid_from": AMENDED}, **by())
        assert found(session, "basis_changed", date(2026, 6, 30)) == []
        assert {each.record for each in found(session, "basis_changed", AMENDED)} == {f"basis {FOOD}|2|", f"basis {FOOD}|2|{COUNTY}"}
        end(session, "statute", "FL-JG", **by(), day=AMENDED)
        assert f"basis {PRICE}|1|" in {each.record for each in found(session, "basis_changed", AMENDED)}
        assert [each.record for each in found(session, "standard_review", date(2026, 6, 30))] == []
        assert "discretion_standard CL-SCJG-SPAQ-122-1" in [each.record for each in found(session, "standard_review", AMENDED)]


@pytest.mark.rule("R-AB-21a")
def test_a_power_that_nobody_used_for_two_years_is_suggested_for_suspension(province: Database) -> None:
    used = {(FOOD, COUNTY): date(2024, 3, 2), (PRICE, COUNTY): date(2024, 3, 1)}
    with province.reading() as session:
        rows = {each.record for each in found(session, "unused", DAY, last_used=used)}
        assert f"holding {PRICE}|{COUNTY}" in rows
        assert f"holding {FOOD}|{COUNTY}" not in rows
        assert found(session, "unused", DAY) == []
        assert isinstance(at(), datetime)
