"""Whether a time limit may be extended: how often, how far, by whom and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from engine.errors import Unlawful
from engine.law.explaining import UNITS
from engine.law.time_limits import ExtensionRule, TimeLimit
from engine.law.wording import chinese_date


@dataclass(frozen=True)
class Extension:
    """An approved extension: amount in the unit of its rule, who approved it (agency_head, collective_discussion …).

    granted_on: the day of the approval; what is approved after the limit has run out extends nothing. None: in time.
    """

    amount: int
    approver: str = "agency_head"
    reason: str = ""
    granted_on: date | None = None


def granting_rule(limit: TimeLimit, position: int, extension: Extension) -> ExtensionRule:
    """The rule that grants the extension at this position (0 is the first one); raises Unlawful saying why none does.

    Basis: each rule's own, e.g. 市场监督管理行政处罚程序规定 第六十四条第一款; 行政强制法 第二十五条第一款.
    """
    rules = [rule for rule in limit.extensions for _ in range(rule.times)]
    if not rules:
        raise _refused(limit, limit.basis, "法律、法规、规章没有规定可以延长")
    if position >= len(rules):
        raise _refused(limit, rules[-1].basis, f"最多可以延长{len(rules)}次")
    rule = rules[position]
    if rule.approver != extension.approver:
        raise _refused(limit, rule.basis, "批准延长的机关或者负责人不符合规定")
    if extension.amount < 1:
        raise _refused(limit, rule.basis, "延长的期限应当大于零")
    if rule.amount is not None and extension.amount > rule.amount:
        raise _refused(limit, rule.basis, f"延长的期限最多{rule.amount}{UNITS[rule.unit]}，不能是{extension.amount}{UNITS[rule.unit]}")
    return rule


def require_timely(limit: TimeLimit, rule: ExtensionRule, extension: Extension, last: date) -> None:
    """Refuse an extension that was approved after the last day: what has run out cannot be extended."""
    if extension.granted_on is not None and extension.granted_on > last:
        text = f"期限已于{chinese_date(last)}届满，{chinese_date(extension.granted_on)}的批准不能再延长"
        raise _refused(limit, rule.basis, text)


def _refused(limit: TimeLimit, article: str, reason: str) -> Unlawful:
    return Unlawful("deadline.extension", f"“{limit.name}”不得这样延长：{reason}", article=article, limit=limit.id)
