"""Judges penalties: their kinds, the right to a hearing, what makes a case major, and what exceeds the notice."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from engine.errors import Invalid
from engine.law.surcharges import surcharge as surcharge
from engine.law.wording import money_text

PENALTY_KINDS: Final = MappingProxyType(
    {
        "WARNING": "警告",
        "CRITICISM": "通报批评",
        "FINE": "罚款",
        "CONFISCATE_GAIN": "没收违法所得",
        "CONFISCATE_GOODS": "没收非法财物",
        "SUSPEND_LICENSE": "暂扣许可证件",
        "DOWNGRADE": "降低资质等级",
        "REVOKE_LICENSE": "吊销许可证件",
        "RESTRICT_BUSINESS": "限制开展生产经营活动",
        "STOP_BUSINESS": "责令停产停业",
        "CLOSE": "责令关闭",
        "RESTRICT_JOB": "限制从业",
        "DETENTION": "行政拘留",
        "OTHER": "法律、行政法规规定的其他行政处罚",
    }
)
MONEY_KINDS: Final = frozenset({"FINE", "CONFISCATE_GAIN"})
_LASTING = frozenset({"SUSPEND_LICENSE", "RESTRICT_BUSINESS", "STOP_BUSINESS", "RESTRICT_JOB", "DETENTION"})
_PERIOD = re.compile(r"([0-9]{1,4})\s*(日|天|个月|年)")
_PERIOD_DAYS = {"日": 1, "天": 1, "个月": 30, "年": 365}
_SHORT_SUSPENSION = 30
ZERO: Final = Decimal(0)


@dataclass(frozen=True)
class ProposedPenalty:
    """One penalty: kind of PENALTY_KINDS (行政处罚法 第九条), amount in yuan (value of goods), detail in words.

    A fine and confiscated gains need an amount; Invalid otherwise.
    """

    kind: str
    amount: Decimal | None = None
    detail: str = ""

    def __post_init__(self) -> None:
        if self.kind not in PENALTY_KINDS:
            raise Invalid("penalty.kind", f"行政处罚法第九条没有“{self.kind}”这一处罚种类", kind=self.kind)
        if self.amount is None and self.kind in MONEY_KINDS:
            raise Invalid("penalty.amount", f"{PENALTY_KINDS[self.kind]}应当写明金额", kind=self.kind)
        if self.amount is not None and not self.amount >= ZERO:
            raise Invalid("penalty.amount", f"{PENALTY_KINDS[self.kind]}的金额不得为负数", kind=self.kind)


@dataclass(frozen=True)
class Thresholds:
    """From which amounts in yuan a hearing is due or a case is major; the defaults are the national figures.

    hearing_fine_person, hearing_fine_organisation: 市场监督管理行政处罚听证办法 第五条第三项 (a province may set others).
    sole_trader_counts_as_person: 个体工商户 as a natural person, which is practice. included: the figure itself counts, which
    it does not in agriculture (农业行政处罚程序规定 第五十九条第二款: 超过). collective_discussion_fine: proposed.
    other_heavier: kinds treated as 其他较重的行政处罚, proposed.
    """

    hearing_fine_person: Decimal = Decimal(10000)
    hearing_fine_organisation: Decimal = Decimal(100000)
    sole_trader_counts_as_person: bool = True
    included: bool = True
    collective_discussion_fine: Decimal = Decimal(100000)
    other_heavier: frozenset[str] = field(default=frozenset({"SUSPEND_LICENSE", "RESTRICT_BUSINESS"}))

    def hearing_fine(self, party_type: str) -> Decimal:
        """The figure for a party of type PERSON, SOLE, LEGAL or OTHER_ORG."""
        person = party_type == "PERSON" or (party_type == "SOLE" and self.sole_trader_counts_as_person)
        return self.hearing_fine_person if person else self.hearing_fine_organisation

    def large(self, amount: Decimal, party_type: str) -> bool:
        """Whether an amount is 较大数额 for a party of this type (行政处罚法 第六十三条第一款)."""
        figure = self.hearing_fine(party_type)
        return amount >= figure if self.included else amount > figure


@dataclass(frozen=True)
class HearingGround:
    """Why the party may ask for a hearing: code HL1–HL5, in words, with its article."""

    code: str
    name: str
    article: str


def penalty_text(penalty: ProposedPenalty) -> str:
    """A penalty in words as a decision states it, e.g. 罚款186,000.00元 (行政处罚法 第五十九条)."""
    amount = money_text(penalty.amount) if penalty.amount is not None and penalty.kind in MONEY_KINDS else ""
    detail = f"（{penalty.detail}）" if penalty.detail else ""
    return f"{PENALTY_KINDS[penalty.kind]}{amount}{detail}"


def total(penalties: Iterable[ProposedPenalty], *kinds: str) -> Decimal:
    """Sum in yuan of the penalties of these kinds."""
    return sum((item.amount or ZERO for item in penalties if item.kind in kinds), ZERO)


def hearing_right(
    penalties: Collection[ProposedPenalty], party_type: str, thresholds: Thresholds | None = None
) -> tuple[HearingGround, ...]:
    """The grounds on which the party has the right to a hearing; empty means none.

    Basis: 行政处罚法 第六十三条第一款; 市场监督管理行政处罚听证办法 第五条.
    """
    figures = thresholds or Thresholds()
    kinds = {item.kind for item in penalties}
    law, rule = "行政处罚法 第六十三条第一款", "市场监督管理行政处罚听证办法 第五条"
    found = []
    if figures.large(total(penalties, "FINE"), party_type):
        found.append(HearingGround("HL1", "较大数额罚款", f"{law}第一项; {rule}第三项"))
    if figures.large(total(penalties, "CONFISCATE_GAIN", "CONFISCATE_GOODS"), party_type):
        found.append(HearingGround("HL2", "没收较大数额违法所得、没收较大价值非法财物", f"{law}第二项; {rule}第四项"))
    if kinds & {"DOWNGRADE", "REVOKE_LICENSE"}:
        found.append(HearingGround("HL3", "降低资质等级、吊销许可证件", f"{law}第三项; {rule}第二项"))
    if kinds & {"STOP_BUSINESS", "CLOSE", "RESTRICT_JOB"}:
        found.append(HearingGround("HL4", "责令停产停业、责令关闭、限制从业", f"{law}第四项; {rule}第一项"))
    if any(item.kind in figures.other_heavier and not _short_suspension(item) for item in penalties):
        found.append(HearingGround("HL5", "其他较重的行政处罚", f"{law}第五项"))
    return tuple(found)


def legal_review_required(triggers: Collection[str], *, hearing_held: bool) -> bool:
    """Whether 法制审核 must come before the decision: a trigger LR1–LR4, or a hearing was held (行政处罚法 第五十八条)."""
    return bool(triggers) or hearing_held


def is_major(
    penalties: Collection[ProposedPenalty], legal_review_triggers: Collection[str], hearing_held: bool,
    thresholds: Thresholds | None = None, *, party_type: str = "PERSON", tier: str = "", deviates: bool = False,
) -> bool:
    """Whether the heads must discuss the case together (行政处罚法 第五十七条第二款; 程序规定 第六十条第二款).

    True with a ground for legal review, a hearing held, a penalty of HL2–HL5, a fine from the agency's own figure, tier T1
    or an amount outside its tier. Without a party type the lower figures of a natural person count.
    """
    figures = thresholds or Thresholds()
    heavy = any(ground.code != "HL1" for ground in hearing_right(penalties, party_type, figures))
    large = total(penalties, "FINE") >= figures.collective_discussion_fine
    return legal_review_required(legal_review_triggers, hearing_held=hearing_held) or heavy or large or deviates or tier == "T1"


def not_heavier(noticed: Collection[ProposedPenalty], decided: Collection[ProposedPenalty]) -> tuple[str, ...]:
    """In what a decision goes beyond the prior notice; empty when it does not (行政处罚法 第四十四条、第四十五条第二款).

    A kind that was not told, a higher sum of a kind, or a longer (or not comparable) period of a lasting penalty.
    """
    reasons = []
    for kind, name in PENALTY_KINDS.items():
        before, after = [p for p in noticed if p.kind == kind], [p for p in decided if p.kind == kind]
        if not after:
            continue
        told, meant = total(before, kind), total(after, kind)
        if not before:
            reasons.append(f"没有告知过{name}")
        elif meant > told and any(item.amount is not None for item in before):
            reasons.append(f"{name}由告知的{money_text(told)}增加到{money_text(meant)}")
        elif kind in _LASTING and not _periods_within(before, after):
            reasons.append(f"{name}的期限长于告知的期限，或者与告知的内容无法比较")
    return tuple(reasons)


def _periods_within(before: Collection[ProposedPenalty], after: Collection[ProposedPenalty]) -> bool:
    if {item.detail for item in after} <= {item.detail for item in before}:
        return True
    old, new = [_period_days(item.detail) for item in before], [_period_days(item.detail) for item in after]
    if None in old or None in new:
        return False
    return max(days or 0 for days in new) <= max(days or 0 for days in old)


def _period_days(detail: str) -> int | None:
    """The period that a detail names, in days; None unless it names exactly one."""
    found = _PERIOD.findall(detail)
    return int(found[0][0]) * _PERIOD_DAYS[found[0][1]] if len(found) == 1 else None


def _short_suspension(penalty: ProposedPenalty) -> bool:
    days = _period_days(penalty.detail)
    return penalty.kind == "SUSPEND_LICENSE" and days is not None and days <= _SHORT_SUSPENSION
