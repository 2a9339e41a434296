"""Withdrawal (回避): who must withdraw, who decides on it, and what the person may do until then and afterwards."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from engine.errors import Invalid, Unlawful
from engine.law.local_rules import LocalRules

GROUNDS: Final = MappingProxyType(
    {
        "PARTY": "是本案当事人或者当事人、代理人的近亲属",
        "INTEREST": "本人或者其近亲属与本案有直接利害关系",
        "OTHER": "与本案有其他关系，可能影响公正执法",
    }
)
ARTICLE: Final = "行政处罚法 第四十三条"
SAMR: Final = "市场监督管理行政处罚程序规定 第四条第一款"
HEARING: Final = "市场监督管理行政处罚听证办法 第四条第二款"
DECIDERS: Final = MappingProxyType(
    {"PANEL": "机关负责人集体讨论", "CHIEF": "机关主要负责人", "HEAD": "机关负责人", "CHAIR": "听证主持人"}
)
ROLES: Final = MappingProxyType(
    {
        "OFFICER": "办案人员", "REVIEWER": "审核人员", "EXPERT": "检验、检测、鉴定人员", "OTHER_HEAD": "机关其他负责人",
        "CHIEF": "机关主要负责人", "HEARING_CHAIR": "听证主持人", "HEARING_MEMBER": "听证员、记录员、翻译人员",
    }
)


@dataclass(frozen=True)
class Decider:
    """Who decides on a withdrawal: code of DECIDERS, in words, and by which article."""

    code: str
    name: str
    article: str


def must_withdraw(grounds: Collection[str]) -> bool:
    """Whether a person must withdraw, asked or not: any ground is enough (行政处罚法 第四十三条第一款)."""
    if strange := sorted(set(grounds) - GROUNDS.keys()):
        raise Invalid("withdrawal.ground", f"没有“{strange[0]}”这种回避事由")
    return bool(grounds)


def decider(role: str, rules: LocalRules | None = None) -> Decider:
    """Who decides whether a person in this role withdraws.

    The chief: the heads together; other heads: the chief; others: a head of the agency (行政处罚法 第四十三条第三款;
    市场监督管理行政处罚程序规定 第四条), or the chief where the package says so (农业行政处罚程序规定 第五条第二款). In a hearing the
    chair: a head; members, recorder and interpreter: the chair (市场监督管理行政处罚听证办法 第四条).
    """
    if role not in ROLES:
        raise Invalid("withdrawal.role", f"没有“{role}”这种办案角色", role=role)
    choices = rules or LocalRules()
    if role == "CHIEF":
        code, article = "PANEL", f"{SAMR}; 农业行政处罚程序规定 第五条第二款"
    elif role == "OTHER_HEAD":
        code, article = "CHIEF", f"{SAMR}; 农业行政处罚程序规定 第五条第二款"
    elif role == "HEARING_CHAIR":
        code, article = "HEAD", HEARING
    elif role == "HEARING_MEMBER":
        code, article = "CHAIR", HEARING
    else:
        code = "CHIEF" if choices.withdrawal_decided_by == "chief" else "HEAD"
        article = f"{ARTICLE}第三款; {choices.article('withdrawal_decided_by')}"
    return Decider(code, DECIDERS[code], article)


def require_lawful_decision(
    role: str, person: str, decided_by_code: str, decided_by: str, *, grounds: Collection[str], granted: bool,
    rules: LocalRules | None = None,
) -> None:
    """Refuse a decision on a withdrawal by the wrong one, on oneself, or against a ground that is there (第四十三条).

    person, decided_by: ids of officers (decided_by empty for the panel). The chief may decide wherever a head may.
    """
    right = decider(role, rules)
    allowed = {"HEAD": {"HEAD", "CHIEF"}}.get(right.code, {right.code})
    if decided_by_code not in allowed:
        message = f"{ROLES[role]}的回避由{right.name}决定"
        raise Unlawful("withdrawal.decider", message, article=right.article)
    if decided_by == person:
        raise Unlawful("withdrawal.own_case", "不得由本人决定自己是否回避", article=right.article)
    if must_withdraw(grounds) and not granted:
        named = "；".join(GROUNDS[ground] for ground in GROUNDS if ground in grounds)
        raise Unlawful("withdrawal.refused", f"{ROLES[role]}{named}，应当回避", article=f"{ARTICLE}第一款")


def require_not_withdrawn(person: str, withdrawn: Collection[str]) -> None:
    """Refuse any act in the case by a person whose withdrawal was decided (行政处罚法 第四十三条第一款).

    Until the decision the investigation goes on (第三款): a mere application stops nobody.
    """
    if person in withdrawn:
        raise Unlawful("withdrawal.withdrawn", "已经决定回避的人员不得再参与本案的调查、审核、听证和决定", article=f"{ARTICLE}第一款、第三款")
