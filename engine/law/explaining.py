"""The steps in which a deadline explains itself: a sentence with its article, and the same as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from engine.law.time_limits import (
    CALENDAR_DAY,
    CALENDAR_MONTH,
    CALENDAR_YEAR,
    FIXED_DATE,
    HOUR,
    NOT_LESS_THAN,
    NOT_MORE_THAN,
    TIMES_A_DAY,
    WORKING_DAY,
    ExtensionRule,
    TimeLimit,
)
from engine.law.wording import chinese_date

COUNTING: Final = "民事诉讼法 第八十五条; 市场监督管理行政处罚程序规定 第八十条"
WORKING_DAYS: Final = "行政处罚法 第八十五条"
HOLIDAYS: Final = "全国年节及纪念日放假办法"
UNITS: Final = {
    WORKING_DAY: "个工作日", CALENDAR_DAY: "日", CALENDAR_MONTH: "个月", CALENDAR_YEAR: "年", HOUR: "小时", FIXED_DATE: "",
    TIMES_A_DAY: "次",
}


@dataclass(frozen=True)
class TraceStep:
    """One step of the reckoning, in Chinese, with the article on which it rests, and as data.

    kind: limit, start, hours, suspension, late_suspension, extension, working_days, rolled, counted_back, provisional,
    allowed or due. start, end: the days from and to which it speaks, both included. days: how many days (or units, see
    unit) it adds. code: the start event, the suspension's code or who approved the extension.
    """

    text: str
    article: str
    kind: str
    start: date | None = None
    end: date | None = None
    days: int | None = None
    unit: str = ""
    code: str = ""

    def as_data(self) -> dict[str, Any]:
        """The step as plain data: text, article, kind, from, to, days, unit, code; what does not apply is left out."""
        days = {"from": self.start and self.start.isoformat(), "to": self.end and self.end.isoformat(), "days": self.days}
        rest = {"unit": self.unit or None, "code": self.code or None}
        told = {key: value for key, value in {**days, **rest}.items() if value is not None}
        return {"text": self.text, "article": self.article, "kind": self.kind, **told}


def opening(limit: TimeLimit, length: int, started: date) -> list[TraceStep]:
    """What the limit says, and from when it is counted (民事诉讼法 第八十五条第二款)."""
    if limit.unit == FIXED_DATE:
        month, _, day = limit.fixed_on.rpartition("-")
        said = f"{limit.name}：{f'每年{int(month)}月' if month else '每期次月'}{int(day)}日以前"
    elif limit.unit == TIMES_A_DAY:
        said = f"{limit.name}：每个工作日{length}次以上"
    else:
        said = f"{limit.name}：自{limit.started_by}{'起' if limit.unit == HOUR else '之日起'}{length}{UNITS[limit.unit]}"
    steps = [TraceStep(said, limit.basis, "limit", started, days=length, unit=limit.unit, code=limit.start_event)]
    if limit.unit in (HOUR, TIMES_A_DAY):
        return steps
    text = f"自{chinese_date(started)}{limit.started_by}起算，当日不计入期间"
    return [*steps, TraceStep(text, COUNTING, "start", started, code=limit.start_event)]


def suspended(
    name: str, code: str, basis: str, told: tuple[date, date | None], out: tuple[date, date] | None, days: int, unit: str,
) -> TraceStep:
    """A period that is not counted: told is how it was reported, out the days taken out (None: others took them out)."""
    until = chinese_date(told[1]) if told[1] is not None else "今（尚未结束）"
    counted = WORKING_DAY if unit == WORKING_DAY else CALENDAR_DAY
    text = f"{chinese_date(told[0])}至{until}{name}，不计入期间，"
    text += f"扣除{days}{UNITS[counted]}" if out else "与其他不计入的期间重合，不重复扣除"
    first, last = out or (None, None)
    return TraceStep(text, basis, "suspension", first, last, days, counted, code)


def too_late(name: str, code: str, basis: str, started: date, due: date) -> TraceStep:
    """A period that began when the limit had run out already; it revives nothing."""
    text = f"{chinese_date(started)}开始的{name}在期限于{chinese_date(due)}届满之后，不影响期限"
    return TraceStep(text, basis, "late_suspension", started, None, 0, code=code)


def extended(rule: ExtensionRule, amount: int, reason: str, before: date, after: date) -> TraceStep:
    """An approved extension."""
    text = f"{rule.condition}{f'（{reason}）' if reason else ''}，经批准延长{amount}{UNITS[rule.unit]}"
    return TraceStep(text, rule.basis, "extension", before, after, amount, rule.unit, rule.approver)


def ending(limit: TimeLimit, counted: date, moved: date, *, guessed: bool) -> list[TraceStep]:
    """How the last day came about: by working days, moved on from a rest day, provisionally; and what it means."""
    steps = []
    if limit.unit == WORKING_DAY:
        steps.append(TraceStep("期间按工作日计算，不含法定节假日和休息日，调休上班日计入", WORKING_DAYS, "working_days"))
    if moved != counted:
        text = f"期间届满日{chinese_date(counted)}为法定休假日，顺延至{chinese_date(moved)}"
        steps.append(TraceStep(text, COUNTING, "rolled", counted, moved, (moved - counted).days, CALENDAR_DAY))
    if guessed:
        steps.append(provisional(moved))
    if limit.direction == NOT_LESS_THAN and limit.unit != TIMES_A_DAY:
        steps.append(TraceStep(f"期满以后方可：{limit.ended_by}", limit.basis, "allowed", moved))
    if limit.direction == NOT_MORE_THAN:
        steps.append(TraceStep(f"最长至期满之日：{limit.ended_by}", limit.basis, "allowed", None, moved))
    steps.append(TraceStep(f"期限于{chinese_date(moved)}届满", limit.basis, "due", None, moved))
    return steps


def provisional(day: date) -> TraceStep:
    """That the reckoning rests on a year whose holidays are not announced yet."""
    text = f"{day.year}年的放假安排尚未公布，暂按周六、周日休息推算，公布后重新计算"
    return TraceStep(text, HOLIDAYS, "provisional")
