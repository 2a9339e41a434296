"""Registers in time: what was in force on a day, corrections, ends, and that nothing is ever changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DatabaseError

from engine import journal
from engine.database import Database
from engine.errors import Conflict, Invalid
from engine.registers.agencies import Agency, Officer
from engine.registers.current import DailyForwarding, bring_forward
from engine.registers.definitions import built_in
from engine.registers.preparing import Submitted, prepare
from engine.registers.recording import broken_batches, change, end, record, write
from engine.registers.row_checks import Faults, Terms
from engine.registers.versions import about, all_on, history, on_day
from tests.registers.builders import CITY, COUNTY, DAY, LEAD, by


def named(database: Database, day: date) -> str | None:
    with database.reading() as session:
        found = on_day(session, "agency", COUNTY, day)
        return str(found.data["phone"]) if found else None


def test_each_day_has_its_own_text(provinces: Database) -> None:
    with provinces.writing() as session:
        change(session, "agency", COUNTY, {"phone": "2"}, **by(), day=date(2026, 5, 1))
        change(session, "agency", COUNTY, {"phone": "3"}, **by(), day=date(2026, 7, 1))
        change(session, "agency", COUNTY, {"phone": "2b"}, **by(), day=date(2026, 5, 1))  # corrects the second text
        end(session, "agency", COUNTY, **by(), day=date(2027, 1, 1))
    days = [date(2019, 12, 31), DAY, date(2026, 4, 30), date(2026, 5, 1), date(2026, 6, 30), date(2026, 7, 1), date(2027, 1, 1)]
    expected = [None, "0999-6000001", "0999-6000001", "2b", "2b", "3", None]
    assert [named(provinces, day) for day in days] == expected
    with provinces.reading() as session:
        assert [row.version for row in history(session, "agency", COUNTY)] == [1, 2, 3, 4, 5]
        assert COUNTY not in {row.key for row in all_on(session, "agency", date(2027, 1, 1))}
        assert {row.key for row in about(session, "agency", CITY, DAY)} == {COUNTY}


def test_what_was_in_force_is_one_indexed_statement(provinces: Database) -> None:
    statements: list[str] = []
    with provinces.reading() as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *args: statements.append(args[2]))
        assert on_day(session, "agency", COUNTY, DAY)
        assert len(statements) == 1
        if provinces.engine.dialect.name == "sqlite":
            plan = session.connection().exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statements[0]}", ("agency", COUNTY, "2026-03-02", 1, 0)
            )
            assert "ix_register_version_register_key_valid_from_version" in str(plan.all())


@pytest.mark.rule("R-AB-31")
@pytest.mark.rule("R-AB-47")
@pytest.mark.parametrize("statement", ["UPDATE register_version SET reason = 'x'", "DELETE FROM register_version"])
def test_a_recorded_version_can_be_neither_changed_nor_deleted(provinces: Database, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), provinces.writing() as session:
        session.execute(text(statement))
    with provinces.reading() as session:
        assert broken_batches(session)[1] == []


@pytest.mark.rule("R-AB-31")
def test_a_row_that_was_changed_behind_our_back_is_found(province: Database) -> None:
    with province.writing() as session:
        session.execute(text("DROP TRIGGER register_version_no_update"))
        session.execute(text("DROP TRIGGER register_version_no_delete"))
        session.execute(text("UPDATE register_version SET data = replace(data, '林望舒', '林忘书') WHERE register = 'officer'"))
    with province.reading() as session:
        count, problems = broken_batches(session)
    assert count > 100
    assert any(LEAD in problem for problem in problems)
    with province.writing() as session:
        session.execute(text("DELETE FROM register_version WHERE register = 'officer' AND key = 'YJWH0102'"))
    with province.reading() as session:
        assert any("执法人员" in problem for problem in broken_batches(session)[1])


def test_every_change_is_journalled_and_no_change_is_not(provinces: Database) -> None:
    with provinces.writing() as session:
        before = len(journal.entries(session, journal.NO_CASE))
        changed = change(session, "agency", COUNTY, {"phone": "1"}, **by(reason="换号"))
        entry = journal.entries(session, journal.NO_CASE)[-1]
        facts = entry.read_facts()
        assert (entry.act, facts["register"], facts["reason"], facts["changed"]) == ("registers.recorded", "agency", "换号", 1)
        assert facts["rows"] == [{"key": COUNTY, "version": changed.version}]
        again = change(session, "agency", COUNTY, {"phone": "1"}, **by(reason="又换号"))
        assert again.version == changed.version
        assert len(journal.entries(session, journal.NO_CASE)) == before + 1
        assert journal.verify(session)[1] == []


def test_the_rows_of_today_follow_when_the_day_has_come(provinces: Database) -> None:
    with provinces.writing() as session:
        change(session, "agency", COUNTY, {"name": "新名称"}, **by(), day=date(2026, 4, 1))
        assert session.get_one(Agency, COUNTY).name == "云江市望海区市场监督管理局"
        assert bring_forward(session, date(2026, 3, 31)) == 0
    daily = DailyForwarding()
    daily.keep(provinces, date(2026, 3, 31))
    with provinces.reading() as session:
        assert session.get_one(Agency, COUNTY).name == "云江市望海区市场监督管理局"
    daily.keep(provinces, date(2026, 4, 1))
    said: list[str] = []
    event.listen(provinces.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    daily.keep(provinces, date(2026, 4, 1))
    assert said == []
    with provinces.reading() as session:
        assert session.get_one(Agency, COUNTY).name == "新名称"


def test_rows_and_versions_agree_for_every_officer_and_agency(provinces: Database) -> None:
    with provinces.reading() as session:
        for record_ in all_on(session, "officer", DAY):
            row = session.get_one(Officer, record_.key)
            assert (row.name, row.agency_code, sorted(row.role_keys), row.certificate_to, row.certificate_number or "") == (
                record_.data["name"], record_.data["agency_code"], record_.data["roles"], record_.data["certificate_to"],
                record_.data["certificate_number"],
            )


def test_who_records_the_same_entry_at_the_same_time_is_told(province: Database) -> None:
    with province.writing() as session:
        held = history(session, "agency", COUNTY)[-1]
        rows = [Submitted("一行", {**held.data, "phone": "9"})]
        ready = list(prepare(session, built_in()["agency"], rows, Terms(DAY), Faults()))
        with pytest.raises(Conflict, match="他人"):
            write(session, built_in()["agency"], [replace(ready[0], version=held.version)], **by())
        session.rollback()


def test_an_unknown_register_and_an_unknown_record_are_named(province: Database) -> None:
    with province.writing() as session:
        with pytest.raises(Invalid, match="没有名为“nothing”的登记簿"):
            record(session, "nothing", {}, **by())
        with pytest.raises(Invalid, match="没有主键为"):
            change(session, "agency", "none", {}, **by())
        with pytest.raises(Invalid, match=r"无从终止|没有主键"):
            end(session, "agency", "none", **by())


def test_a_change_today_is_not_undone_by_what_was_recorded_for_later(provinces: Database) -> None:
    later = date(2026, 4, 1)
    with provinces.writing() as session:
        change(session, "agency", COUNTY, {"name": "新名称"}, **by(), day=later)
        change(session, "agency", COUNTY, {"phone": "1"}, **by())
        now, then = (on_day(session, "agency", COUNTY, day) for day in (DAY, later))
        assert now and then
        assert (now.data["name"], now.data["phone"]) == ("云江市望海区市场监督管理局", "1")
        assert (then.data["name"], then.data["phone"]) == ("新名称", "1")
        change(session, "agency", COUNTY, {"name": "更正今天的名称"}, **by())
        then = on_day(session, "agency", COUNTY, later)
        assert then and then.data["name"] == "新名称"  # what was decided for that day stays
        end(session, "agency", COUNTY, **by(), day=date(2026, 3, 15))
        assert [on_day(session, "agency", COUNTY, day) is None for day in (date(2026, 3, 14), date(2026, 3, 15), later)] == [
            False, True, True,
        ]
        assert broken_batches(session)[1] == []
