"""When what was done on paper is entered late (补录), and for how long what was decided stays public (公示期)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from engine.errors import Invalid, Unlawful
from engine.law.calendar import WorkingCalendar
from engine.law.counting import add_months
from engine.law.local_rules import LocalRules
from engine.law.wording import chinese_date


@dataclass(frozen=True)
class LateEntry:
    """By which day an act on paper is entered, whether it was entered too late, and by which article."""

    due_on: date
    late: bool
    article: str


def late_entry(
    acted_on: date, cause_ended_on: date | None, entered_on: date, rules: LocalRules, calendar: WorkingCalendar
) -> LateEntry:
    """The period for entering what was done on paper, in working days after the act or after its cause ended.

    粤府〔2023〕73号 第二十二条第二款 (three, from the act); 福建省政府令第242号 第十七条第二款 (five, from the day on which the cause
    ended). Which one applies is a setting. Invalid when the cause ended before the act, or is not told although it counts.
    """
    start = acted_on
    if rules.late_entry_from == "cause_end":
        if cause_ended_on is None:
            raise Invalid("entering.cause", "应当写明不能上网办案的情形何时消除")
        if cause_ended_on < acted_on:
            raise Invalid("entering.dates", "不能上网办案的情形消除的日期不得早于执法行为")
        start = cause_ended_on
    due = calendar.add_working_days(start, rules.late_entry_working_days)
    return LateEntry(due, entered_on > due, rules.article("late_entry_working_days"))


def publicity_window(published_on: date, rules: LocalRules) -> tuple[date, date]:
    """The first and the last day on which a publication may end; the default has no minimum and three years as the maximum.

    市场监督管理行政处罚信息公示规定 第十三条; 福建省政府令第242号 第二十一条第一款 (60 days to two years).
    """
    first = published_on + timedelta(days=rules.publicity_minimum_days)
    return first, add_months(published_on, rules.publicity_maximum_months)


def require_publicity_until(published_on: date, until: date, rules: LocalRules) -> None:
    """Refuse a publication that ends too early or too late: Unlawful, with the package's article."""
    first, last = publicity_window(published_on, rules)
    if until < first:
        message = f"公示不得少于{rules.publicity_minimum_days}日，最早到{chinese_date(first)}"
        raise Unlawful("publicity.too_short", message, article=rules.article("publicity_minimum_days"))
    if until > last:
        message = f"公示最长{rules.publicity_maximum_months}个月，最晚到{chinese_date(last)}"
        raise Unlawful("publicity.too_long", message, article=rules.article("publicity_maximum_months"))
