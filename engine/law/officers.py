"""Who may act: two certified officers in the field, and nobody who reviews what he has investigated."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from engine.errors import Unlawful

TWO_OFFICERS: Final = "行政处罚法 第四十二条第一款; 市场监督管理行政处罚程序规定 第二十二条"
SEPARATED: Final = MappingProxyType(
    {
        "CASE_REVIEW": ("办案人员不得作为本案的审核人员", "市场监督管理行政处罚程序规定 第四十九条第三款"),
        "LEGAL_REVIEW": ("办案人员不得作为本案的法制审核人员", "行政处罚法 第五十八条; 市场监督管理行政处罚程序规定 第四十九条第三款"),
        "HEARING": ("办案人员不得担任本案听证主持人、听证员和记录员", "行政处罚法 第六十四条第四项; 市场监督管理行政处罚听证办法 第十一条第三款"),
        "COLLECTIVE": ("办案人员可以列席汇报，不得参加本案集体讨论的表决", "行政处罚法 第五十七条第二款"),
        "DECISION_APPROVE": ("参与本案调查的人员不得审批本案的处理决定", "行政处罚法 第五十七条第一款"),
    }
)


@dataclass(frozen=True)
class OfficerOnDuty:
    """An officer on the day of the act; certified: the certificate is valid on that day.

    in_scope: the certificate covers the domain and the area, and the agency is the acting one.
    """

    id: str
    name: str
    certified: bool
    in_scope: bool = True


def require_two_officers(officers: Collection[OfficerOnDuty]) -> None:
    """Refuse an act of enforcement without two different officers, all with valid certificates (行政处罚法 第四十二条)."""
    if len({officer.id for officer in officers}) < 2:
        raise Unlawful("officers.too_few", "执法人员不得少于两人，且应当是不同的人员", article=TWO_OFFICERS)
    for officer in officers:
        if not officer.certified:
            raise Unlawful(
                "officers.certificate", f"“{officer.name}”当日没有有效的执法证件，不得从事执法活动", article=TWO_OFFICERS,
                officer=officer.id,
            )
        if not officer.in_scope:
            raise Unlawful(
                "officers.scope", f"“{officer.name}”的执法证件不适用于本案的执法领域、区域或者执法主体",
                article=f"{TWO_OFFICERS}; 粤府〔2023〕73号 第十三条第三项", officer=officer.id,
            )


def require_certificate_and_rights(*, certificate_shown: bool, rights_told: bool) -> None:
    """Certificates are shown and the rights told at the first contact (行政处罚法 第五十五条; 程序规定 第二十一条第二款)."""
    if not certificate_shown:
        raise Unlawful(
            "officers.certificate_not_shown", "调查或者检查时没有主动出示执法证件，当事人有权拒绝",
            article="行政处罚法 第五十五条第一款; 市场监督管理行政处罚程序规定 第二十二条",
        )
    if not rights_told:
        raise Unlawful(
            "officers.rights_not_told", "首次收集、调取证据时，应当告知当事人享有陈述权、申辩权以及申请回避的权利",
            article="市场监督管理行政处罚程序规定 第二十一条第二款; 行政处罚法 第四十三条第二款",
        )


def require_separation(act_tag: str, actor: str, investigators: Collection[str]) -> None:
    """Whoever investigates does not review, preside, vote or approve (行政处罚法 第五十七条、第五十八条、第六十四条第四项).

    act_tag may hold several tags joined by +; tags outside SEPARATED are nobody's business here.
    """
    for tag in act_tag.split("+"):
        if tag in SEPARATED and actor in investigators:
            message, article = SEPARATED[tag]
            raise Unlawful("officers.separation", f"{message}（审裁分离）", article=article, tag=tag, officer=actor)
