"""Reads the tables of due dates: one limit, when it started, what stopped or extended it, and the day that the law gives."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from engine.law.calendar import WorkingCalendar
from engine.law.deadlines import Deadline, Extension, Suspension, compute, load_limits, load_suspensions
from tests.law.builders import day, moment

FOLDER = Path(__file__).with_name("due_dates")


@dataclass(frozen=True)
class Row:
    """One line of a table; due is a day, a moment for limits in hours, or the word refused."""

    table: str
    line: int
    limit: str
    start: str
    stops: str
    extensions: str
    due: str
    article: str
    note: str

    def suspensions(self) -> tuple[Suspension, ...]:
        """`SUSP_TEST 2026-03-10:2026-03-22; …`: first day taken out, day on which counting goes on."""
        found = []
        for part in filter(None, self.stops.split("; ")):
            code, _, days = part.partition(" ")
            first, _, resumed = days.partition(":")
            kind = load_suspensions()[code]
            found.append(Suspension(code, kind.name, day(first), day(resumed), kind.basis, whole_days=True))
        return tuple(found)

    def granted(self) -> tuple[Extension, ...]:
        """`30 agency_head 2026-06-03; …`: how much, by whom, and if it matters on which day."""
        parts = [part.split(" ") for part in self.extensions.split("; ") if part]
        return tuple(Extension(int(amount), by, granted_on=day(on[0]) if on else None) for amount, by, *on in parts)

    def compute(self, calendar: WorkingCalendar) -> Deadline:
        """What the product says."""
        limit = load_limits()[self.limit]
        return compute(limit, moment(self.start), calendar, self.suspensions(), self.granted())


def rows() -> list[Row]:
    """All lines of all tables."""
    found = []
    for path in sorted(FOLDER.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            found += [Row(path.stem, number, **line) for number, line in enumerate(csv.DictReader(lines), start=2)]
    return found


def stopped_days(row: Row) -> frozenset[date]:
    """Every day that the stops of a row take out, for limits that know them."""
    known = load_limits()[row.limit].suspensions
    days: set[date] = set()
    for stop in row.suspensions():
        first, resumed = stop.start, stop.end
        assert resumed is not None
        if stop.code in known:
            days |= {date.fromordinal(each) for each in range(first.toordinal(), resumed.toordinal())}
    return frozenset(days)
