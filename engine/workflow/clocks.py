"""Instants and durations of timers as ISO 8601 writes them; no expression is ever evaluated to get one."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from engine.clock import LEGAL_TIME_ZONE
from engine.errors import PackageFault
from engine.workflow.drafts import Trigger

_DURATION: Final = re.compile(
    r"P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})(?:\.\d{1,6})?S)?)?"
)
MOST_MONTHS: Final = 1200
LONGEST: Final = timedelta(days=36525)
_WRAPPED: Final = re.compile(r"""(?:(?:duration|date and time|time|date)\s*\(\s*)?(["']?)([0-9A-Z:+.T-]+)\1\s*\)?""")


@dataclass(frozen=True)
class Timer:
    """When a timer goes off: at an instant, or so many months and so much time after it was set."""

    at: datetime | None = None
    months: int = 0
    span: timedelta = timedelta()

    def due(self, since: datetime) -> datetime:
        """The instant at which a timer set at `since` goes off; the 31st plus a month is the last day of that month."""
        if self.at is not None:
            return self.at
        month = since.month - 1 + self.months
        year, month = since.year + month // 12, month % 12 + 1
        day = min(since.day, calendar.monthrange(year, month)[1])
        return since.replace(year=year, month=month, day=day) + self.span


def read_timer(trigger: Trigger) -> Timer:
    """The timer of an event; PackageFault bpmn.timer when it is written in no way that is understood.

    Quotes and FEEL's duration("…") around an ISO 8601 text are allowed. Of a cycle only the first time is read.
    """
    text = trigger.formula.text if trigger.formula is not None else ""
    written = text.rpartition("/")[2] if trigger.clock == "timeCycle" else text
    found = _WRAPPED.fullmatch(written.strip())
    plain = found.group(2) if found and len(text) <= 80 else ""
    try:
        if trigger.clock == "timeDate":
            moment = datetime.fromisoformat(plain)
            return Timer(moment if moment.tzinfo else moment.replace(tzinfo=LEGAL_TIME_ZONE))
        parts = _DURATION.fullmatch(plain)
        if parts is None:
            raise ValueError(plain)
        years, months, weeks, days, hours, minutes, seconds = (int(each or 0) for each in parts.groups())
        span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        if years * 12 + months > MOST_MONTHS or span > LONGEST:
            raise ValueError(plain)
        return Timer(months=12 * years + months, span=span)
    except (ValueError, OverflowError):
        raise PackageFault("bpmn.timer", f"“{text[:60]}”不是 ISO 8601 的时刻或者时长，例如 2026-03-05T09:00:00、P5D、PT2H") from None
