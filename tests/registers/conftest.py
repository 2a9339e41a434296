"""A database of each kind with the sample province in its registers, copied afresh for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from engine.database import Database
from engine.schema import upgrade
from tests.conftest import fresh_postgres
from tests.registers.builders import fill


@pytest.fixture(scope="session")
def sqlite_pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("registers") / "pattern.db"
    _fill(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_pattern(postgres_url: str) -> str:
    url = fresh_postgres(postgres_url, "registers")
    _fill(url)
    return url


@pytest.fixture
def province(sqlite_pattern: Path, tmp_path: Path) -> Iterator[Database]:
    """The sample province on SQLite."""
    shutil.copy(sqlite_pattern, tmp_path / "province.db")
    database = Database(f"sqlite:///{tmp_path}/province.db")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def provinces(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The sample province on each kind of database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("province")
        return
    pattern = make_url(request.getfixturevalue("postgres_pattern"))
    name = f"r_{os.urandom(6).hex()}"
    plain = pattern.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{pattern.database}"')
    database = Database(pattern.set(database=name).render_as_string(hide_password=False))
    yield database
    database.close()


def _fill(url: str) -> None:
    database = Database(url)
    upgrade(database)
    fill(database)
    database.close()
