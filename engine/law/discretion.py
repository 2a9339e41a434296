"""Checks a proposed amount against the statute and its tier of discretion (行政裁量权基准)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from engine.errors import Fault, Unlawful
from engine.law.wording import money_text

ZERO: Final = Decimal(0)
TIERS: Final = MappingProxyType({"T0": "不予处罚", "T1": "减轻处罚", "T2": "从轻处罚", "T3": "一般处罚", "T4": "从重处罚"})
MITIGATION_GROUNDS: Final = MappingProxyType(
    {
        "M1": "主动消除或者减轻违法行为危害后果",
        "M2": "受他人胁迫或者诱骗实施违法行为",
        "M3": "主动供述行政机关尚未掌握的违法行为",
        "M4": "配合行政机关查处违法行为有立功表现",
        "M5": "法律、法规、规章规定其他应当从轻或者减轻行政处罚",
    }
)


@dataclass(frozen=True)
class DiscretionRange:
    """The amounts in yuan that a tier allows, and those that the statute allows (None when not known)."""

    tier: str
    low: Decimal
    high: Decimal
    statutory_low: Decimal | None = None
    statutory_high: Decimal | None = None


def check_amount(
    limits: DiscretionRange, proposed: Decimal, *, deviation_reason: str = "", mitigation_ground: str = ""
) -> tuple[Fault, ...]:
    """What is wrong with an amount; empty when it is lawful.

    Never above the statute, even for 从重 (行政处罚法 第四条、第四十九条); below it only for 减轻, which needs a ground
    (第三十二条); outside the tier only with a reason (第三十四条); nothing at all for 不予处罚 (第三十三条).
    """
    faults = []
    if limits.tier not in TIERS:
        return (_fault("tier", "tier_unknown", f"裁量阶次“{limits.tier}”不存在"),)
    if limits.low > limits.high:
        faults.append(_fault("range", "range", "裁量幅度的下限不得高于上限"))
    if limits.statutory_high is not None and proposed > limits.statutory_high:
        text = f"拟罚款{money_text(proposed)}，高于法定最高额{money_text(limits.statutory_high)}（行政处罚法 第四条）"
        faults.append(_fault("amount", "above_statute", text))
    if limits.statutory_low is not None and proposed < limits.statutory_low and limits.tier not in ("T0", "T1"):
        text = f"拟罚款{money_text(proposed)}，低于法定最低额{money_text(limits.statutory_low)}，只有减轻处罚才可以（行政处罚法 第三十二条）"
        faults.append(_fault("amount", "below_statute", text))
    if limits.tier == "T0" and proposed > 0:
        faults.append(_fault("amount", "exempted", "裁量阶次为不予处罚的，不得罚款（行政处罚法 第三十三条）"))
    if limits.tier == "T1" and not (mitigation_ground.strip() or deviation_reason.strip()):
        faults.append(_fault("mitigation_ground", "no_ground", "减轻处罚应当写明法定的减轻情形（行政处罚法 第三十二条）"))
    if not limits.low <= proposed <= limits.high and not deviation_reason.strip():
        text = f"拟罚款{money_text(proposed)}不在“{TIERS[limits.tier]}”阶次的幅度{money_text(limits.low)}至" \
            f"{money_text(limits.high)}之内，应当说明理由（行政处罚法 第三十四条）"
        faults.append(_fault("amount", "outside_tier", text))
    return tuple(faults)


def require_within_tier(
    *, tier: str, low: Decimal, high: Decimal, proposed: Decimal, deviation_reason: str = "",
    mitigation_ground: str = "", statutory_low: Decimal | None = None, statutory_high: Decimal | None = None,
) -> None:
    """Refuse an amount that check_amount finds wrong: Unlawful (行政处罚法 第三十四条), with every fault."""
    limits = DiscretionRange(tier, low, high, statutory_low, statutory_high)
    faults = check_amount(limits, proposed, deviation_reason=deviation_reason, mitigation_ground=mitigation_ground)
    if faults:
        raise Unlawful(
            faults[0].code, "；".join(fault.message for fault in faults),
            article="行政处罚法 第五条、第三十二条、第三十四条", faults=faults,
        )


def deviates(low: Decimal, high: Decimal, proposed: Decimal) -> bool:
    """Whether an amount lies outside its tier, so that the heads must discuss it together (行政处罚法 第三十四条、第五十七条)."""
    return not low <= proposed <= high


def _fault(where: str, code: str, message: str) -> Fault:
    return Fault(where, f"discretion.{code}", message)
