"""The time limits of the registers: when a law text has to be supplied and a catalogue change applied for, reviewed, published.

They stand here until the table of the law names them; then the table's rows win.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from engine.clock import at_legal_midnight
from engine.law.calendar import WorkingCalendar
from engine.law.deadlines import Deadline, compute
from engine.law.time_limits import AGENCY_DUTY, CALENDAR_DAY, WITHIN, WORKING_DAY, TimeLimit, load_limits

SICHUAN = "四川省行政职权目录动态调整管理办法（试行）"
ABA = "阿坝州行政权力依法规范公开运行实施办法（试行）"


def _limit(identifier: str, name: str, amount: int, unit: str, started_by: str, ended_by: str, scope: str, basis: str) -> TimeLimit:
    return TimeLimit(
        id=identifier, name=name, amount=amount, unit=unit, direction=WITHIN, protects=AGENCY_DUTY, start_event="", end_event="",
        started_by=started_by, ended_by=ended_by, procedures=(), scope=scope, basis=basis, rolls=False, suspensions=(),
        extensions=(), yellow_remaining=max(2, amount // 5), yellow_unit=unit, on_expiry="", confidence="verified",
    )


_CHANGED, _APPLIED, _APPROVED = "依据或者职能变动公布", "收到调整申请", "本级人民政府审定"
OWN = MappingProxyType({limit.id: limit for limit in (
    _limit("TL_CAT_APPLY_SC", "职权目录动态调整申请（四川）", 20, CALENDAR_DAY, _CHANGED, "提出申请", "province:sichuan",
           f"{SICHUAN} 第三条"),
    _limit("TL_CAT_APPLY_AB", "职权目录动态调整申请（阿坝）", 20, WORKING_DAY, _CHANGED, "提出申请", "prefecture:aba",
           f"{ABA} 第十八条、第五十四条"),
    _limit("TL_CAT_REVIEW_AB", "平台管理部门审核（阿坝）", 10, WORKING_DAY, _APPLIED, "提出审核意见", "prefecture:aba",
           f"{ABA} 第十九条、第五十四条"),
    _limit("TL_CAT_UPDATE_AB", "审定后更新并公布（阿坝）", 15, WORKING_DAY, _APPROVED, "更新目录并公布", "prefecture:aba",
           f"{ABA} 第二十条、第五十四条"),
    _limit("TL_CAT_UPDATE_SC", "审定后更新目录（四川）", 10, CALENDAR_DAY, _APPROVED, "更新目录", "province:sichuan",
           f"{SICHUAN} 第五条"),
    _limit("TL_LAW_TEXT", "法规标准文本提供", 10, WORKING_DAY, "法律法规、规章颁布", "提供标准文本", "province:guangdong",
           "粤府〔2023〕73号 第五十二条"),
)})


@dataclass(frozen=True)
class ChangeLimits:
    """Ids of the limits under which the catalogue is changed, a choice of the deployment."""

    apply: str
    review: str
    publish: str


# Working days throughout (阿坝 第五十四条), or the stricter reading of the provincial text, whose 日 are calendar days.
ABA_LIMITS = ChangeLimits("TL_CAT_APPLY_AB", "TL_CAT_REVIEW_AB", "TL_CAT_UPDATE_AB")
SICHUAN_LIMITS = ChangeLimits("TL_CAT_APPLY_SC", "TL_CAT_REVIEW_AB", "TL_CAT_UPDATE_SC")
SCHEMES = MappingProxyType({"aba": ABA_LIMITS, "sichuan": SICHUAN_LIMITS})


def due(limit_id: str, started: date, calendar: WorkingCalendar) -> Deadline:
    """When a limit that started on a day ends, with its reckoning."""
    return compute(load_limits().get(limit_id) or OWN[limit_id], at_legal_midnight(started), calendar)
