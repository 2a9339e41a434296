"""Every register in time: each change is a new row, and what was in force on a day is one indexed query.

A row says what a record is from a day on, until the row of a later day takes over. Of two rows of the same day the later
recorded one corrects the other. Nothing is updated or deleted (阿坝州行政权力依法规范公开运行实施办法（试行） 第三十一条).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Index, Row, Select, String, Text, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment, from_json

AT_ONCE = 500  # keys in one query: well under the number of variables that SQLite takes


class RegisterVersion(Base):
    """One version of one record.

    ended: from valid_from on there is no such record; valid_to: the last day, when it was known from the beginning;
    data: canonical JSON text; digest: SHA-256 of what the row says; batch: names the journal entry that covers it.
    """

    __tablename__ = "register_version"
    __table_args__ = (
        UniqueConstraint("register", "key", "version"),
        Index(None, "register", "key", "valid_from", "version"),
        Index(None, "register", "subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    register: Mapped[str] = mapped_column(String(30))
    key: Mapped[str] = mapped_column(String(160))
    version: Mapped[int]
    subject: Mapped[str | None] = mapped_column(String(160))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    ended: Mapped[bool]
    data: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(200))
    batch: Mapped[str] = mapped_column(String(32))


@dataclass(frozen=True)
class Record:
    """One version of a record as it was read; data are the values by column key."""

    register: str
    key: str
    version: int
    subject: str | None
    valid_from: date
    valid_to: date | None
    ended: bool
    data: Mapping[str, Any]
    digest: str
    recorded_at: datetime
    actor_id: str
    reason: str

    def in_force(self, day: date) -> bool:
        """Whether this version says that there is such a record on a day at or after its beginning."""
        return not self.ended and self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def on_day(session: Session, register: str, key: str, day: date) -> Record | None:
    """The record in force on a day, or None: one indexed query."""
    row = session.execute(_ON_DAY, {"register": register, "key": key, "day": day}).first()
    found = _record(row) if row else None
    return found if found and found.in_force(day) else None


def newest(session: Session, register: str, key: str) -> Record | None:
    """The version recorded last, whenever it is in force; None when there is no such record."""
    query = _columns().where(RegisterVersion.register == register, RegisterVersion.key == key)
    row = session.execute(query.order_by(RegisterVersion.version.desc()).limit(1)).first()
    return _record(row) if row else None


def history(session: Session, register: str, key: str) -> list[Record]:
    """All versions of a record, in the order in which they were recorded."""
    return versions_of(session, register, [key]).get(key, [])


def versions_of(session: Session, register: str, keys: Iterable[str]) -> dict[str, list[Record]]:
    """All versions of up to AT_ONCE records by key, each list in the order of recording."""
    query = _columns().where(RegisterVersion.register == register, RegisterVersion.key.in_(list(keys)))
    found: dict[str, list[Record]] = {}
    for row in session.execute(query.order_by(RegisterVersion.key, RegisterVersion.version)):
        found.setdefault(row.key, []).append(_record(row))
    return found


def chosen(versions: Iterable[Record], day: date) -> Record | None:
    """Of all versions of one record the one in force on a day, or None."""
    started = [each for each in versions if each.valid_from <= day]
    found = max(started, key=lambda each: (each.valid_from, each.version), default=None)
    return found if found and found.in_force(day) else None


def many_on(session: Session, register: str, keys: Iterable[str], day: date) -> dict[str, Record]:
    """The records of up to AT_ONCE keys that are in force on a day."""
    found = versions_of(session, register, keys)
    return {key: record for key, versions in found.items() if (record := chosen(versions, day))}


def known_keys(session: Session, register: str, keys: Iterable[str]) -> set[str]:
    """Those of up to AT_ONCE keys under which anything was ever recorded."""
    query = select(RegisterVersion.key).distinct()
    return set(session.scalars(query.where(RegisterVersion.register == register, RegisterVersion.key.in_(list(keys)))))


def about(session: Session, register: str, subject: str, day: date) -> list[Record]:
    """The records in force on a day that point at a subject (officers of an agency, clauses of a statute), by key."""
    query = select(RegisterVersion.key).distinct().where(
        RegisterVersion.register == register, RegisterVersion.subject == subject
    )
    keys = sorted(session.scalars(query))
    found: list[Record] = []
    for start in range(0, len(keys), AT_ONCE):
        found += many_on(session, register, keys[start:start + AT_ONCE], day).values()
    return sorted((each for each in found if each.subject == subject), key=lambda each: each.key)


def all_on(session: Session, register: str, day: date) -> Iterator[Record]:
    """Every record of a register in force on a day, by key; streamed, so that memory stays bounded."""
    query = (
        _columns().where(RegisterVersion.register == register, RegisterVersion.valid_from <= day)
        .order_by(RegisterVersion.key, RegisterVersion.valid_from, RegisterVersion.version)
        .execution_options(yield_per=1000)
    )
    with session.execute(query) as rows:
        for _, versions in groupby(rows, key=lambda row: row.key):
            last = None
            for row in versions:
                last = row
            if last is not None and (found := _record(last)).in_force(day):
                yield found


def content_digest(
    register: str, key: str, subject: str | None, valid_to: date | None, ended: bool, text: str
) -> str:
    """SHA-256 of what a version says."""
    content = "\x1f".join((register, key, subject or "", str(valid_to or ""), str(bool(ended)), text))
    return hashlib.sha256(content.encode()).hexdigest()


def _columns() -> Select[Any]:
    held: Any = RegisterVersion
    return select(
        held.register, held.key, held.version, held.subject, held.valid_from, held.valid_to, held.ended, held.data,
        held.digest, held.recorded_at, held.actor_id, held.reason,
    )


def _record(row: Row[Any]) -> Record:
    return Record(
        register=row.register, key=row.key, version=row.version, subject=row.subject, valid_from=row.valid_from,
        valid_to=row.valid_to, ended=row.ended, data=dict(from_json(row.data)), digest=row.digest,
        recorded_at=row.recorded_at, actor_id=row.actor_id, reason=row.reason,
    )


# Built once: putting the statement together would cost more than the database needs to answer it.
_ON_DAY = (
    _columns().where(
        RegisterVersion.register == bindparam("register"), RegisterVersion.key == bindparam("key"),
        RegisterVersion.valid_from <= bindparam("day"),
    )
    .order_by(RegisterVersion.valid_from.desc(), RegisterVersion.version.desc()).limit(1)
)
