"""How values look on a page: dates, moments, days left, amounts, acts of the journal."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from flask import Flask

from engine.clock import LEGAL_TIME_ZONE, legal_time
from engine.law.calendar import WorkingCalendar

ACTS = {
    "case.opened": "建立案件", "case.refused": "建案被拒绝", "step.completed": "办结环节", "step.refused": "办理被拒绝",
    "limit.reached": "期限届满", "procedure.ended": "程序终结", "documents.issue": "制作文书", "documents.draft": "拟制文书",
    "documents.seal": "文书用印", "documents.archive": "立卷归档", "cases.check_item": "校验执法事项",
    "step.returned": "退回", "step.return_refused": "退回被拒绝", "step.withdrawn": "撤回", "step.withdraw_refused": "撤回被拒绝",
    "step.claimed": "签收", "step.claim_refused": "签收被拒绝", "step.released": "退回待签收", "step.release_refused": "退回待签收被拒绝",
    "copy.sent": "抄送", "copy.refused": "抄送被拒绝", "copy.read": "阅读抄送", "copy.called_back": "收回抄送",
    "step.handed_over": "转办", "step.hand_over_refused": "转办被拒绝", "step.consulted": "征求意见", "step.countersigning": "发起会签",
    "step.consult_refused": "征求意见被拒绝", "opinion.given": "提出意见", "opinion.refused": "提出意见被拒绝",
    "case.stay_asked": "申请中止调查", "case.stay_approved": "批准中止调查", "case.stay_refused": "不批准中止调查",
    "case.termination_asked": "申请终止调查", "case.termination_approved": "批准终止调查", "case.termination_refused": "不批准终止调查",
    "case.stop_refused": "中止、终止申请被拒绝", "case.stop_decision_refused": "中止、终止审批被拒绝", "case.resumed": "恢复办理",
    "case.resume_refused": "恢复被拒绝", "operation.failed": "操作失败", "step.failed": "办理时系统故障", "incident.retried": "重试异常",
    "incident.skipped": "跳过异常", "view.refused": "查看被拒绝",
    "absence.refused": "登记离岗代理被拒绝", "absence.end_refused": "终止离岗代理被拒绝",
    "message.received": "收到消息", "message.refused": "登记消息被拒绝", "cases.record_termination": "记录终止调查",
    "picture.added": "添加图片", "signature.set": "保存签名",
    "number.reserved": "预留号码", "number.used": "登记号码使用", "number.void": "作废号码", "number.returned": "交回号码",
    "document.by_hand": "制作文书", "documents.by_hand": "文书制成", "document.changed": "修改拟制文书", "document.approved": "核准文书",
    "documents.approved": "核准后用印", "document.void": "作废文书", "document.refused": "制作文书被拒绝",
    "case.migrated": "迁移到新版流程", "case.migration_refused": "迁移被拒绝", "case.migration_reverted": "撤回迁移",
    "case.migration_revert_refused": "撤回迁移被拒绝",
    "registers.recorded": "要素库登记",
    "evidence.added": "登记证据", "evidence.refused": "登记证据被拒绝", "evidence.custody": "登记证据保管环节",
    "evidence.file_received": "证据文件入库", "evidence.file_refused": "证据文件被拒绝", "evidence.file_infected": "证据文件发现病毒",
    "cases.check_emergency": "校验应急响应", "oversight.publish": "公示决定", "package.published": "发布流程包",
}


def register(app: Flask) -> None:
    """Make the filters known to the templates."""
    app.add_template_filter(day, "day")
    app.add_template_filter(moment, "moment")
    app.add_template_filter(last_day, "last_day")
    app.add_template_filter(yuan, "yuan")
    app.add_template_filter(act_name, "act_name")
    app.add_template_filter(size, "size")


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


def days_left(calendar: WorkingCalendar, now: datetime, due_at: datetime | None) -> str:
    """How many working days remain to the last day of a period, that day counted, or by how many it is over; empty without one."""
    if due_at is None:
        return ""
    today, last = legal_time(now).date(), legal_time(datetime.fromtimestamp(due_at.timestamp() - 1, LEGAL_TIME_ZONE)).date()
    if last < today:
        return f"已超 {calendar.working_days_between(last, today)} 个工作日"
    return f"还剩 {calendar.working_days_between(today, last)} 个工作日" if last > today else "今日到期"


def yuan(value: Decimal) -> str:
    """186,000.00元."""
    return f"{value:,.2f}元"


def size(count: int) -> str:
    """1.4 GB, 3.2 MB, 812 KB."""
    for unit, length in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if count >= length:
            return f"{count / length:.1f} {unit}"
    return f"{count} 字节"


def act_name(code: str) -> str:
    """Chinese name of a journal act."""
    return ACTS.get(code, code)
