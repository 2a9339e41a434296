"""Whether the party has had its time: for statement and defence, before a hearing, and for its remedies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.clock import legal_time
from engine.errors import Unlawful
from engine.law.calendar import WorkingCalendar
from engine.law.deadlines import compute
from engine.law.time_limits import load_limits
from engine.law.wording import chinese_date, chinese_moment

WINDOW = "行政处罚法 第四十五条、第六十二条、第六十四条第一项; 市场监督管理行政处罚程序规定 第五十七条第二款"


@dataclass(frozen=True)
class DefenceWindow:
    """The window between notice and decision.

    due_at: when it ends, the later of TL_DEFENCE_WINDOW and, with a hearing right, TL_HEARING_REQUEST; None before service.
    waiver_signed: every waiver was signed by the party; without it a waiver does not count.
    """

    hearing_right: bool
    due_at: datetime | None
    statement_made: bool = False
    hearing_requested: bool = False
    defence_waived: bool = False
    hearing_waived: bool = False
    waiver_signed: bool = False


def defence_window_closed(window: DefenceWindow, now: datetime) -> bool:
    """Whether the window is over: by time, or because every right held was used or waived in writing (行政处罚法 第六十二条)."""
    return window.due_at is not None and (now >= window.due_at or not open_rights(window))


def open_rights(window: DefenceWindow) -> tuple[str, ...]:
    """The rights that the party has neither used nor waived in writing (行政处罚法 第四十五条、第六十三条)."""
    defence = window.statement_made or (window.defence_waived and window.waiver_signed)
    hearing = not window.hearing_right or window.hearing_requested or (window.hearing_waived and window.waiver_signed)
    return (() if defence else ("陈述、申辩",)) + (() if hearing else ("要求听证",))


def window_reason(window: DefenceWindow, now: datetime) -> str:
    """Why the window is open or closed, as a Chinese sentence (行政处罚法 第四十五条、第六十二条)."""
    if window.due_at is None:
        return "告知书尚未送达，陈述申辩期尚未开始"
    last = window.due_at - timedelta(days=1)
    if now >= window.due_at:
        return f"陈述申辩期已于{chinese_date(last)}届满"
    if rights := open_rights(window):
        return f"陈述申辩期至{chinese_date(last)}届满，当事人的{'、'.join(rights)}权利尚未行使，也没有书面放弃"
    return "当事人享有的权利均已行使或者书面放弃，陈述申辩期提前结束"


def require_window_closed(window: DefenceWindow, now: datetime) -> None:
    """Refuse to go on towards a decision while the party may still speak (行政处罚法 第四十五条、第六十二条、第六十四条)."""
    if not defence_window_closed(window, now):
        raise Unlawful("defence.window_open", f"{window_reason(window, now)}，不得作出行政处罚决定", article=WINDOW)


def require_hearing_notice(notice_served_at: datetime, held_at: datetime, calendar: WorkingCalendar) -> None:
    """Refuse a hearing whose notice was not served seven full working days before (行政处罚法 第六十四条第二项、第八十五条)."""
    limit = load_limits()["TL_HEARING_NOTICE"]
    served, held = legal_time(notice_served_at).date(), legal_time(held_at).date()
    between = calendar.working_days_between(served, held - timedelta(days=1))
    if notice_served_at >= held_at or between < limit.amount:
        message = f"听证通知书于{chinese_moment(notice_served_at)}送达，距{chinese_date(held)}举行听证仅有{between}个工作日，" \
            f"应当提前{limit.amount}个工作日"
        raise Unlawful("hearing.notice_late", message, article=limit.basis, working_days=between)


def remedies_expire_on(decision_served_at: datetime, calendar: WorkingCalendar, *, reconsideration_first: bool) -> date:
    """The day on which the time to apply for reconsideration and to sue has run out; TL_COURT_APPLY starts from it.

    The later of the two (行政复议法 第二十条; 行政诉讼法 第四十六条; 行政强制法 第五十三条). Where reconsideration must come first
    and nobody applied, nobody can sue any more, so the strict reading starts with the end of the first (day sixty).
    """
    limits = load_limits()
    ends = [compute(limits["TL_RECON_APPLY"], decision_served_at, calendar).due_on]
    if not reconsideration_first:
        ends.append(compute(limits["TL_LITIGATE"], decision_served_at, calendar).due_on)
    return max(ends)
