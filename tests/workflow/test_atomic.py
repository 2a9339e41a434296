"""A step that breaks half-way leaves nothing behind but word of it: not in the database, and not in memory, where nothing is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from engine.schema import metadata
from processes.host import Host
from tests.workflow.plain_case import PlainCase

# Each table is written at another moment of a step: after the operation, after the journal, at the very end.
MOMENTS = ["submission", "journal", "work_item"]


def everything(host: Host) -> dict[str, list[Any]]:
    with host.database.reading() as session:
        connection = session.connection()
        return {
            table.name: [tuple(row) for row in connection.execute(text(f'SELECT * FROM "{table.name}"'))]  # noqa: S608 - our own names
            for table in metadata().sorted_tables if table.name != "incident"
        }


@pytest.mark.parametrize("table", MOMENTS)
def test_a_broken_step_leaves_nothing_behind(host: Host, tmp_path: Path, table: str) -> None:
    case = PlainCase(host, tmp_path).until("u04")
    before = everything(host)
    with host.database.writing() as session:
        session.execute(text(f"CREATE TRIGGER fault BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END"))
    with pytest.raises(Exception, match=r"broken|journal\.busy"):
        case.take()
    after = everything(host)
    after["journal"] = [row for row in after["journal"] if "step.failed" not in row]
    assert after == before
    with host.database.writing() as session:
        session.execute(text("DROP TRIGGER fault"))
    case.take()
    assert case.waiting()[0][0] == "u05"
