"""Computes when a statutory time limit ends, and explains it step by step with the article of each step."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.clock import at_legal_midnight, end_of_day, legal_time
from engine.errors import Invalid, Unlawful
from engine.law import explaining
from engine.law.calendar import WorkingCalendar
from engine.law.counting import Stretch, count_on, days_away, next_dated, stretches
from engine.law.explaining import COUNTING, UNITS
from engine.law.explaining import TraceStep as TraceStep
from engine.law.extending import Extension as Extension
from engine.law.extending import granting_rule, require_timely
from engine.law.time_limits import (
    AGENCY_DUTY,
    AT_LEAST_BEFORE,
    BOTH,
    FIXED_DATE,
    HOUR,
    TIMES_A_DAY,
    WORKING_DAY,
    TimeLimit,
)
from engine.law.time_limits import load_limits as load_limits
from engine.law.time_limits import load_suspensions as load_suspensions
from engine.law.wording import chinese_date, chinese_moment

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Suspension:
    """A period that may stop a limit; end None means that it still lasts.

    start and end are the moments of the events between which the clock stands. The day on which it starts still counts to
    the limit, the day on which it ends does not (民事诉讼法 第八十五条第二款), so March 10 to 22 takes out the twelve days from
    11 to 22. With whole_days, start is the first day taken out and end the day on which counting goes on: March 10 to 22
    takes out the twelve days from 10 to 21, as tables and the command line write it.
    objects: what it concerns, where the clock of those objects alone stands (行政强制法 第二十五条第三款); empty: everything.
    """

    code: str
    name: str
    start: date | datetime
    end: date | datetime | None
    basis: str
    whole_days: bool = False
    objects: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Deadline:
    """When a limit ends.

    due_on: last day; due_at: the instant at which it is missed (end of that day; for hours the exact moment);
    warn_at: from when its lamp is yellow; paused: a suspension still lasts; provisional: rests on days that are
    not announced yet; trace: how it came about, the limit's own article first.
    """

    limit_id: str
    due_on: date
    due_at: datetime
    warn_at: datetime
    paused: bool
    provisional: bool
    trace: tuple[TraceStep, ...]


def compute(
    limit: TimeLimit, started_at: datetime, calendar: WorkingCalendar, suspensions: Sequence[Suspension] = (),
    extensions: Sequence[Extension] = (), amount: int | None = None, as_of: datetime | None = None, concerning: str = "",
) -> Deadline:
    """When a limit that started at a moment ends (行政处罚法 第八十五条; 民事诉讼法 第八十五条; 程序规定 第八十条).

    started_at: moment of the start event; for at_least_before the moment of the event before which the act must be done.
    suspensions: those whose code the limit does not know are left out. amount: a department's own length, never laxer for
    the agency nor shorter for the party. as_of: until when a lasting suspension is counted; without it, not at all.
    concerning: the object whose clock is asked for, for limits that run for each object.
    Raises Unlawful for an amount or an extension that the law does not allow.
    """
    started_at = legal_time(started_at)
    length = limit.amount if amount is None else stated_amount(limit, amount)
    if limit.direction == AT_LEAST_BEFORE:
        _require_none(limit, extensions)
        return _counted_back(limit, started_at, calendar, length)
    started = started_at.date()
    trace = explaining.opening(limit, length, started)
    if limit.unit == HOUR:
        _require_none(limit, extensions)
        due_at = started_at + timedelta(hours=length)
        text = f"自{chinese_moment(started_at)}起按时连续计算，至{chinese_moment(due_at)}届满"
        trace.append(TraceStep(text, COUNTING, "hours", started, due_at.date(), length, HOUR))
        trace.append(TraceStep(f"期限于{chinese_moment(due_at)}届满", limit.basis, "due", None, due_at.date()))
        return _deadline(limit, due_at.date(), due_at, calendar, trace, paused=False, provisional=False)
    stops = [
        stop for stop in suspensions
        if stop.code in limit.suspensions and not (limit.per_object and stop.objects and concerning not in stop.objects)
    ]
    out = stretches([_stretch(stop, as_of) for stop in stops], started.toordinal())
    due = _count(limit, started, length, stops, out, extensions, calendar, trace, as_of)
    moved = calendar.next_working_day(due) if limit.rolls or limit.unit == TIMES_A_DAY else due
    guessed = calendar.is_guess(started + _DAY if limit.unit == WORKING_DAY else due, moved) \
        if limit.rolls or limit.unit in (WORKING_DAY, TIMES_A_DAY) else False
    trace += [
        explaining.too_late(stop.name, stop.code, stop.basis, day(stop.start), due)
        for stop in (stops[which] for _, _, which in reversed(out))
    ]
    trace += explaining.ending(limit, due, moved, guessed=guessed)
    paused = any(stop.end is None and day(stop.start) <= due for stop in stops)
    return _deadline(limit, moved, end_of_day(moved), calendar, trace, paused=paused, provisional=guessed)


def lamp(deadline: Deadline, now: datetime) -> str:
    """green, yellow or red; a deadline that is missed is red whatever else, a paused one never turns yellow.

    The thresholds are the platform's own (四川电子监察办法 第八条、第十一条 and 阿坝办法 第三十九条 name the lamps only).
    """
    if now >= deadline.due_at:
        return "green" if deadline.paused else "red"
    return "yellow" if now >= deadline.warn_at and not deadline.paused else "green"


def in_time(deadline: Deadline, arrived_at: datetime, posted_at: datetime | None = None) -> bool:
    """Whether an act came in time; what was posted before the end is, whenever it arrives (民事诉讼法 第八十五条第四款).

    The last day, and for hours the last moment, belong to the limit (市场监督管理行政处罚程序规定 第八十四条).
    """
    acted_at = legal_time(arrived_at if posted_at is None else posted_at)
    if deadline.due_at == end_of_day(deadline.due_on):
        return acted_at < deadline.due_at
    return acted_at <= deadline.due_at


def days_left(deadline: Deadline, now: datetime, calendar: WorkingCalendar | None = None) -> int:
    """Days from today to the last day, 0 on the last day, negative once missed; working days when a calendar is given."""
    return days_away(legal_time(now).date(), deadline.due_on, calendar)


def counted_days(
    limit: TimeLimit, started_at: datetime, ended_at: datetime, calendar: WorkingCalendar,
    suspensions: Sequence[Suspension] = (),
) -> int:
    """How many days of a limit were used up when it ended, suspended days left out (程序规定 第六十四条第二款)."""
    started, ended = legal_time(started_at).date().toordinal(), legal_time(ended_at).date().toordinal()
    stops = [stop for stop in suspensions if stop.code in limit.suspensions]
    used = [(started + 1, max(ended, started) + 1)]
    out = [(first, min(resumed, ended + 1)) for first, resumed, _ in
           stretches([_stretch(stop, ended_at) for stop in stops], started) if first <= ended]
    if limit.unit != WORKING_DAY:
        return sum(resumed - first for first, resumed in used) - sum(resumed - first for first, resumed in out)
    days = calendar.working_ordinals(started, max(ended, started) + 1)

    def working(first: int, resumed: int) -> int:
        return bisect_right(days, resumed - 1) - bisect_right(days, first - 1)

    return sum(working(*each) for each in used) - sum(working(*each) for each in out)


def stated_amount(limit: TimeLimit, amount: int) -> int:
    """A length that a department states itself: only stricter with itself, more generous to the party (INV-A12)."""
    laxer = amount > limit.amount if limit.protects == AGENCY_DUTY else amount < limit.amount
    if limit.protects == BOTH:
        laxer = amount != limit.amount
    if laxer or amount < 1 or limit.unit == FIXED_DATE:
        word = {AGENCY_DUTY: "长于", BOTH: "不同于"}.get(limit.protects, "短于")
        message = f"“{limit.name}”设定为{amount}{UNITS[limit.unit]}，{word}法定的{limit.amount}{UNITS[limit.unit]}"
        raise Unlawful("deadline.laxer", message, article=limit.basis, limit=limit.id)
    return amount


def day(moment: date | datetime) -> date:
    """The day of a moment in the legal time zone; a date stays what it is."""
    return legal_time(moment).date() if isinstance(moment, datetime) else moment


def _require_none(limit: TimeLimit, extensions: Sequence[Extension]) -> None:
    for position, extension in enumerate(extensions):
        granting_rule(limit, position, extension)
        raise Invalid("deadline.extension_unit", f"“{limit.name}”按时计算或者向前计算，不能延长", limit=limit.id)


def _count(
    limit: TimeLimit, started: date, length: int, stops: Sequence[Suspension], out: list[Stretch],
    extensions: Sequence[Extension], calendar: WorkingCalendar, trace: list[TraceStep], as_of: datetime | None,
) -> date:
    """The last day before it is moved on, with every extension; each stretch and extension leaves its step in the trace."""
    taken: list[tuple[Stretch, int]] = []
    untold = set(range(len(stops)))

    def tell(unit: str) -> None:
        for (first, resumed, which), days in taken:
            stop, between = stops[which], (date.fromordinal(first), date.fromordinal(resumed - 1))
            trace.append(explaining.suspended(stop.name, stop.code, stop.basis, _told(stop, started, as_of), between, days, unit))
            untold.discard(which)
        taken.clear()

    if limit.unit == FIXED_DATE:
        due = next_dated(started, limit.fixed_on).toordinal()
    elif limit.unit == TIMES_A_DAY:
        due = started.toordinal()
    else:
        due = count_on(started.toordinal(), length, limit.unit, out, calendar, taken)
        tell(limit.unit)
    for position, extension in enumerate(extensions):
        rule, before = granting_rule(limit, position, extension), date.fromordinal(due)
        require_timely(limit, rule, extension, calendar.next_working_day(before) if limit.rolls else before)
        due = count_on(due, extension.amount, rule.unit, out, calendar, taken)
        trace.append(explaining.extended(rule, extension.amount, extension.reason, before, date.fromordinal(due)))
        tell(rule.unit)
    for which in sorted(untold - {which for _, _, which in out}):
        stop, (first, resumed) = stops[which], _stretch(stops[which], as_of)
        if started.toordinal() + 1 < resumed and first < resumed and first <= due:
            trace.append(explaining.suspended(stop.name, stop.code, stop.basis, _told(stop, started, as_of), None, 0, limit.unit))
    return date.fromordinal(due)


def _counted_back(limit: TimeLimit, held_at: datetime, calendar: WorkingCalendar, length: int) -> Deadline:
    """The last day on which the full number of working days still lies before the event (行政处罚法 第六十四条第二项)."""
    held = held_at.date()
    first = calendar.add_working_days(held, -length)
    due = first - _DAY
    text = f"自{chinese_date(held)}{limit.ended_by}向前计算，当日不计入，满{length}个工作日至{chinese_date(first)}"
    trace = [
        TraceStep(
            f"{limit.name}：应当在{limit.ended_by}{length}个工作日前完成", limit.basis, "limit", held, None, length, limit.unit,
            limit.end_event,
        ),
        TraceStep(text, COUNTING, "counted_back", first, held, length, limit.unit),
    ]
    guessed = calendar.is_guess(due, held)
    if guessed:
        trace.append(explaining.provisional(held))
    trace.append(TraceStep(f"最迟应当于{chinese_date(due)}完成", limit.basis, "due", None, due))
    return _deadline(limit, due, end_of_day(due), calendar, trace, paused=False, provisional=guessed)


def _deadline(
    limit: TimeLimit, due_on: date, due_at: datetime, calendar: WorkingCalendar, trace: Sequence[TraceStep], *,
    paused: bool, provisional: bool,
) -> Deadline:
    if limit.yellow_unit == HOUR:
        warn_at = due_at - timedelta(hours=limit.yellow_remaining)
    elif limit.yellow_unit == WORKING_DAY:  # the first day after which no more than so many working days remain
        warn_at = at_legal_midnight(calendar.add_working_days(due_on + _DAY, -(limit.yellow_remaining + 1)))
    else:
        warn_at = at_legal_midnight(due_on - timedelta(days=limit.yellow_remaining))
    return Deadline(limit.id, due_on, due_at, warn_at, paused, provisional, tuple(trace))


def _stretch(stop: Suspension, as_of: datetime | None) -> tuple[int, int]:
    """First day taken out and first day counted again, as ordinals."""
    start, end = day(stop.start), _end(stop, as_of)
    if end < start:
        text = f"{stop.name}的结束日期{chinese_date(end)}早于开始日期{chinese_date(start)}"
        raise Invalid("deadline.suspension_order", text)
    late = 0 if stop.whole_days else 1
    return start.toordinal() + late, end.toordinal() + late


def _told(stop: Suspension, started: date, as_of: datetime | None) -> tuple[date, date | None]:
    """The days between which a stop is told to lie, not before the start of the limit."""
    start = max(day(stop.start), started + _DAY if stop.whole_days else started)
    if stop.end is None:
        return start, None
    end = _end(stop, as_of)
    return start, end - _DAY if stop.whole_days and end > start else end


def _end(stop: Suspension, as_of: datetime | None) -> date:
    if stop.end is not None:
        return day(stop.end)
    return max(day(stop.start), day(as_of)) if as_of is not None else day(stop.start)
