"""The running time limits of a case: started and ended by legal events, suspended, recomputed, explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.cases.acts import Act
from engine.cases.cases import Case
from engine.database import Base, Moment, Plain
from engine.law.deadlines import Suspension, compute
from engine.law.time_limits import PARTY_RIGHT, WITHIN, TimeLimit, load_limits, load_suspensions

# When the window closes early, every right in it has been used or waived, the one to a hearing too (行政处罚法 第六十二条).
ALSO_ENDS = {"defence_window_closed": ("TL_HEARING_REQUEST",)}
# Runs only where the party is registered in another province, which no register says yet (公示规定 第十条).
ELSEWHERE = frozenset({"TL_PUBLISH_SAMR_PUSH"})


class CaseEvent(Base):
    """A legal event of a case, e.g. case_filed: at is when it happened, recorded_at when it was entered."""

    __tablename__ = "case_event"
    __table_args__ = (Index(None, "case_id", "event"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    event: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Moment)
    recorded_at: Mapped[datetime] = mapped_column(Moment)


class CaseLimit(Base):
    """One time limit that runs or ran on a case; trace explains step by step how the due date comes about."""

    __tablename__ = "case_limit"
    __table_args__ = (Index(None, "case_id", "limit_id"), Index(None, "ended_at", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    limit_id: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime] = mapped_column(Moment)
    due_on: Mapped[date]
    due_at: Mapped[datetime] = mapped_column(Moment)
    warn_at: Mapped[datetime] = mapped_column(Moment)
    provisional: Mapped[bool] = mapped_column(default=False)
    trace: Mapped[list[dict[str, str]]] = mapped_column(Plain)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)

    @property
    def party_right(self) -> bool:
        """Whether it is a time in which the party may act (复议、诉讼), so that nobody fails when it passes unused."""
        return load_limits()[self.limit_id].direction == PARTY_RIGHT

    def lamp(self, now: datetime) -> str:
        """green, yellow or red; an ended limit keeps its last colour; a party's own time lapses."""
        if self.party_right:
            return "lapsed" if self.ended_at is not None or now >= self.due_at else "green"
        if self.ended_at is not None:
            return "red" if self.ended_at > self.due_at else "green"
        if now >= self.due_at:
            return "red"
        return "yellow" if now >= self.warn_at else "green"


def record_events(act: Act, events: Iterable[tuple[str, datetime]]) -> None:
    """Write legal events; limits that they start begin to run, limits that they end stop."""
    for event, at in events:
        act.session.add(CaseEvent(case_id=act.case.id, event=event, at=at, recorded_at=act.now))
        act.session.flush()
        for limit in _applicable(act.limits, act.case):
            if limit.end_event == event or limit.id in ALSO_ENDS.get(event, ()):
                _end(act.session, act.case.id, limit.id, at)
            if limit.start_event == event:
                _start(act, limit, at)
        if any(event in (code.start_event, code.end_event) for code in load_suspensions().values()):
            _recompute(act)


def running(session: Session, case_id: int) -> list[CaseLimit]:
    """Limits of a case that still run, the most urgent first."""
    query = select(CaseLimit).where(CaseLimit.case_id == case_id, CaseLimit.ended_at.is_(None))
    return list(session.scalars(query.order_by(CaseLimit.due_at)))


def limits_of(session: Session, case_id: int) -> list[CaseLimit]:
    """All limits of a case, in order of their start."""
    return list(session.scalars(select(CaseLimit).where(CaseLimit.case_id == case_id).order_by(CaseLimit.id)))


def due_moment(session: Session, case_id: int, limit_id: str) -> datetime | None:
    """When the newest limit of this id runs out; None when it never started."""
    query = select(CaseLimit.due_at).where(CaseLimit.case_id == case_id, CaseLimit.limit_id == limit_id)
    return session.scalar(query.order_by(CaseLimit.id.desc()).limit(1))


def event_moment(session: Session, case_id: int, event: str) -> datetime | None:
    """When an event last happened; None when it never did."""
    query = select(CaseEvent.at).where(CaseEvent.case_id == case_id, CaseEvent.event == event)
    return session.scalar(query.order_by(CaseEvent.id.desc()).limit(1))


def _applicable(limits: Mapping[str, TimeLimit], case: Case) -> list[TimeLimit]:
    """The limits that can run on a case; with 复议前置 the time to sue starts only after the reconsideration."""
    left_out = ELSEWHERE | ({"TL_LITIGATE"} if case.item.reconsideration_first else set())
    return [
        limit for limit in limits.values()
        if case.procedure in limit.procedures and limit.scope in ("national", f"domain:{case.agency.domain}")
        and limit.direction in (WITHIN, PARTY_RIGHT) and limit.id not in left_out
    ]


def _start(act: Act, limit: TimeLimit, at: datetime) -> None:
    _end(act.session, act.case.id, limit.id, at)
    row = CaseLimit(case_id=act.case.id, limit_id=limit.id, name=limit.name, started_at=at)
    _fill(row, limit, act)
    act.session.add(row)
    act.session.flush()


def _end(session: Session, case_id: int, limit_id: str, at: datetime) -> None:
    for row in running(session, case_id):
        if row.limit_id == limit_id:
            row.ended_at = at
    session.flush()


def _recompute(act: Act) -> None:
    for row in running(act.session, act.case.id):
        limit = act.limits[row.limit_id]
        if limit.suspensions:
            _fill(row, limit, act)
    act.session.flush()


def _fill(row: CaseLimit, limit: TimeLimit, act: Act) -> None:
    suspensions = _suspensions(act.session, act.case.id, limit)
    deadline = compute(limit, row.started_at, act.calendar, suspensions=suspensions, as_of=act.now)
    row.due_on, row.due_at, row.provisional = deadline.due_on, deadline.due_at, deadline.provisional
    row.warn_at = deadline.warn_at
    row.trace = [{"text": step.text, "article": step.article} for step in deadline.trace]


def _suspensions(session: Session, case_id: int, limit: TimeLimit) -> tuple[Suspension, ...]:
    """The closed and running suspensions of a case that this limit knows."""
    rows = session.scalars(select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.at, CaseEvent.id))
    events: list[Any] = list(rows)
    found = []
    for code in limit.suspensions:
        kind = load_suspensions()[code]
        begun: datetime | None = None
        for event in events:
            if event.event == kind.start_event and begun is None:
                begun = event.at
            elif event.event == kind.end_event and begun is not None:
                found.append(Suspension(code=code, name=kind.name, start=begun, end=event.at, basis=kind.basis))
                begun = None
        if begun is not None:
            found.append(Suspension(code=code, name=kind.name, start=begun, end=None, basis=kind.basis))
    return tuple(found)
