"""What there is already that looks like a case about to be opened: the same party, the same act fined before, the same lead.

These are warnings: whether two acts are one act is for people to judge. Cases that the officer may not see are only counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from engine.cases.cases import Case
from engine.cases.parties import Party
from engine.cases.penalties import DECIDED, PenaltyItem
from engine.registers.agencies import Officer
from processes.host import Host
from processes.viewing import sees

SHOWN, LOOKED_AT = 10, 30
LEAD_DAYS = 90
LIMITATION_YEARS = 2
ENDED = ("CLOSED", "ARCHIVED", "NOT_FILED", "TERMINATED")


@dataclass(frozen=True)
class Alike:
    """Cases that look alike in one way: those that the officer may see, and how many more there are."""

    cases: tuple[Case, ...]
    hidden: int

    @property
    def any(self) -> bool:
        """Whether there is something to warn of."""
        return bool(self.cases or self.hidden)


@dataclass(frozen=True)
class Likeness:
    """Open cases of the same party; fines for the same party and item (行政处罚法 第二十九条); leads that may be the same."""

    same_party: Alike
    fined: Alike
    same_lead: Alike


def alike(host: Host, session: Session, officer: Officer, item_code: str, answers: Mapping[str, Any], now: datetime) -> Likeness:
    """What looks like the new case; answers: of the form new_case. What is not known yet is not looked for."""
    party = _same_party(answers)
    of_party = select(Party.case_id).where(party) if party is not None else None
    day = answers.get("violation_to")
    nothing = Alike((), 0)

    def found(*conditions: ColumnElement[bool]) -> Alike:
        query = select(Case).where(*conditions).order_by(Case.id.desc()).limit(LOOKED_AT)
        rows = list(session.scalars(query))
        seen = [row for row in rows if sees(host, session, row, officer)]
        return Alike(tuple(seen[:SHOWN]), len(rows) - len(seen[:SHOWN]))

    open_of_party = found(Case.id.in_(of_party), Case.status.not_in(ENDED)) if of_party is not None else nothing
    same_lead = nothing
    recent = now - timedelta(days=LEAD_DAYS)
    place = str(answers.get("violation_place") or "").strip()
    if place:
        same_lead = found(
            Case.agency_code == officer.agency_code, Case.item_code == item_code, Case.opened_at > recent, Case.violation_place == place,
            Case.status.not_in(ENDED), Case.id.not_in([row.id for row in open_of_party.cases]),
        )
    if of_party is None:
        return Likeness(nothing, nothing, same_lead)
    fines = select(PenaltyItem.case_id).where(PenaltyItem.stage == DECIDED, PenaltyItem.kind == "FINE")
    since = now.date() - timedelta(days=366 * LIMITATION_YEARS)
    overlapping = [Case.violation_from <= day, Case.violation_to >= day] if isinstance(day, date) else [Case.decided_on >= since]
    return Likeness(
        open_of_party,
        found(Case.id.in_(of_party), Case.item_code == item_code, Case.decided_on.is_not(None), Case.id.in_(fines), *overlapping), same_lead,
    )


def _same_party(answers: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """By number where one is known, else by the very name."""
    numbers = [
        column == answers[key] for key, column in (("party_code", Party.code), ("party_identity_number", Party.identity_number))
        if answers.get(key)
    ]
    name = str(answers.get("party_name") or "").strip()
    return or_(*numbers) if numbers else (Party.name == name if name else None)
