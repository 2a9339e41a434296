"""The database door: engines, the declarative base, column types and the two kinds of transaction."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Engine, MetaData, Text, create_engine, event
from sqlalchemy.engine import Connection, Dialect, make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from engine.clock import LEGAL_TIME_ZONE

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every stored class; its metadata is what the migrations are held against."""

    metadata = MetaData(naming_convention=NAMING)


class Moment(TypeDecorator[datetime]):
    """An aware datetime: stored in UTC, read back in the legal time zone (SQLite alone would drop the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive datetimes; hand over UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back the legal time zone."""
        if value is None:
            return None
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value
        return aware.astimezone(LEGAL_TIME_ZONE)


class Money(TypeDecorator[Decimal]):
    """An amount in yuan as Decimal with two places, stored as whole fen so that no engine rounds it."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Yuan to fen; more than two decimal places are refused."""
        if value is None:
            return None
        fen = value * 100
        if fen != fen.to_integral_value():
            raise ValueError("an amount of money has at most two decimal places")
        return int(fen)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Fen to yuan."""
        return None if value is None else (Decimal(value) / 100).quantize(Decimal("0.01"))


class Plain(TypeDecorator[Any]):
    """Plain data kept as JSON text in the order it was given (a JSONB column would reorder the keys).

    Dates, aware datetimes and Decimals come back as what they were.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write JSON text; NaN and infinities are refused."""
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Read JSON text."""
        return None if value is None else from_json(value)


def to_json(value: Any, *, canonical: bool = False) -> str:
    """JSON text of plain data; canonical: keys sorted and no blanks, so that equal data give equal text."""
    if canonical:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_tag, sort_keys=True, separators=(",", ":"))
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_tag)


def from_json(text: str) -> Any:
    """The plain data of a JSON text written by `to_json`."""
    return json.loads(text, object_hook=_untag)


def _tag(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime):
        return {"$moment": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not plain data")


def _untag(value: dict[str, Any]) -> Any:
    if len(value) == 1:
        (key, text), = value.items()
        if key == "$decimal":
            return Decimal(text)
        if key == "$moment":
            return datetime.fromisoformat(text).astimezone(LEGAL_TIME_ZONE)
        if key == "$date":
            return date.fromisoformat(text)
    return value


class Database:
    """One database with two kinds of transaction: writing (serialised on SQLite) and reading."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _create_engine(url)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that commits at the end of the block and rolls back on any exception."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction for reading only: nothing that it changes is kept."""
        reader = self.engine.execution_options(zhifa_reading=True)
        with Session(reader, expire_on_commit=False, autoflush=False) as session:
            yield session  # closing gives the transaction up, and what was read can still be looked at

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def _create_engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, hide_parameters=True, module=_sqlite_module(), connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _sqlite_module() -> Any:
    """pysqlite3 where it exists: SQLite 3.7.0–3.51.2 can corrupt a database when its WAL is reset."""
    try:
        return importlib.import_module("pysqlite3.dbapi2")
    except ModuleNotFoundError:
        return importlib.import_module("sqlite3")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not open transactions behind our back
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred BEGIN that later writes loses updates or fails half-way under concurrency.
    reading = connection.get_execution_options().get("zhifa_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
