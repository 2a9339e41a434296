"""Small builders for the law tests: moments in the legal time zone and a case that has come so far."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from engine.clock import LEGAL_TIME_ZONE
from engine.law.calendar import WorkingCalendar
from engine.law.deadlines import Deadline, Extension, Suspension, compute, load_limits, load_suspensions
from engine.law.history import ActDone, CaseHistory
from engine.law.penalties import ProposedPenalty


def moment(text: str) -> datetime:
    """2026-03-05 or 2026-03-05T09:30 in the legal time zone."""
    return datetime.fromisoformat(text).replace(tzinfo=LEGAL_TIME_ZONE)


def day(text: str) -> date:
    """2026-03-05 as a date."""
    return date.fromisoformat(text)


def fine(amount: int | str) -> ProposedPenalty:
    """A fine of so many yuan."""
    return ProposedPenalty("FINE", Decimal(amount))


ORDER = (
    "FILING_APPROVAL", "EVID_COLLECT+CERT_SHOW+RIGHTS_FIRST", "EVID_REVIEW", "INVEST_REPORT", "LEGAL_REVIEW", "NOTICE",
    "DEFENCE_WINDOW", "COLLECTIVE", "ORDER_REFUND", "DECISION_APPROVE", "DECISION", "SERVICE", "PUBLISH_APPROVE", "PAY",
    "CLOSE",
)


def acts(*tags: str) -> tuple[ActDone, ...]:
    """Acts done one after the other; a result is written behind a colon: LEGAL_REVIEW:CORRECT; an actor behind @."""
    done = []
    for number, text in enumerate(tags):
        tag, _, actor = text.partition("@")
        tag, _, result = tag.partition(":")
        done.append(ActDone(tag, actor or f"person{number}", moment("2026-03-05"), result))
    return tuple(done)


def a_case(*without: str, until: str = "CLOSE", **changes: object) -> CaseHistory:
    """A lawful case that has come to an act (included), without some of the acts before it."""
    tags = [tag for tag in ORDER[: ORDER.index(until) + 1] if tag not in without]
    history = CaseHistory(
        acts=acts(*tags), investigators=frozenset({"lead", "companion"}), evidence_accepted=3, noticed=(fine(20000),),
        decided=(fine(20000),), notice_served=True, window_closed=True, decision_served=True, serving_decision=True,
        paid=True,
    )
    return replace(history, **changes)  # type: ignore[arg-type]


def due(
    limit_id: str, start: str, *, stops: tuple[Suspension, ...] = (), extensions: tuple[Extension, ...] = (),
    amount: int | None = None, as_of: datetime | None = None,
) -> Deadline:
    """When a limit that started at a moment ends."""
    limit = load_limits()[limit_id]
    return compute(limit, moment(start), WorkingCalendar(), stops, extensions, amount, as_of)


def stop(code: str, start: str, end: str | None) -> Suspension:
    """A suspension by its code; an end of None still lasts."""
    kind = load_suspensions()[code]
    return Suspension(code, kind.name, day(start), None if end is None else day(end), kind.basis)
