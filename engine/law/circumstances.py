"""What makes a penalty lighter, heavier or none at all (从轻、减轻、从重、不予), and which tiers that leaves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from engine.errors import Invalid, Unlawful

FOURTEEN, EIGHTEEN = 14, 18
MITIGATING: Final = MappingProxyType(
    {
        "M1": ("主动消除或者减轻违法行为危害后果", "行政处罚法 第三十二条第一项"),
        "M2": ("受他人胁迫或者诱骗实施违法行为", "行政处罚法 第三十二条第二项"),
        "M3": ("主动供述行政机关尚未掌握的违法行为", "行政处罚法 第三十二条第三项"),
        "M4": ("配合行政机关查处违法行为有立功表现", "行政处罚法 第三十二条第四项"),
        "M5": ("已满十四周岁不满十八周岁的未成年人", "行政处罚法 第三十条"),
        "M6": ("尚未完全丧失辨认或者控制自己行为能力的精神病人、智力残疾人", "行政处罚法 第三十一条"),
        "M7": ("法律、法规、规章规定其他应当从轻或者减轻行政处罚", "行政处罚法 第三十二条第五项"),
    }
)
OPTIONAL: Final = frozenset({"M6"})
EXEMPTING: Final = MappingProxyType(
    {
        "NP_MINOR": ("违法行为轻微并及时改正，没有造成危害后果", "行政处罚法 第三十三条第一款"),
        "NP_FIRST": ("初次违法且危害后果轻微并及时改正", "行政处罚法 第三十三条第一款"),
        "NP_NO_FAULT": ("当事人有证据足以证明没有主观过错", "行政处罚法 第三十三条第二款"),
        "NP_MINOR_AGE": ("不满十四周岁的未成年人", "行政处罚法 第三十条"),
        "NP_MENTAL": ("不能辨认或者不能控制自己行为的精神病人、智力残疾人", "行政处罚法 第三十一条"),
        "NP_LIMITATION": ("违法行为超过时效未被发现", "行政处罚法 第三十六条"),
        "NP_NOT_ESTABLISHED": ("违法事实不能成立", "行政处罚法 第五十七条第一款第三项"),
    }
)
MAY_EXEMPT: Final = frozenset({"NP_FIRST"})
AGGRAVATING: Final = MappingProxyType(
    {
        "EMERGENCY": ("违反突发事件应对措施", "行政处罚法 第四十九条"),
        "SERIOUS": ("违法行为严重或者社会影响较大", "价格违法行为行政处罚规定 第十七条第二款第一项"),
        "REPEAT": ("屡查屡犯", "价格违法行为行政处罚规定 第十七条第二款第二项"),
        "DESTROY": ("伪造、涂改或者转移、销毁证据", "价格违法行为行政处罚规定 第十七条第二款第三项"),
        "MOVE": ("转移与违法行为有关的资金或者商品", "价格违法行为行政处罚规定 第十七条第二款第四项"),
        "REFUSE_REFUND": ("拒不退还多付价款", "价格违法行为行政处罚规定 第十七条第二款第五项"),
        "OTHER": ("法律、法规、规章规定的其他从重情形", "行政处罚法 第四条"),
    }
)


@dataclass(frozen=True)
class Weighing:
    """Which tiers the circumstances leave: tiers (subset of T0–T4), exempt (not a choice: no penalty), why, and articles.

    weigh: lighter and heavier circumstances meet, so that the heads weigh them together (行政处罚法 第五条第二款、第五十七条第二款).
    """

    tiers: frozenset[str]
    exempt: bool
    weigh: bool
    reasons: tuple[str, ...]
    articles: tuple[str, ...]


def weigh(codes: Collection[str]) -> Weighing:
    """Which tiers a set of circumstances leaves; codes of MITIGATING, EXEMPTING and AGGRAVATING.

    不予 leaves T0 alone, 可以不予 (初次违法) adds it. 应当从轻或者减轻 leaves T1 and T2, 可以 adds them; 从重 leaves T4. Lighter and
    heavier together leave T2 to T4. Without any circumstance T3; T2 stays open to a standard that a lighter case fits (第五条).
    A heavier circumstance never opens a way to exemption by choice. Basis: 行政处罚法 第三十条至第三十三条、第四十九条.
    """
    known = {**MITIGATING, **EXEMPTING, **AGGRAVATING}
    if strange := sorted(set(codes) - known.keys()):
        raise Invalid("circumstances.unknown", f"没有“{strange[0]}”这种裁量情节", circumstance=strange[0])
    given = [code for code in known if code in codes]
    must_exempt = [code for code in given if code in EXEMPTING and code not in MAY_EXEMPT]
    may_exempt = [code for code in given if code in MAY_EXEMPT]
    must_lighten = [code for code in given if code in MITIGATING and code not in OPTIONAL]
    may_lighten = [code for code in given if code in OPTIONAL]
    heavier = [code for code in given if code in AGGRAVATING]
    if must_exempt:
        tiers = {"T0"}
    elif heavier:
        tiers = {"T2", "T3", "T4"} if must_lighten or may_lighten else {"T4"}
    elif must_lighten:
        tiers = {"T1", "T2"}
    else:
        tiers = {"T1", "T2", "T3"} if may_lighten else {"T2", "T3"}
    if may_exempt and not heavier:
        tiers.add("T0")
    return Weighing(
        tiers=frozenset(tiers), exempt=bool(must_exempt), weigh=bool(heavier and (must_lighten or may_lighten)),
        reasons=tuple(known[code][0] for code in given), articles=tuple(dict.fromkeys(known[code][1] for code in given)),
    )


def require_tier_open(tier: str, codes: Collection[str]) -> None:
    """Refuse a tier that the circumstances do not leave open: Unlawful with their articles."""
    left = weigh(codes)
    if tier not in left.tiers:
        names = {"T0": "不予处罚", "T1": "减轻处罚", "T2": "从轻处罚", "T3": "一般处罚", "T4": "从重处罚"}
        allowed = "、".join(names[each] for each in sorted(left.tiers))
        because = "；".join(left.reasons) or "没有从轻、减轻、从重情节"
        raise Unlawful(
            "circumstances.tier", f"{because}，只能{allowed}，不得{names.get(tier, tier)}",
            article="; ".join(left.articles) or "行政处罚法 第五条第二款、第三十二条",
        )


def age_circumstance(born_on: date, acted_on: date) -> str:
    """The circumstance that follows from the party's age on the day of the act; empty from eighteen on (行政处罚法 第三十条).

    A year of age is full on the day after the birthday (practice of the criminal courts, the strict reading; memory).
    """
    if acted_on < born_on:
        raise Invalid("circumstances.birth", "出生日期不得晚于违法行为的日期")
    years = acted_on.year - born_on.year - ((acted_on.month, acted_on.day) <= (born_on.month, born_on.day))
    if years < FOURTEEN:
        return "NP_MINOR_AGE"
    return "M5" if years < EIGHTEEN else ""


def mental_circumstance(*, disordered: bool, controlled: bool, fully_lost: bool) -> str:
    """The circumstance that follows from a mental disorder (行政处罚法 第三十一条); empty when it changes nothing.

    controlled: the party could discern and control the act (an intermittent patient while well is punished); fully_lost:
    the ability was wholly lost at the time of the act.
    """
    if not disordered or controlled:
        return ""
    return "NP_MENTAL" if fully_lost else "M6"
