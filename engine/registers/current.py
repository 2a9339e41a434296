"""What the registers say today, as rows that cases point to and screens list: always derived from the versions.

A change that starts later waits in `register_pending` and is brought forward when its day has come. Whether an act is lawful
is never read from here but from the versions of the day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import String, delete, insert, inspect, select, tuple_, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.clock import legal_time
from engine.database import Base, Database
from engine.registers.agencies import Agency, Officer, OfficerRole, Region, Seal
from engine.registers.emergencies import Emergency
from engine.registers.items import CANCELLED, DiscretionStandard, Item, ItemAgency, LegalBasis
from engine.registers.versions import AT_ONCE, Record, many_on

Rows = list[dict[str, Any]]


class RegisterPending(Base):
    """A record whose row has to be brought up to date on a day that was still to come when it was recorded."""

    __tablename__ = "register_pending"

    register: Mapped[str] = mapped_column(String(30), primary_key=True)
    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)


def project(session: Session, register: str, keys: Sequence[str], today: date) -> None:
    """Make the rows of up to AT_ONCE records agree with what is in force today."""
    if register not in PROJECTIONS:
        return
    session.flush()
    found = many_on(session, register, keys, today)
    PROJECTIONS[register](session, found, [key for key in keys if key not in found], today)
    session.expire_all()


def postpone(session: Session, register: str, waiting: Iterable[tuple[str, date]]) -> None:
    """Note records whose rows change on a later day."""
    if register not in PROJECTIONS:
        return
    wanted = {(key, day) for key, day in waiting}
    held = RegisterPending
    query = select(held.key, held.day).where(held.register == register, held.key.in_({key for key, _ in wanted}))
    known = {(row.key, row.day) for row in session.execute(query)}
    if rows := [{"register": register, "key": key, "day": day} for key, day in sorted(wanted - known)]:
        session.execute(insert(RegisterPending), rows)


def bring_forward(session: Session, today: date) -> int:
    """Let changes whose day has come take effect on the rows; how many records were looked at is returned."""
    held = RegisterPending
    due = session.execute(select(held.register, held.key).where(held.day <= today).distinct()).all()
    for register in PROJECTIONS:
        keys = [key for name, key in due if name == register]
        for start in range(0, len(keys), AT_ONCE):
            project(session, register, keys[start:start + AT_ONCE], today)
    if due:
        session.execute(delete(RegisterPending).where(RegisterPending.day <= today))
    return len(due)


class DailyForwarding:
    """Brings the rows forward once a day in one process, so that a step need not look again.

    Once is enough: whatever starts today was either recorded before today, or took effect when it was recorded.
    """

    def __init__(self) -> None:
        self._done: date | None = None

    def keep(self, database: Database, today: date) -> None:
        """Make sure that the rows are those of today; one statement on the first call of a day, none on the others."""
        if self._done == today:
            return
        with database.reading() as session:
            due = session.scalar(select(RegisterPending.key).where(RegisterPending.day <= today).limit(1)) is not None
        if due:
            with database.writing() as session:
                bring_forward(session, today)
        self._done = today


def holder_of(session: Session, field: str, values: Sequence[str]) -> dict[str, str]:
    """Which records hold these values of a unique column today: value → key."""
    if field != "certificate_number":
        return {}
    query = select(Officer.certificate_number, Officer.id).where(Officer.certificate_number.in_(values))
    return {str(number): officer for number, officer in session.execute(query)}


def _upsert(session: Session, model: type[Base], key: str, rows: Rows) -> None:
    if not rows:
        return
    column = getattr(model, key)
    known = set(session.scalars(select(column).where(column.in_([row[key] for row in rows]))))
    if new := [row for row in rows if row[key] not in known]:
        session.execute(insert(model), new)
    if old := [row for row in rows if row[key] in known]:
        session.execute(update(model), old)


def _rows(model: type[Base], found: Mapping[str, Record]) -> Rows:
    columns = {column.key for column in model.__table__.columns}
    return [{key: value for key, value in each.data.items() if key in columns} for each in found.values()]


def _regions(session: Session, found: Mapping[str, Record], _gone: Sequence[str], _today: date) -> None:
    _upsert(session, Region, "code", [{**row, "parent_code": row["parent_code"] or None} for row in _rows(Region, found)])


def _agencies(session: Session, found: Mapping[str, Record], gone: Sequence[str], _today: date) -> None:
    _upsert(session, Agency, "code", _rows(Agency, found))
    session.execute(update(Agency).where(Agency.code.in_(gone)).values(state="CANCELLED"))


def _officers(session: Session, found: Mapping[str, Record], gone: Sequence[str], _today: date) -> None:
    rows = [{**row, "certificate_number": row["certificate_number"] or None} for row in _rows(Officer, found)]
    keys = [*found, *gone]
    session.execute(update(Officer).where(Officer.id.in_(gone)).values(in_service=False))
    # Numbers may move between officers of one file: let them go first.
    session.execute(update(Officer).where(Officer.id.in_(keys)).values(certificate_number=None))
    _upsert(session, Officer, "id", rows)
    _roles(session, found, keys)


def _roles(session: Session, found: Mapping[str, Record], keys: Sequence[str]) -> None:
    """Everybody's own roles; for whom a deputy acts is asked of the absences themselves (`engine/registers/absences.py`)."""
    session.execute(delete(OfficerRole).where(OfficerRole.officer_id.in_(keys)))
    roles = {(key, role) for key, each in found.items() if each.data["in_service"] for role in each.data["roles"]}
    if roles:
        session.execute(insert(OfficerRole), [{"officer_id": officer, "role": role} for officer, role in sorted(roles)])


def _seals(session: Session, found: Mapping[str, Record], _gone: Sequence[str], _today: date) -> None:
    rows = [{**each.data, "valid_from": each.valid_from, "valid_to": each.valid_to} for each in found.values()]
    _upsert(session, Seal, "number", rows)


def _emergencies(session: Session, found: Mapping[str, Record], _gone: Sequence[str], _today: date) -> None:
    rows = [
        {**row, "starts_at": legal_time(row["starts_at"]), "ends_at": legal_time(row["ends_at"])}
        for row in _rows(Emergency, found)
    ]
    _upsert(session, Emergency, "number", rows)


def _items(session: Session, found: Mapping[str, Record], gone: Sequence[str], _today: date) -> None:
    _upsert(session, Item, "code", _rows(Item, found))
    session.execute(update(Item).where(Item.code.in_(gone)).values(status=CANCELLED))


def _standards(session: Session, found: Mapping[str, Record], gone: Sequence[str], _today: date) -> None:
    _upsert(session, DiscretionStandard, "code", _rows(DiscretionStandard, found))
    session.execute(delete(DiscretionStandard).where(DiscretionStandard.code.in_(gone)))


def _bases(session: Session, found: Mapping[str, Record], gone: Sequence[str], _today: date) -> None:
    shared = [each.data for each in found.values() if not each.data["agency"]]
    pairs = [tuple(key.split("|")[:2]) for key in (*found, *gone) if key.endswith("|")]
    _replace(session, LegalBasis, [(item, int(sequence)) for item, sequence in pairs], [
        {"item_code": row["item"], **{key: row[key] for key in ("sequence", "kind", "statute", "article", "text", "clause")}}
        for row in shared
    ])


def _holdings(session: Session, found: Mapping[str, Record], gone: Sequence[str], _today: date) -> None:
    pairs = [tuple(key.split("|")) for key in (*found, *gone)]
    rows = [{"item_code": each.data["item"], "agency_code": each.data["agency"]} for each in found.values()]
    _replace(session, ItemAgency, pairs, rows)


def _replace(session: Session, model: type[Base], keys: Sequence[tuple[Any, ...]], rows: Rows) -> None:
    primary = tuple_(*inspect(model).primary_key)
    session.execute(delete(model).where(primary.in_(keys)))
    if rows:
        session.execute(insert(model), rows)


PROJECTIONS: Mapping[str, Callable[[Session, Mapping[str, Record], Sequence[str], date], None]] = {
    "region": _regions,
    "agency": _agencies,
    "officer": _officers,
    "seal": _seals,
    "item": _items,
    "basis": _bases,
    "holding": _holdings,
    "discretion_standard": _standards,
    "emergency": _emergencies,
}
