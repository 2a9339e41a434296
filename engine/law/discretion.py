"""Checks a proposed amount against the statute and its tier of discretion (行政裁量权基准)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from engine.errors import Fault, Unlawful
from engine.law.circumstances import EXEMPTING, MITIGATING
from engine.law.wording import money_text

TIERS: Final = MappingProxyType({"T0": "不予处罚", "T1": "减轻处罚", "T2": "从轻处罚", "T3": "一般处罚", "T4": "从重处罚"})


@dataclass(frozen=True)
class DiscretionRange:
    """The amounts in yuan that a tier allows, and those that the statute allows (None when not known)."""

    tier: str
    low: Decimal
    high: Decimal
    statutory_low: Decimal | None = None
    statutory_high: Decimal | None = None


def check_amount(
    limits: DiscretionRange, proposed: Decimal, *, deviation_reason: str = "", mitigating: Collection[str] = (),
    exempting: str = "",
) -> tuple[Fault, ...]:
    """What is wrong with an amount; empty when it is lawful.

    Never above the statute, even for 从重 (行政处罚法 第四条、第四十九条); below it only for 减轻, on a ground that the law lists and
    no other reason (第三十条至第三十二条); outside the tier only with a reason (第三十四条); nothing at all for 不予处罚, on a ground
    of 第三十条、第三十一条、第三十三条. mitigating, exempting: codes of engine.law.circumstances.
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
    if limits.tier == "T0":
        if proposed > 0:
            faults.append(_fault("amount", "exempted", "裁量阶次为不予处罚的，不得罚款（行政处罚法 第三十三条）"))
        if exempting not in EXEMPTING:
            text = "不予处罚应当写明法定的事由（行政处罚法 第三十条、第三十一条、第三十三条）"
            faults.append(_fault("no_penalty_reason", "no_exemption", text))
    if limits.tier == "T1" and not set(mitigating) & MITIGATING.keys():
        text = "减轻处罚应当写明法定的减轻情形，不能以其他理由代替（行政处罚法 第三十条至第三十二条）"
        faults.append(_fault("mitigating", "no_ground", text))
    if not limits.low <= proposed <= limits.high and not deviation_reason.strip():
        text = f"拟罚款{money_text(proposed)}不在“{TIERS[limits.tier]}”阶次的幅度{money_text(limits.low)}至" \
            f"{money_text(limits.high)}之内，应当说明理由（行政处罚法 第三十四条）"
        faults.append(_fault("amount", "outside_tier", text))
    return tuple(faults)


def check_tier(by_standard: str, chosen: str, deviation_reason: str = "") -> tuple[Fault, ...]:
    """A tier other than the standard's needs a reason.

    Basis: 行政处罚法 第三十四条; 四川省行政权力依法规范公开运行电子监察管理办法（试行） 第十条第二项第七目.
    """
    if chosen == by_standard or deviation_reason.strip():
        return ()
    text = f"按裁量基准应为“{TIERS.get(by_standard, by_standard)}”，填写的是“{TIERS.get(chosen, chosen)}”，" \
        "应当改正或者说明偏离基准的理由（行政处罚法 第三十四条）"
    return (_fault("tier", "tier_mismatch", text),)


def require_within_tier(
    limits: DiscretionRange, proposed: Decimal, *, by_standard: str = "", deviation_reason: str = "",
    mitigating: Collection[str] = (), exempting: str = "",
) -> None:
    """Refuse what check_tier and check_amount find wrong: Unlawful (行政处罚法 第三十四条), with every fault.

    by_standard: the tier that the discretion standard gives, when one was applied; limits.tier is the one chosen.
    """
    faults = (
        *check_tier(by_standard or limits.tier, limits.tier, deviation_reason),
        *check_amount(limits, proposed, deviation_reason=deviation_reason, mitigating=mitigating, exempting=exempting),
    )
    if faults:
        raise Unlawful(
            faults[0].code, "；".join(fault.message for fault in faults),
            article="行政处罚法 第五条、第三十二条、第三十四条", faults=faults,
        )


def deviates(limits: DiscretionRange, proposed: Decimal, *, by_standard: str = "") -> bool:
    """Whether tier or amount leave the standard, so that the heads discuss it together (行政处罚法 第三十四条、第五十七条)."""
    return not limits.low <= proposed <= limits.high or (by_standard or limits.tier) != limits.tier


def _fault(where: str, code: str, message: str) -> Fault:
    return Fault(where, f"discretion.{code}", message)
