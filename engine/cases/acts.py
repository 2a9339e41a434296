"""What an operation of a step gets and gives: the act on one case at one moment, and its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from engine.cases.cases import Case
from engine.cases.standard_tables import StandardTable
from engine.law.calendar import WorkingCalendar
from engine.law.local_rules import LocalRules, read_local_rules
from engine.law.time_limits import TimeLimit
from engine.registers.agencies import Officer

IN_STEP, QUEUED = "in_step", "queued"


@dataclass(frozen=True)
class Act:
    """One step (or service task) being carried out on one case, inside the step's transaction.

    values: the clean values of the step's form, empty for a service task; facts: the routing facts so far;
    settings: the package's choices where the law leaves one; standards: its discretion standards by code.
    """

    session: Session
    case: Case
    actor: Officer
    now: datetime
    step: str
    tags: tuple[str, ...]
    values: Mapping[str, Any]
    facts: Mapping[str, Any]
    settings: Mapping[str, Any]
    calendar: WorkingCalendar
    limits: Mapping[str, TimeLimit]
    standards: Mapping[str, StandardTable] = field(default_factory=dict)

    @property
    def rules(self) -> LocalRules:
        """The choices that the law leaves open, as the case's package has made them."""
        return read_local_rules(self.settings)

    @property
    def today(self) -> date:
        """The day of the act in the legal time zone."""
        return self.now.date()

    def text(self, key: str) -> str:
        """A text value, empty when it was left out."""
        return str(self.values.get(key) or "")

    def money(self, key: str) -> Decimal:
        """An amount, zero when it was left out."""
        value = self.values.get(key)
        return value if isinstance(value, Decimal) else Decimal(0)


@dataclass(frozen=True)
class Outcome:
    """What an operation leaves behind beside its rows.

    facts: routing facts to set; events: legal events with their moments (they start and end limits);
    also_present: officers who took part beside the actor; notes: what the journal keeps beside the form; computed: what the
    submission keeps beside the form, as the documents tell it (in place of an answer of the same name).
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[tuple[str, datetime], ...] = ()
    also_present: tuple[str, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)
    computed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """A named operation; the name is permanent because running cases depend on it.

    mode in_step: database only, inside the step's transaction; queued: a job row in the step's transaction, the task
    waits for its result.
    """

    name: str
    mode: str
    run: Callable[[Act], Outcome] | None
    purpose: str
