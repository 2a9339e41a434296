"""Computes when a statutory time limit ends, and explains it step by step with the article of each step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.clock import at_legal_midnight, end_of_day, legal_time
from engine.errors import Unlawful
from engine.law.calendar import WorkingCalendar
from engine.law.counting import count_on, days_away, excluded_days
from engine.law.time_limits import (
    AGENCY_DUTY,
    AT_LEAST_BEFORE,
    CALENDAR_DAY,
    CALENDAR_MONTH,
    CALENDAR_YEAR,
    HOUR,
    WORKING_DAY,
    TimeLimit,
)
from engine.law.time_limits import load_limits as load_limits
from engine.law.time_limits import load_suspensions as load_suspensions
from engine.law.wording import chinese_date, chinese_moment

COUNTING = "民事诉讼法 第八十五条; 市场监督管理行政处罚程序规定 第八十条"
WORKING_DAYS = "行政处罚法 第八十五条"
UNITS = {WORKING_DAY: "个工作日", CALENDAR_DAY: "日", CALENDAR_MONTH: "个月", CALENDAR_YEAR: "年", HOUR: "小时"}


@dataclass(frozen=True)
class Suspension:
    """A period that may stop a limit; end None means that it still lasts.

    The day on which it starts is still counted, the day on which it ends is not (民事诉讼法 第八十五条第二款).
    """

    code: str
    name: str
    start: date | datetime
    end: date | datetime | None
    basis: str


@dataclass(frozen=True)
class Extension:
    """An approved extension: amount in the unit of its rule, who approved it (agency_head, collective_discussion …)."""

    amount: int
    approver: str = "agency_head"
    reason: str = ""


@dataclass(frozen=True)
class TraceStep:
    """One step of the reckoning, in Chinese, with the article on which it rests."""

    text: str
    article: str


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
    extensions: Sequence[Extension] = (), amount: int | None = None, as_of: datetime | None = None,
) -> Deadline:
    """When a limit that started at a moment ends (行政处罚法 第八十五条; 民事诉讼法 第八十五条; 程序规定 第八十条).

    started_at: moment of the start event; for at_least_before the moment of the event before which the act must be done.
    suspensions: those whose code the limit does not know are left out. amount: a department's own length, never laxer for
    the agency nor shorter for the party. as_of: until when a lasting suspension is counted; without it, not at all.
    Raises Unlawful for an amount or an extension that the law does not allow.
    """
    started_at = legal_time(started_at)
    length = limit.amount if amount is None else _stated_amount(limit, amount)
    if limit.direction == AT_LEAST_BEFORE:
        return _counted_back(limit, started_at, calendar, length)
    origin = "起" if limit.unit == HOUR else "之日起"
    trace = [TraceStep(f"{limit.name}：自{limit.started_by}{origin}{length}{UNITS[limit.unit]}", limit.basis)]
    if limit.unit == HOUR:
        due_at = started_at + timedelta(hours=length)
        trace.append(TraceStep(f"自{chinese_moment(started_at)}起按时连续计算，至{chinese_moment(due_at)}届满", COUNTING))
        return _deadline(limit, due_at.date(), due_at, calendar, trace, paused=False, provisional=False)
    started = started_at.date()
    trace.append(TraceStep(f"自{chinese_date(started)}{limit.started_by}起算，当日不计入期间", COUNTING))
    stops = [stop for stop in suspensions if stop.code in limit.suspensions]
    excluded = excluded_days((_day(stop.start), _last_day(stop, as_of)) for stop in stops)
    seen: list[date] = []
    due = count_on(started, length, limit.unit, excluded, calendar, seen)
    due = _extend(limit, due, extensions, excluded, calendar, seen, trace)
    trace += _suspension_steps(limit, stops, started, due, as_of, calendar)
    if limit.unit == WORKING_DAY:
        trace.append(TraceStep("期间按工作日计算，不含法定节假日和休息日，调休上班日计入", WORKING_DAYS))
    moved = calendar.next_working_day(due) if limit.rolls or extensions else due
    if moved != due:
        text = f"期间届满日{chinese_date(due)}为法定休假日，顺延至{chinese_date(moved)}"
        trace.append(TraceStep(text, COUNTING))
    days = [moved, *seen] if limit.unit == WORKING_DAY else [moved, due] if limit.rolls else []
    provisional = any(calendar.is_provisional(day) for day in days)
    if provisional:
        text = f"{moved.year}年的放假安排尚未公布，暂按周六、周日休息推算，公布后重新计算"
        trace.append(TraceStep(text, "全国年节及纪念日放假办法"))
    trace.append(TraceStep(f"期限于{chinese_date(moved)}届满", limit.basis))
    paused = any(stop.end is None and _day(stop.start) <= due for stop in stops)
    return _deadline(limit, moved, end_of_day(moved), calendar, trace, paused=paused, provisional=provisional)


def lamp(deadline: Deadline, now: datetime) -> str:
    """green, yellow or red; a deadline that is missed is red whatever else, a paused one never turns yellow.

    The thresholds are the platform's own (四川电子监察办法 第八条、第十一条 and 阿坝办法 第三十九条 name the lamps only).
    """
    if now >= deadline.due_at:
        return "green" if deadline.paused else "red"
    return "yellow" if now >= deadline.warn_at and not deadline.paused else "green"


def days_left(deadline: Deadline, now: datetime, calendar: WorkingCalendar | None = None) -> int:
    """Days from today to the last day, 0 on the last day, negative once missed; working days when a calendar is given."""
    return days_away(legal_time(now).date(), deadline.due_on, calendar)


def counted_days(
    limit: TimeLimit, started_at: datetime, ended_at: datetime, calendar: WorkingCalendar,
    suspensions: Sequence[Suspension] = (),
) -> int:
    """How many days of a limit were used up when it ended, suspended days left out (程序规定 第六十四条第二款)."""
    started, ended = legal_time(started_at).date(), legal_time(ended_at).date()
    stops = [stop for stop in suspensions if stop.code in limit.suspensions]
    excluded = excluded_days((_day(stop.start), _last_day(stop, ended_at)) for stop in stops)
    days = (started + timedelta(days=offset) for offset in range(1, (ended - started).days + 1))
    counts: Callable[[date], bool] = calendar.is_working_day if limit.unit == WORKING_DAY else lambda _: True
    return sum(1 for day in days if day not in excluded and counts(day))


def _counted_back(limit: TimeLimit, held_at: datetime, calendar: WorkingCalendar, length: int) -> Deadline:
    """The last day on which the full number of working days still lies before the event (行政处罚法 第六十四条第二项)."""
    held = held_at.date()
    first = calendar.add_working_days(held, -length)
    due = first - timedelta(days=1)
    trace = [
        TraceStep(f"{limit.name}：应当在{limit.ended_by}{length}个工作日前完成", limit.basis),
        TraceStep(f"自{chinese_date(held)}{limit.ended_by}向前计算，当日不计入，满{length}个工作日至{chinese_date(first)}", COUNTING),
        TraceStep(f"最迟应当于{chinese_date(due)}完成", limit.basis),
    ]
    provisional = calendar.is_provisional(held)
    return _deadline(limit, due, end_of_day(due), calendar, trace, paused=False, provisional=provisional)


def _stated_amount(limit: TimeLimit, amount: int) -> int:
    """A department may only be stricter with itself and more generous to the party (INV-A12)."""
    laxer = amount > limit.amount if limit.protects == AGENCY_DUTY else amount < limit.amount
    if laxer or amount < 1:
        word = "长于" if limit.protects == AGENCY_DUTY else "短于"
        message = f"“{limit.name}”设定为{amount}{UNITS[limit.unit]}，{word}法定的{limit.amount}{UNITS[limit.unit]}"
        raise Unlawful("deadline.laxer", message, article=limit.basis, limit=limit.id)
    return amount


def _extend(
    limit: TimeLimit, due: date, extensions: Sequence[Extension], excluded: frozenset[date], calendar: WorkingCalendar,
    seen: list[date], trace: list[TraceStep],
) -> date:
    rules = [rule for rule in limit.extensions for _ in range(rule.times)]
    for position, extension in enumerate(extensions):
        rule = rules[position] if position < len(rules) else None
        if rule is None or rule.approver != extension.approver or extension.amount < 1 \
                or (rule.amount is not None and extension.amount > rule.amount):
            message = f"“{limit.name}”不得这样延长：次数、批准人或者延长的期限不符合规定"
            raise Unlawful("deadline.extension", message, article=rule.basis if rule else limit.basis, limit=limit.id)
        due = count_on(due, extension.amount, rule.unit, excluded, calendar, seen)
        because = f"（{extension.reason}）" if extension.reason else ""
        trace.append(TraceStep(f"{rule.condition}{because}，经批准延长{extension.amount}{UNITS[rule.unit]}", rule.basis))
    return due


def _suspension_steps(
    limit: TimeLimit, stops: Sequence[Suspension], started: date, due: date, as_of: datetime | None,
    calendar: WorkingCalendar,
) -> list[TraceStep]:
    steps, told = [], frozenset[date]()
    for stop in stops:
        begun, ended = max(_day(stop.start), started), _last_day(stop, as_of)
        if begun > due or ended < begun:
            continue
        fresh = excluded_days([(begun, ended)]) - told
        told |= fresh
        days = sum(1 for day in fresh if limit.unit != WORKING_DAY or calendar.is_working_day(day))
        until = chinese_date(ended) if stop.end is not None else "今（尚未结束）"
        unit = UNITS[WORKING_DAY] if limit.unit == WORKING_DAY else UNITS[CALENDAR_DAY]
        steps.append(TraceStep(f"{chinese_date(begun)}至{until}{stop.name}，不计入期间，扣除{days}{unit}", stop.basis))
    return steps


def _deadline(
    limit: TimeLimit, due_on: date, due_at: datetime, calendar: WorkingCalendar, trace: Sequence[TraceStep], *,
    paused: bool, provisional: bool,
) -> Deadline:
    if limit.yellow_unit == HOUR:
        warn_at = due_at - timedelta(hours=limit.yellow_remaining)
    elif limit.yellow_unit == WORKING_DAY:
        warn_at = at_legal_midnight(_earliest_with(due_on, limit.yellow_remaining, calendar))
    else:
        warn_at = at_legal_midnight(due_on - timedelta(days=limit.yellow_remaining))
    return Deadline(limit.id, due_on, due_at, warn_at, paused, provisional, tuple(trace))


def _earliest_with(due_on: date, working_days: int, calendar: WorkingCalendar) -> date:
    """The first day after which no more than so many working days remain."""
    return calendar.add_working_days(due_on + timedelta(days=1), -(working_days + 1))


def _day(moment: date | datetime) -> date:
    return legal_time(moment).date() if isinstance(moment, datetime) else moment


def _last_day(stop: Suspension, as_of: datetime | None) -> date:
    if stop.end is not None:
        return _day(stop.end)
    return max(_day(stop.start), _day(as_of)) if as_of is not None else _day(stop.start)
