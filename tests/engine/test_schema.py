"""The migrations lead from an empty database to exactly the classes that the code knows."""

from __future__ import annotations

from engine.database import Database
from engine.schema import differences, upgrade


def test_migrations_are_complete(database: Database) -> None:
    assert differences(database) == []


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    upgrade(database)
    assert differences(database) == []
