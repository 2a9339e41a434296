"""Dates, times and durations as FEEL writes and reads them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from engine.rules.values import YearsMonths

UTC_MIDNIGHT: Final = time(0, 0, tzinfo=UTC)
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME: Final = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,12}))?(Z|z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[A-Za-z0-9_+/-]{1,40})?"
)
_YEARS_MONTHS: Final = re.compile(r"(-?)P(?:([0-9]{1,10})Y)?(?:([0-9]{1,10})M)?")
_DAYS_TIME: Final = re.compile(
    r"(-?)P(?:([0-9]{1,10})D)?(?:T(?:([0-9]{1,12})H)?(?:([0-9]{1,12})M)?(?:([0-9]{1,12})(?:\.([0-9]{1,12}))?S)?)?"
)


def parse_date(text: str) -> date | None:
    """YYYY-MM-DD; None when it is no date of the years 1 to 9999."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def parse_time(text: str) -> time | None:
    """HH:MM:SS with an optional fraction and offset or zone (@Asia/Shanghai); parts of a microsecond are dropped."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute, second, fraction, zone = found.groups()
    try:
        micro = int(((fraction or "0") + "000000")[:6])
        return time(int(hour), int(minute), int(second), micro, tzinfo=_zone(zone))
    except (ValueError, OSError, KeyError):
        return None


def parse_moment(text: str) -> datetime | None:
    """A date and a time joined by T, or a date alone, which is its midnight."""
    day_text, joint, time_text = text.partition("T")
    day = parse_date(day_text)
    at = parse_time(time_text) if joint else time(0, 0)
    return None if day is None or at is None else datetime.combine(day, at)


def parse_duration(text: str) -> YearsMonths | timedelta | None:
    """An ISO 8601 duration of years and months, or of days and shorter."""
    found = _YEARS_MONTHS.fullmatch(text)
    if found and (found[2] or found[3]):
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        return YearsMonths(-months if found[1] else months)
    found = _DAYS_TIME.fullmatch(text)
    if found is None or not any(found.groups()[1:]) or text.endswith("T"):
        return None
    sign, days, hours, minutes, seconds, fraction = found.groups()
    try:
        span = timedelta(days=int(days or 0), hours=int(hours or 0), minutes=int(minutes or 0), seconds=int(seconds or 0))
        span += timedelta(microseconds=int(((fraction or "0") + "000000")[:6]))
    except OverflowError:
        return None
    return -span if sign else span


def parse_literal(text: str) -> date | time | datetime | YearsMonths | timedelta | None:
    """The value of @"…": whichever of the above it is."""
    if "T" in text and not text.lstrip("-").startswith("P"):
        return parse_moment(text)
    return parse_date(text) or parse_time(text) or parse_duration(text)


def format_temporal(value: date | time | datetime | YearsMonths | timedelta) -> str:
    """The value as text that reads back as the same value."""
    if isinstance(value, YearsMonths):
        return _format_months(value.months)
    if isinstance(value, timedelta):
        return _format_span(value)
    if isinstance(value, datetime):
        return f"{value.date().isoformat()}T{_format_time(value.timetz())}"
    if isinstance(value, time):
        return _format_time(value)
    return value.isoformat()


def seconds(span: timedelta) -> Decimal:
    """The length of a duration in seconds, exactly."""
    return Decimal(span // timedelta(microseconds=1)).scaleb(-6).normalize() + 0


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text in ("Z", "z"):
        return UTC
    if text[0] == "@":
        return ZoneInfo(text[1:])
    hours, minutes, *rest = map(int, text[1:].split(":"))
    if hours > 18 or minutes > 59:
        raise ValueError(text)
    span = timedelta(hours=hours, minutes=minutes, seconds=rest[0] if rest else 0)
    return timezone(-span if text[0] == "-" else span)


def _format_time(at: time) -> str:
    text = f"{at.hour:02}:{at.minute:02}:{at.second:02}"
    if at.microsecond:
        text += f".{at.microsecond:06}".rstrip("0")
    if at.tzinfo is None:
        return text
    if isinstance(at.tzinfo, ZoneInfo):
        return f"{text}@{at.tzinfo.key}"
    offset = at.utcoffset()
    return text + ("Z" if not offset else f"{offset_text(offset)}")


def offset_text(offset: timedelta) -> str:
    """An offset from UTC as +08:00."""
    whole = abs(int(offset.total_seconds()))
    text = f"{'-' if offset < timedelta(0) else '+'}{whole // 3600:02}:{whole // 60 % 60:02}"
    return f"{text}:{whole % 60:02}" if whole % 60 else text


def _format_months(months: int) -> str:
    years, rest = divmod(abs(months), 12)
    text = (f"{years}Y" if years else "") + (f"{rest}M" if rest or not years else "")
    return f"{'-' if months < 0 else ''}P{text}"


def _format_span(span: timedelta) -> str:
    sign, span = ("-", -span) if span < timedelta(0) else ("", span)
    hours, rest = divmod(span.seconds, 3600)
    minutes, whole = divmod(rest, 60)
    second = f"{whole}.{span.microseconds:06}".rstrip("0").rstrip(".")
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + (f"{second}S" if second != "0" else "")
    text = (f"{span.days}D" if span.days else "") + (f"T{clock}" if clock else "")
    return f"{sign}P{text or 'T0S'}"
