"""The journal: append-only, chained, and honest about where a chain breaks."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from engine import journal
from engine.clock import LEGAL_TIME_ZONE
from engine.database import Database

AT = datetime(2026, 3, 2, 10, 15, tzinfo=LEGAL_TIME_ZONE)


def three_entries(database: Database) -> None:
    with database.writing() as session:
        for number in range(3):
            journal.append(session, 7, "step.completed", "YJWH0101", AT, {"number": number, "amount": Decimal("1.50"), "at": AT})


@pytest.mark.rule("INV-A05")
def test_an_intact_chain_verifies(database: Database) -> None:
    three_entries(database)
    with database.reading() as session:
        assert journal.verify(session) == (3, [])
        facts = journal.entries(session, 7)[1].read_facts()
    assert facts == {"number": 1, "amount": Decimal("1.50"), "at": AT}


@pytest.mark.rule("INV-A05")
@pytest.mark.parametrize("statement", [
    "UPDATE journal SET facts = '{}' WHERE sequence = 2", "DELETE FROM journal WHERE sequence = 2",
])
def test_the_database_refuses_to_change_or_delete_an_entry(database: Database, statement: str) -> None:
    three_entries(database)
    with pytest.raises(DatabaseError, match="append-only"), database.writing() as session:
        session.execute(text(statement))
    with database.reading() as session:
        assert journal.verify(session) == (3, [])


TAMPERINGS = [
    ("UPDATE journal SET facts = '{}' WHERE sequence = 2", 2, "内容与摘要不符"),
    ("UPDATE journal SET at = '2026-03-03 00:00:00' WHERE sequence = 3", 3, "内容与摘要不符"),
    ("UPDATE journal SET actor_id = 'YJWH0102' WHERE sequence = 1", 1, "内容与摘要不符"),
    ("DELETE FROM journal WHERE sequence = 2", 3, "有记录缺失"),
    ("UPDATE journal SET sequence = 9 WHERE sequence = 2", 3, "有记录缺失"),
]


@pytest.mark.parametrize(("statement", "sequence", "reason"), TAMPERINGS)
def test_tampering_behind_the_triggers_is_found_and_named(
    database: Database, statement: str, sequence: int, reason: str
) -> None:
    three_entries(database)
    with database.writing() as session:
        for trigger in ("update", "delete"):
            table = " ON journal" if database.engine.dialect.name == "postgresql" else ""
            session.execute(text(f"DROP TRIGGER journal_no_{trigger}{table}"))
        session.execute(text(statement))
    with database.reading() as session:
        _, broken = journal.verify(session)
    assert [(link.chain, link.sequence) for link in broken] == [(7, sequence)]
    assert reason in broken[0].reason


def test_a_refusal_survives_the_rollback_of_its_step(database: Database) -> None:
    with pytest.raises(RuntimeError), database.writing() as session:
        journal.append(session, 7, "step.completed", "YJWH0101", AT, {})
        raise RuntimeError("the step fails")
    with database.writing() as session:
        journal.append(session, 7, "step.refused", "YJWH0101", AT, {"code": "x"})
    with database.reading() as session:
        assert [entry.act for entry in journal.entries(session, 7)] == ["step.refused"]
