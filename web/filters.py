"""How values look on a page: dates, moments, days left, amounts, acts of the journal."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from flask import Flask

from engine.clock import LEGAL_TIME_ZONE

ACTS = {
    "case.opened": "建立案件", "case.refused": "建案被拒绝", "step.completed": "办结环节", "step.refused": "办理被拒绝",
    "limit.reached": "期限届满", "procedure.ended": "程序终结", "documents.issue": "制作文书", "documents.draft": "拟制文书",
    "documents.seal": "文书用印", "documents.archive": "立卷归档", "cases.check_item": "校验执法事项",
    "cases.check_emergency": "校验应急响应", "oversight.publish": "公示决定", "package.published": "发布流程包",
}


def register(app: Flask) -> None:
    """Make the filters known to the templates."""
    app.add_template_filter(day, "day")
    app.add_template_filter(moment, "moment")
    app.add_template_filter(last_day, "last_day")
    app.add_template_filter(yuan, "yuan")
    app.add_template_filter(act_name, "act_name")


def day(value: date | None) -> str:
    """2026-05-12, empty for nothing."""
    return value.isoformat()[:10] if value else ""


def moment(value: datetime | None) -> str:
    """2026-05-12 15:00 in legal time, empty for nothing."""
    return value.astimezone(LEGAL_TIME_ZONE).strftime("%Y-%m-%d %H:%M") if value else ""


def last_day(due_at: datetime | None) -> str:
    """The last day of a period whose instant is the end of that day."""
    if due_at is None:
        return ""
    return datetime.fromtimestamp(due_at.timestamp() - 1, LEGAL_TIME_ZONE).date().isoformat()


def yuan(value: Decimal) -> str:
    """186,000.00元."""
    return f"{value:,.2f}元"


def act_name(code: str) -> str:
    """Chinese name of a journal act."""
    return ACTS.get(code, code)
