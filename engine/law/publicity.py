"""For how long a decision stays public (公示期): not shorter and not longer than the limits that hold for the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from engine.errors import Unlawful
from engine.law.calendar import WorkingCalendar
from engine.law.deadlines import compute
from engine.law.time_limits import TimeLimit
from engine.law.wording import chinese_date

SHORTEST: Final = "TL_PUBLICITY_MIN"
LONGEST: Final = "TL_PUBLICITY_MAX"


def publicity_window(
    published_at: datetime, limits: Mapping[str, TimeLimit], calendar: WorkingCalendar
) -> tuple[date | None, date | None]:
    """The first and the last day on which a publication may end, None where no limit holds.

    limits: those that hold for the case, by subject: 市场监督管理行政处罚信息公示规定 第十三条 (three years), in Fujian 福建省人民政府令第
    242号 第二十一条第一款 (60 days to two years); a package may set its own in [settings.limits].
    """
    ends = [compute(limits[name], published_at, calendar).due_on if name in limits else None for name in (SHORTEST, LONGEST)]
    return ends[0], ends[1]


def require_publicity_until(
    published_at: datetime, until: date, limits: Mapping[str, TimeLimit], calendar: WorkingCalendar
) -> None:
    """Refuse a publication that ends too early or too late: Unlawful, with the article of the limit that holds."""
    first, last = publicity_window(published_at, limits, calendar)
    if first is not None and until < first:
        message = f"公示的时间太短，最早到{chinese_date(first)}才可以停止公示"
        raise Unlawful("publicity.too_short", message, article=limits[SHORTEST].basis)
    if last is not None and until > last:
        message = f"公示的时间太长，最晚到{chinese_date(last)}应当停止公示"
        raise Unlawful("publicity.too_long", message, article=limits[LONGEST].basis)
