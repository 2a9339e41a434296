"""Who may act: items of the day, holders, delegated and entrusted powers, in a fixed number of look-ups."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from engine.database import Database
from engine.errors import Invalid, Unlawful
from engine.registers.acting import may_act, require_decidable, require_may_act
from engine.registers.recording import change, end, record
from engine.registers.versions import newest
from tests.registers.builders import CITY, COUNTY, DAY, FOOD, HYGIENE, PRICE, SUSPENDED_ITEM, TOWN, by

ENTRUSTED = "12999901MB0A400041"


def an_entrusted_organisation(session: Any, **changes: Any) -> None:
    agency = newest(session, "agency", COUNTY)
    assert agency
    row = {**agency.data, "code": ENTRUSTED, "name": "望海区市场监管综合执法大队", "kind": "ENTRUSTED"}
    record(session, "agency", row, **by(), day=date(2025, 1, 1))
    row = {
        "item": FOOD, "agency": ENTRUSTED, "kind": "ENTRUSTED", "principal": COUNTY, "document": "望市监委〔2026〕1号",
        "extent": "调查取证", "valid_from": date(2026, 1, 1), "valid_to": date(2026, 12, 31),
    }
    record(session, "holding", {**row, **changes}, **by())


def reason(session: Any, agency: str, item: str, day: date = DAY) -> str:
    return may_act(session, agency, item, day).code


def test_only_a_listed_item_of_the_day_held_by_the_agency(provinces: Database) -> None:
    with provinces.writing() as session:
        assert may_act(session, COUNTY, FOOD, DAY).kind == "OWN"
        assert reason(session, COUNTY, FOOD, date(2019, 12, 31)) == "item.not_in_register"
        assert reason(session, COUNTY, "NO-SUCH-ITEM") == "item.not_in_register"
        assert reason(session, CITY, HYGIENE) == "item.not_acting"
        assert reason(session, COUNTY, SUSPENDED_ITEM) == "item.suspended"
        assert reason(session, "NOBODY", FOOD) == "agency.unqualified"
        change(session, "item", FOOD, {"status": "CANCELLED"}, **by(), day=date(2026, 4, 1))
        assert reason(session, COUNTY, FOOD, date(2026, 3, 31)) == ""
        assert reason(session, COUNTY, FOOD, date(2026, 4, 1)) == "item.not_in_register"
        with pytest.raises(Unlawful, match="取消") as caught:
            require_may_act(session, COUNTY, FOOD, date(2026, 4, 1))
        assert caught.value.facts["alert"] == "RED_CATALOG_MISMATCH"
        end(session, "holding", f"{PRICE}|{COUNTY}", **by(), day=date(2026, 5, 1))
        assert reason(session, COUNTY, PRICE, date(2026, 4, 30)) == ""
        assert reason(session, COUNTY, PRICE, date(2026, 5, 1)) == "item.not_acting"


def test_a_power_taken_away_stops_the_decision_and_a_suspension_does_not(province: Database) -> None:
    with province.writing() as session:
        change(session, "item", FOOD, {"status": "SUSPENDED"}, **by(), day=date(2026, 4, 1))
        require_decidable(session, COUNTY, FOOD, DAY, date(2026, 4, 2))
        change(session, "item", FOOD, {"status": "CANCELLED"}, **by(), day=date(2026, 5, 1))
        with pytest.raises(Unlawful, match="取消"):
            require_decidable(session, COUNTY, FOOD, DAY, date(2026, 5, 1))


@pytest.mark.rule("R-GD-38a")
def test_an_agency_without_qualification_may_not_act(provinces: Database) -> None:
    with provinces.writing() as session:
        change(session, "agency", COUNTY, {"state": "CANCELLED"}, **by(), day=date(2026, 4, 1))
        assert reason(session, COUNTY, FOOD, date(2026, 3, 31)) == ""
        with pytest.raises(Unlawful, match="主体资格") as caught:
            require_may_act(session, COUNTY, FOOD, date(2026, 4, 1))
        assert "第三十八条" in caught.value.article


def test_a_township_acts_in_its_own_name_on_what_was_delegated(provinces: Database) -> None:
    with provinces.writing() as session:
        found = may_act(session, TOWN, HYGIENE, DAY)
        assert (found.kind, found.in_name_of) == ("DELEGATED", TOWN)
        assert reason(session, TOWN, FOOD) == "item.not_acting"
        with pytest.raises(Invalid, match="赋权的对象应当是乡镇"):
            row = {"item": HYGIENE, "agency": CITY, "kind": "DELEGATED", "principal": COUNTY, "document": "x"}
            record(session, "holding", row, **by())


def test_an_entrusted_organisation_acts_in_the_name_of_the_other_and_within_its_term(provinces: Database) -> None:
    with provinces.writing() as session:
        an_entrusted_organisation(session)
        found = may_act(session, ENTRUSTED, FOOD, DAY)
        assert (found.kind, found.in_name_of) == ("ENTRUSTED", COUNTY)
        assert reason(session, ENTRUSTED, PRICE) == "item.not_acting"
        assert [reason(session, ENTRUSTED, FOOD, day) for day in (date(2025, 12, 31), date(2026, 12, 31), date(2027, 1, 1))] == [
            "item.not_acting", "", "item.not_acting",
        ]
        end(session, "holding", f"{FOOD}|{COUNTY}", **by(), day=date(2026, 6, 1))
        assert reason(session, ENTRUSTED, FOOD, date(2026, 6, 1)) == "item.entrusting"


@pytest.mark.parametrize(("changes", "words"), [
    ({"valid_to": None}, "委托的期限"), ({"document": ""}, "第二十条"), ({"extent": ""}, "委托的权限"), ({"principal": ""}, "第二十条"),
    ({"item": "SCJG-QZ-0001"}, "行政强制法 第十七条"),
])
def test_an_entrustment_says_what_the_law_asks_and_never_gives_coercion(province: Database, changes: Any, words: str) -> None:
    with province.writing() as session:
        food = newest(session, "item", FOOD)
        assert food
        record(session, "item", {**food.data, "code": "SCJG-QZ-0001", "name": "查封", "power_type": "COERCE"}, **by())
        with pytest.raises(Invalid, match=words):
            an_entrusted_organisation(session, **changes)


def test_the_number_of_look_ups_does_not_depend_on_the_number_of_agencies(provinces: Database) -> None:
    counts = []
    for agencies in (0, 300):
        with provinces.writing() as session:
            county = newest(session, "agency", COUNTY)
            assert county
            for number in range(agencies):
                code = f"AGENCY{number:06}"
                record(session, "agency", {**county.data, "code": code, "superior_code": CITY}, **by())
                record(session, "holding", {"item": FOOD, "agency": code}, **by())
        statements: list[str] = []
        with provinces.reading() as session:
            event.listen(session.connection(), "before_cursor_execute", lambda *args, kept=statements: kept.append(args[2]))
            assert may_act(session, COUNTY, FOOD, DAY).allowed
        counts.append(len(statements))
    assert counts == [3, 3]
