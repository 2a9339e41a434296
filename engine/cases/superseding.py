"""What going back takes out of force: kept for ever, but no query sees it any more unless it asks for it.

Rows of the record are never changed (行政处罚法 第四十七条). That a row no longer stands is a row of its own here, and every
select of a `Supersedable` class, or of an aggregate over one, leaves such rows out by itself, so that no safeguard can forget
to. Only a subquery inside the select of something else has to see to it itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, event, exists, inspect, select
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria

from engine.database import Base, Moment

ALL = "zhifa_with_superseded"


class Supersession(Base):
    """One row of the record (kind: its table) that no longer stands, since when and by whom."""

    __tablename__ = "supersession"
    __table_args__ = (UniqueConstraint("kind", "row_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    row_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[str] = mapped_column(String(40))


class Supersedable:
    """Mixed into stored classes whose rows going back can take out of force."""

    id: Any


def table_of(row: object) -> str:
    """Name of the table of a stored object."""
    return str(inspect(row, raiseerr=True).mapper.local_table.name)


def everything() -> dict[str, Any]:
    """Execution options of a query that wants rows that no longer stand too: for numbers and for the record."""
    return {ALL: True}


def supersede(session: Session, case_id: int, rows: Mapping[str, Iterable[int]], at: datetime, by: str) -> None:
    """Take rows (ids by table) out of force; what they say stays in the record."""
    session.add_all(
        Supersession(case_id=case_id, kind=kind, row_id=row, at=at, by=by) for kind, ids in rows.items() for row in ids
    )
    session.flush()
    session.expire_all()  # what was loaded before may hold rows that no longer stand


def standing(kind: Any) -> Any:
    """The condition that rows of a class still stand, for statements that do not go through the session."""
    return ~exists().where(Supersession.kind == kind.__tablename__, Supersession.row_id == kind.id)


def superseded(session: Session, case_id: int, kind: str) -> frozenset[int]:
    """Ids of the rows of one table that no longer stand in a case."""
    return frozenset(session.scalars(
        select(Supersession.row_id).where(Supersession.case_id == case_id, Supersession.kind == kind)
    ))


@event.listens_for(Session, "do_orm_execute")
def _leave_out(state: ORMExecuteState) -> None:
    if not state.is_select or state.is_column_load or state.execution_options.get(ALL):
        return
    mapped = [mapper.class_ for mapper in state.all_mappers]
    concerned = tuple(Supersedable.__subclasses__() if not mapped else [each for each in mapped if issubclass(each, Supersedable)])
    if concerned:
        state.statement = state.statement.options(*_standing(concerned))


@cache
def _standing(classes: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(with_loader_criteria(each, standing(each), include_aliases=True) for each in classes)
