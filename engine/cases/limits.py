"""The running time limits of a case: started and ended by legal events, suspended, recomputed, explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.cases.acts import Act
from engine.cases.cases import Case
from engine.cases.superseding import Supersedable, standing
from engine.database import Base, Moment, Plain
from engine.journal import append
from engine.law.calendar import WorkingCalendar
from engine.law.deadlines import Suspension, compute
from engine.law.scopes import Scope, limits_for
from engine.law.time_limits import EXTERNAL, PARTY_RIGHT, WITHIN, TimeLimit, load_limits, load_suspensions
from engine.prepared import Prepared

# When the window closes early, every right in it has been used or waived, the one to a hearing too (行政处罚法 第六十二条).
ALSO_ENDS = {"defence_window_closed": ("TL_HEARING_REQUEST",)}
# Runs only where the party is registered in another province, which no register says yet (公示规定 第十条).
ELSEWHERE = frozenset({"TL_PUBLISH_SAMR_PUSH"})


class CaseEvent(Supersedable, Base):
    """A legal event of a case, e.g. case_filed: at is when it happened, recorded_at when it was entered."""

    __tablename__ = "case_event"
    __table_args__ = (Index(None, "case_id", "event"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    event: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Moment)
    recorded_at: Mapped[datetime] = mapped_column(Moment)


class CaseLimit(Supersedable, Base):
    """One time limit that runs or ran on a case; trace explains step by step how the due date comes about.

    limit_id is what procedures call the limit (its subject); name and trace are those of the row that holds here.
    """

    __tablename__ = "case_limit"
    # case_id, ended_at, due_at: without it SQLite reads all running limits of the installation, by when they end, for those of a case
    __table_args__ = (
        Index(None, "case_id", "limit_id"), Index(None, "case_id", "ended_at", "due_at"), Index(None, "ended_at", "due_at"),
        Index(None, "ended_at", "warn_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    limit_id: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime] = mapped_column(Moment)
    due_on: Mapped[date]
    due_at: Mapped[datetime] = mapped_column(Moment)
    warn_at: Mapped[datetime] = mapped_column(Moment)
    provisional: Mapped[bool] = mapped_column(default=False)
    trace: Mapped[list[dict[str, Any]]] = mapped_column(Plain)
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


@dataclass(frozen=True)
class Recomputed:
    """A provisional limit that was computed anew: its last day before and after, and whether it is still provisional."""

    row: CaseLimit
    before: date
    due_at_before: datetime


def record_events(act: Act, events: Iterable[tuple[str, datetime]]) -> None:
    """Write legal events; limits that they start begin to run, limits that they end stop."""
    holding = holding_limits(act.case, act.limits, act.settings)
    for event, at in events:
        act.session.add(CaseEvent(case_id=act.case.id, event=event, at=at, recorded_at=act.now))
        act.session.flush()
        for name, limit in _applicable(holding, act.case):
            if limit.end_event == event or name in ALSO_ENDS.get(event, ()):
                _end(act.session, act.case.id, name, at)
            if limit.start_event == event:
                _start(act, name, limit, at)
        if any(event in (code.start_event, code.end_event) for code in load_suspensions().values()):
            _recompute(act, holding)


def running(session: Session, case_id: int) -> list[CaseLimit]:
    """Limits of a case that still run, the most urgent first."""
    query = select(CaseLimit).where(CaseLimit.case_id == case_id, CaseLimit.ended_at.is_(None))
    return list(session.scalars(query.order_by(CaseLimit.due_at)))


def running_limits_of(case_id: Any) -> Select[str, datetime]:
    """(id, moment) of the running limits of a case, the latest first; case_id: a value or an expression."""
    return (
        select(CaseLimit.limit_id, CaseLimit.due_at)
        .where(CaseLimit.case_id == case_id, CaseLimit.ended_at.is_(None), standing(CaseLimit))
        .order_by(CaseLimit.due_at.desc())
    )


DUE = Prepared(running_limits_of(bindparam("case")))


def due_moments(session: Session, case_id: int) -> dict[str, datetime]:
    """When the running limits of a case run out, by id: of several with one id the earliest."""
    return dict(DUE.rows(session, {"case": case_id}))


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


def holding_limits(
    case: Case, limits: Mapping[str, TimeLimit], settings: Mapping[str, Any]
) -> Mapping[str, TimeLimit]:
    """The limits that hold for a case, by the name under which procedures know them: nearest scope, package's choices.

    The time for statement and defence is at least as long as the package's defence_window_working_days.
    """
    scope = Scope.of(case.agency.domain, case.region_code, case.item_code)
    longer = settings.get("defence_window_working_days", 0)
    days = longer["value"] if isinstance(longer, Mapping) else longer
    return {
        subject if subject in limits else limit.id:
        replace(limit, amount=max(limit.amount, days)) if limit.end_event == "defence_window_closed" else limit
        for subject, limit in limits_for(scope, settings.get("limits"), limits=limits).items()
    }


def recompute_provisional(
    session: Session, holding: Callable[[Case], Mapping[str, TimeLimit]], calendar: WorkingCalendar, now: datetime, actor_id: str,
) -> list[Recomputed]:
    """Compute running limits anew whose last day rested on unannounced holidays, and journal each one that is settled.

    To be called when a year's notice is loaded (全国年节及纪念日放假办法); what is still a guess stays provisional.
    """
    rows = session.scalars(select(CaseLimit).where(CaseLimit.provisional, CaseLimit.ended_at.is_(None)).order_by(CaseLimit.id))
    done = []
    for row in rows:
        case = session.get_one(Case, row.case_id)
        limit = holding(case).get(row.limit_id)
        if limit is None:
            continue
        result = Recomputed(row, row.due_on, row.due_at)
        _fill(session, row, limit, calendar, now)
        if row.provisional and row.due_on == result.before:
            continue
        append(session, row.case_id, "limit.recomputed", actor_id, now, {
            "limit": limit.id, "name": limit.name, "before": result.before, "due_on": row.due_on,
            "provisional": row.provisional, "article": limit.basis,
        })
        done.append(result)
    session.flush()
    return done


def _applicable(holding: Mapping[str, TimeLimit], case: Case) -> list[tuple[str, TimeLimit]]:
    """The limits that can run on a case; with 复议前置 the time to sue starts only after the reconsideration."""
    left_out = ELSEWHERE | ({"TL_LITIGATE"} if case.item.reconsideration_first else set())
    return [
        (name, limit) for name, limit in holding.items()
        if case.procedure in limit.procedures and limit.scope != EXTERNAL
        and limit.direction in (WITHIN, PARTY_RIGHT) and limit.id not in left_out
    ]


def _start(act: Act, name: str, limit: TimeLimit, at: datetime) -> None:
    _end(act.session, act.case.id, name, at)
    row = CaseLimit(case_id=act.case.id, limit_id=name, name=limit.name, started_at=at)
    _fill(act.session, row, limit, act.calendar, act.now)
    act.session.add(row)
    act.session.flush()


def _end(session: Session, case_id: int, limit_id: str, at: datetime) -> None:
    for row in running(session, case_id):
        if row.limit_id == limit_id:
            row.ended_at = at
    session.flush()


def _recompute(act: Act, holding: Mapping[str, TimeLimit]) -> None:
    for row in running(act.session, act.case.id):
        limit = holding.get(row.limit_id) or act.limits[row.limit_id]
        if limit.suspensions:
            _fill(act.session, row, limit, act.calendar, act.now)
    act.session.flush()


def _fill(session: Session, row: CaseLimit, limit: TimeLimit, calendar: WorkingCalendar, now: datetime) -> None:
    suspensions = _suspensions(session, row.case_id, limit)
    deadline = compute(limit, row.started_at, calendar, suspensions=suspensions, as_of=now)
    row.due_on, row.due_at, row.provisional = deadline.due_on, deadline.due_at, deadline.provisional
    row.warn_at = deadline.warn_at
    row.trace = [step.as_data() for step in deadline.trace]


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
