"""Officers: certificates, deputies for a time, and administrators within their scope."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine import journal
from engine.accounts.identities import check_password, create_account
from engine.database import Database
from engine.errors import Invalid, NotPermitted, Unlawful
from engine.registers.absences import acting_for
from engine.registers.administrators import Gate
from engine.registers.agencies import Officer, officers_of
from engine.registers.certificates import certified_on, issue, restore, revoke, suspend
from engine.registers.recording import change, end, record
from tests.registers.builders import (
    CITY,
    CITY_OFFICER,
    COUNTY,
    DAY,
    DEPARTMENT_ADMIN,
    LEAD,
    REGION_ADMIN,
    at,
    by,
)

REVIEWER, LEGAL, AUXILIARY = "YJWH0201", "YJWH0202", "YJWH0304"


def days(database: Database, *asked: date) -> list[bool]:
    with database.reading() as session:
        return [certified_on(session, LEAD, day) for day in asked]


def test_a_certificate_is_valid_in_its_term_and_not_while_it_is_held_back(provinces: Database) -> None:
    with provinces.writing() as session:
        suspend(session, LEAD, **by(day=date(2026, 4, 1)))
        restore(session, LEAD, **by(day=date(2026, 5, 1)))
        revoke(session, LEAD, **by(day=date(2026, 6, 1)))
        with pytest.raises(Invalid, match="已注销"):
            restore(session, LEAD, **by(day=date(2026, 6, 2)))
        with pytest.raises(Invalid, match="没有执法证件"):
            suspend(session, "YJWH0304", **by())
        assert not session.get_one(Officer, LEAD).certified_on(date(2026, 6, 1))
        assert session.get_one(Officer, "YJWH0102").certified_on(DAY)
    asked = [date(2023, 12, 31), DAY, date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1), date(2026, 6, 1)]
    assert days(provinces, *asked) == [False, True, True, False, False, True, False]
    assert days(provinces, date(2029, 1, 1)) == [False]


@pytest.mark.rule("R-GD-38b")
def test_one_person_has_one_certificate_and_one_number(provinces: Database) -> None:
    with provinces.writing() as session:
        with pytest.raises(Unlawful, match="一人一证") as caught:
            issue(session, LEAD, "77000001", DAY, date(2030, 1, 1), **by())
        assert caught.value.article == "粤府〔2023〕73号 第三十八条第二款"
        with pytest.raises(Invalid, match="已经属于“YJWH0101”"):
            issue(session, "YJWH0304", "999901000001", DAY, date(2030, 1, 1), **by())
        revoke(session, LEAD, **by())
        issue(session, LEAD, "77000001", DAY, date(2030, 1, 1), **by(day=date(2026, 3, 3)))
        issue(session, "YJWH0304", "999901000001", DAY, date(2030, 1, 1), **by(day=date(2026, 3, 4)))
        assert certified_on(session, LEAD, date(2026, 3, 3))


def test_who_left_enforces_no_more(province: Database) -> None:
    with province.writing() as session:
        change(session, "officer", LEAD, {"in_service": False}, **by(day=date(2026, 4, 1)))
        assert not session.get_one(Officer, LEAD).certified_on(date(2026, 4, 1))
        assert session.get_one(Officer, LEAD).role_keys == frozenset()
        create_account(session, "lin", LEAD, "secret", at())
        assert check_password(session, "lin", "secret", at()) is None
        change(session, "officer", LEAD, {"in_service": True}, **by(day=date(2026, 5, 1)))
        assert check_password(session, "lin", "secret", at())
    assert days(province, date(2026, 3, 31), date(2026, 4, 1)) == [True, False]


def acts_for(database: Database, day: date, officer: str = LEGAL) -> dict[str, tuple[str, ...]]:
    with database.reading() as session:
        return acting_for(session, session.get_one(Officer, officer), at(day))


def test_a_deputy_acts_for_the_absent_within_the_dates_only_and_gets_no_role_of_his_own(provinces: Database) -> None:
    absence: dict[str, Any] = {
        "officer": REVIEWER, "deputy": LEGAL, "roles": ["case_reviewer"], "reason": "脱产培训", "approved_by": "YJWH0001",
        "valid_from": date(2026, 4, 1), "valid_to": date(2026, 4, 10),
    }
    with provinces.writing() as session:
        record(session, "absence", absence, **by())
    instead = {"case_reviewer": (REVIEWER,)}
    asked = [(date(2026, 3, 31), {}), (date(2026, 4, 1), instead), (date(2026, 4, 10), instead), (date(2026, 4, 11), {})]
    assert [acts_for(provinces, day) for day, _ in asked] == [wanted for _, wanted in asked]
    with provinces.writing() as session:
        record(session, "absence", {**absence, "valid_from": date(2026, 5, 1), "valid_to": date(2026, 5, 9)}, **by(day=date(2026, 5, 2)))
        change(session, "officer", REVIEWER, {"roles": ["legal_reviewer"]}, **by(day=date(2026, 5, 2)))  # he is no reviewer any more
        assert [officer.id for officer in officers_of(session, COUNTY, "case_reviewer")] == []
    assert acts_for(provinces, date(2026, 5, 2)) == {}
    with provinces.writing() as session:
        change(session, "officer", REVIEWER, {"roles": ["case_reviewer"]}, **by(day=date(2026, 5, 3)))
        end(session, "absence", f"{LEGAL}|{REVIEWER}", **by(day=date(2026, 5, 4)))
    assert [acts_for(provinces, date(2026, 5, day)) for day in (3, 4)] == [instead, {}]
    with provinces.reading() as session:
        assert session.get_one(Officer, LEGAL).role_keys == {"legal_reviewer"}


@pytest.mark.parametrize(("changes", "words"), [
    ({"deputy": REVIEWER}, "本人"), ({"deputy": CITY_OFFICER}, "同一执法主体"), ({"roles": ["agency_head"]}, "没有角色"),
    ({"valid_to": None}, "失效日期”：必须填写"), ({"roles": []}, "代理角色”：必须填写"),
    ({"officer": REGION_ADMIN, "roles": ["administrator"]}, "不能代理"),
    ({"officer": LEAD, "deputy": AUXILIARY, "roles": ["lead_officer"]}, "辅助人员"),
])
def test_a_deputy_is_of_the_same_agency_and_stands_in_for_what_the_other_has(province: Database, changes: Any, words: str) -> None:
    row = {"officer": REVIEWER, "deputy": LEGAL, "roles": ["case_reviewer"], "reason": "病假", "approved_by": "YJWH0001",
           "valid_from": DAY, "valid_to": date(2026, 4, 10)}
    with province.writing() as session:
        change(session, "officer", AUXILIARY, {"staff_kind": "AUX"}, **by())
        with pytest.raises(Invalid, match=words):
            record(session, "absence", {**row, **changes}, **by())


@pytest.mark.rule("R-SC1-9")
@pytest.mark.rule("R-AB-33")
def test_a_department_administrator_grants_roles_in_his_department_only(provinces: Database) -> None:
    with provinces.writing() as session:
        gate = Gate(session, DEPARTMENT_ADMIN, DAY)
        who = by(DEPARTMENT_ADMIN, reason="授予角色")
        change(session, "officer", LEAD, {"roles": ["lead_officer", "archivist"]}, **who, gate=gate)
        assert session.get_one(Officer, LEAD).role_keys == {"lead_officer", "archivist"}
        entry = journal.entries(session, journal.NO_CASE)[-1]
        assert (entry.actor_id, entry.read_facts()["rows"][0]["key"]) == (DEPARTMENT_ADMIN, LEAD)
        for register, key, changes in [
            ("officer", CITY_OFFICER, {"roles": ["archivist"]}), ("officer", LEAD, {"agency_code": CITY}),
            ("officer", CITY_OFFICER, {"agency_code": COUNTY}), ("agency", CITY, {"phone": "1"}),
            ("administrator", f"{REGION_ADMIN}|REGION|990000|", {"region_code": "999901"}),
            ("statute", "FL-JG", {"tags": [], "valid_from": DAY}), ("item", "SCJG-CF-0122-01", {"phone": "1"}),
        ]:
            with pytest.raises(Invalid, match=r"管理范围|省级地区管理员"):
                change(session, register, key, changes, **who, gate=gate)
        with pytest.raises(NotPermitted, match="不是地区管理员"):
            Gate(session, LEAD, DAY)


@pytest.mark.rule("R-SC1-9")
@pytest.mark.rule("R-AB-33")
def test_a_region_administrator_keeps_his_region_and_what_lies_below(provinces: Database) -> None:
    with provinces.writing() as session:
        granted = {"officer": CITY_OFFICER, "kind": "REGION", "region_code": "999901"}
        record(session, "administrator", granted, **by(REGION_ADMIN), gate=Gate(session, REGION_ADMIN, DAY))
        gate, who = Gate(session, CITY_OFFICER, DAY), by(CITY_OFFICER)
        change(session, "officer", LEAD, {"post": "组长"}, **who, gate=gate)
        change(session, "region", "999901001", {"name": "青石镇（改）"}, **who, gate=gate)
        record(session, "administrator", {"officer": LEAD, "kind": "REGION", "region_code": "999901001"}, **who, gate=gate)
        for register, key, changes in [
            ("officer", CITY_OFFICER, {"post": "局长"}), ("region", "999901", {"name": "改"}), ("region", "990000", {"name": "改"}),
            ("region", "999901001", {"parent_code": "999900"}), ("agency", CITY, {"phone": "1"}),
        ]:
            with pytest.raises(Invalid, match="管理范围"):
                change(session, register, key, changes, **who, gate=gate)
        with pytest.raises(Invalid, match="管理范围"):
            record(session, "administrator", {**granted, "officer": LEAD, "region_code": "990000"}, **who, gate=gate)
        end(session, "administrator", f"{CITY_OFFICER}|REGION|999901|", **by(REGION_ADMIN, date(2026, 4, 1)))
        with pytest.raises(NotPermitted):
            Gate(session, CITY_OFFICER, date(2026, 4, 1))


@pytest.mark.parametrize(("register", "key", "changes", "words"), [
    ("region", "999901", {"parent_code": "999901001"}, "层级"), ("region", "990000", {"parent_code": "999900"}, "省级区划没有上级"),
    ("region", "999901001", {"parent_code": ""}, "层级"), ("agency", CITY, {"superior_code": COUNTY}, "自己的下级"),
    ("agency", COUNTY, {"superior_code": COUNTY}, "自己"), ("agency", COUNTY, {"kind": "TOWN"}, "乡镇街道一级"),
    ("administrator", f"{DEPARTMENT_ADMIN}|DEPARTMENT|999901|market_regulation", {"domain": ""}, "管理领域"),
])
def test_trees_have_no_circles_and_levels_go_down(province: Database, register: str, key: str, changes: Any, words: str) -> None:
    with province.writing() as session, pytest.raises(Invalid, match=words):
        change(session, register, key, changes, **by())
