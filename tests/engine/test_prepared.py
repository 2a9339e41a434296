"""Statements handed to the driver: the same rows, the same errors and the same count as through SQLAlchemy, on both databases."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import bindparam, event, insert, select, update
from sqlalchemy.exc import IntegrityError

from engine import journal
from engine.cases.cases import Case
from engine.clock import LEGAL_TIME_ZONE
from engine.database import Database
from engine.errors import Conflict
from engine.journal import JournalEntry
from engine.prepared import Prepared, Said, adopt, columns_of, together
from engine.registers.agencies import Region
from engine.workflow.tasks import WorkItem

AT = datetime(2026, 3, 2, 10, 15, tzinfo=LEGAL_TIME_ZONE)
ADD = Prepared(insert(Region).values({name: bindparam(name) for name in ("code", "name", "level")}).returning(Region.code))
RENAME = Prepared(update(Region).where(Region.code == bindparam("known")).values(name=bindparam("name")))
FIND = Prepared(select(*columns_of(Region).values()).where(Region.code == bindparam("known")))
AGAIN = Conflict("region.known", "已有该区划")
GONE = Conflict("region.gone", "没有该区划")


def region(code: str, name: str = "海州") -> Said:
    return Said(ADD, {"code": code, "name": name, "level": "city"}, taken=AGAIN)


def test_several_statements_give_each_its_rows_in_order_and_are_counted(database: Database) -> None:
    said: list[str] = []
    with database.writing() as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *given: said.append(given[2]))
        answers = together(session, [region("1"), Said(RENAME, {"known": "1", "name": "江"}, unchanged=GONE), Said(FIND, {"known": "1"})])
    assert answers == [[["1"]], [], [["1", "江", "city", None]]]
    assert [text.split()[0] for text in said] == ["INSERT", "UPDATE", "SELECT"]


@pytest.mark.parametrize(("said", "code"), [
    ([region("1"), region("2"), region("1")], "region.known"),
    ([region("1"), Said(RENAME, {"known": "9", "name": "江"}, unchanged=GONE), region("2")], "region.gone"),
])
def test_one_that_fails_takes_all_back(database: Database, said: list[Said], code: str) -> None:
    with pytest.raises(Conflict) as refused, database.writing() as session:
        together(session, said)
    assert refused.value.code == code
    with database.reading() as session:
        assert session.scalars(select(Region)).all() == []


def test_an_error_that_nobody_expects_is_sqlalchemys_own_and_shows_no_values(database: Database) -> None:
    with pytest.raises(IntegrityError) as refused, database.writing() as session:
        together(session, [Said(ADD, {"code": "1", "name": None, "level": "city"})])
    assert "city" not in str(refused.value.params)


@pytest.mark.rule("INV-A05")
@pytest.mark.parametrize("beside", [0, 2])
def test_a_chain_has_no_forks(database: Database, beside: int) -> None:
    with database.writing() as session:
        for number in (1, 2):
            journal.append(session, 7, "x", "y", AT, {"number": number})
    with pytest.raises(Conflict) as refused, database.writing() as session:
        journal.go_on_from(session, 7, 1, "0" * 64)  # as one who has read the chain before the second entry
        together(session, [*(region(str(number)) for number in range(beside)), journal.entry(session, 7, "x", "y", AT, {})])
    assert refused.value.code == journal.BUSY
    with database.reading() as session:
        assert journal.verify(session) == (2, [])
        assert session.scalars(select(Region)).all() == []


def test_an_adopted_object_is_the_sessions_own(database: Database) -> None:
    with database.writing() as session:
        together(session, [region("1")])
    with database.writing() as session:
        values = dict(zip(columns_of(Region), FIND.rows(session, {"known": "1"})[0], strict=True))
        found = adopt(session, Region, values)
        assert session.get(Region, "1") is found
        found.name = "江"
    with database.reading() as session:
        assert session.get_one(Region, "1").name == "江"


def test_moments_and_plain_data_come_back_as_they_were(database: Database) -> None:
    last = Prepared(select(JournalEntry.at, JournalEntry.facts).where(JournalEntry.chain == bindparam("chain")))
    with database.writing() as session:
        journal.append(session, 7, "x", "y", AT, {"text": "案"})
        assert last.rows(session, {"chain": 7}) == [[AT, '{"text":"案"}']]


@pytest.mark.parametrize("stored", [WorkItem, Case])
def test_a_default_that_python_would_fill_in_must_be_given(database: Database, stored: type) -> None:
    with pytest.raises(TypeError, match="must be given"), database.writing() as session:
        Prepared(insert(stored).values(id=bindparam("its_id"))).rows(session, {"its_id": 1})
