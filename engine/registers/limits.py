"""Under which time limits the registers are kept: a choice of the deployment among the rows of the law's own table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from engine.clock import at_legal_midnight
from engine.law.calendar import WorkingCalendar
from engine.law.deadlines import Deadline, compute
from engine.law.time_limits import load_limits

SICHUAN = "四川省行政职权目录动态调整管理办法（试行）"
ABA = "阿坝州行政权力依法规范公开运行实施办法（试行）"
LAW_TEXT = "TL_LAW_TEXT"


@dataclass(frozen=True)
class ChangeLimits:
    """Ids of the limits for applying, reviewing and publishing a change of the catalogue."""

    apply: str
    review: str
    publish: str


# Working days throughout (阿坝 第五十四条), or the stricter reading of the provincial text, whose 日 are calendar days.
ABA_LIMITS = ChangeLimits("TL_CAT_APPLY_AB", "TL_CAT_REVIEW_AB", "TL_CAT_UPDATE_AB")
SICHUAN_LIMITS = ChangeLimits("TL_CAT_APPLY_SC", "TL_CAT_REVIEW_AB", "TL_CAT_UPDATE_SC")
SCHEMES = MappingProxyType({"aba": ABA_LIMITS, "sichuan": SICHUAN_LIMITS})


def due(limit_id: str, started: date, calendar: WorkingCalendar) -> Deadline:
    """When a limit that started on a day ends, with its reckoning."""
    return compute(load_limits()[limit_id], at_legal_midnight(started), calendar)


def article_of(limit_id: str) -> str:
    """The article on which a limit rests."""
    return load_limits()[limit_id].basis
