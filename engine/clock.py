"""The one source of the present moment, so that a case can be run through months in seconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

LEGAL_TIME_ZONE = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Anything that tells the present moment as an aware datetime in the legal time zone."""

    def now(self) -> datetime:
        """The present moment."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment, in the legal time zone."""
        return datetime.now(UTC).astimezone(LEGAL_TIME_ZONE)


class SettableClock:
    """A clock that stands still until it is set: for demonstrations, scenarios and tests."""

    def __init__(self, at: datetime) -> None:
        self._at = legal_time(at)

    def now(self) -> datetime:
        """The moment to which the clock was last set."""
        return self._at

    def set(self, at: datetime) -> None:
        """Move the clock to an aware moment, earlier or later."""
        self._at = legal_time(at)


def legal_time(at: datetime) -> datetime:
    """The same moment in the legal time zone (Asia/Shanghai); a naive datetime is refused."""
    if at.tzinfo is None:
        raise ValueError("a naive datetime has no place in a legal time limit")
    return at.astimezone(LEGAL_TIME_ZONE)


def at_legal_midnight(day: date) -> datetime:
    """00:00 of a day in the legal time zone."""
    return datetime(day.year, day.month, day.day, tzinfo=LEGAL_TIME_ZONE)


def end_of_day(day: date) -> datetime:
    """The instant at which a day ends: 00:00 of the next day in the legal time zone."""
    return at_legal_midnight(day + timedelta(days=1))
