"""Which safeguards a case must go through, and why: the list that an officer is shown and a supervisor checks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from engine.law.penalties import ProposedPenalty, Thresholds, hearing_right, is_major, legal_review_required


@dataclass(frozen=True)
class CaseOutline:
    """What the safeguards of a penalty case depend on.

    triggers: legal review triggers LR1–LR4; hearing_requested: in time; hearing_held; established: the violation is;
    refund: a law orders the overcharged price to be refunded; party_type: PERSON, SOLE, LEGAL or OTHER_ORG.
    """

    penalties: tuple[ProposedPenalty, ...] = ()
    party_type: str = "PERSON"
    triggers: frozenset[str] = frozenset()
    tier: str = ""
    deviates: bool = False
    hearing_requested: bool = False
    hearing_held: bool = False
    established: bool = True
    refund: bool = False
    summary: bool = False


@dataclass(frozen=True)
class Obligation:
    """One safeguard that is mandatory here: its tag, its name, why it is due, its article."""

    tag: str
    name: str
    why: str
    article: str


def obligations(outline: CaseOutline, thresholds: Thresholds | None = None) -> tuple[Obligation, ...]:
    """Every safeguard that this case must go through, in order of the procedure (行政处罚法 第四十二条至第六十四条).

    A summary case keeps officers, certificate, notice and defence (第四十二条、第四十四条、第四十五条、第五十二条); only the ordinary
    procedure has filing, review, hearing and the heads' decision.
    """
    found = list(_ALWAYS)
    if outline.established:
        found.append(Obligation("CORRECTION", "责令改正", "实施行政处罚时应当责令当事人改正违法行为", "行政处罚法 第二十八条第一款"))
    if not outline.summary:
        found += _ORDINARY
    if outline.penalties:
        found += _penalty_obligations(outline, thresholds)
    elif outline.established:
        found.append(Obligation("EDUCATION", "教育", "依法不予行政处罚的，应当对当事人进行教育", "行政处罚法 第三十三条第三款"))
    return tuple(found)


def _penalty_obligations(outline: CaseOutline, thresholds: Thresholds | None) -> list[Obligation]:
    grounds = hearing_right(outline.penalties, outline.party_type, thresholds)
    reviewed = legal_review_required(outline.triggers, hearing_held=outline.hearing_held)
    major = is_major(
        outline.penalties, outline.triggers, outline.hearing_held, thresholds, party_type=outline.party_type,
        tier=outline.tier, deviates=outline.deviates,
    )
    found = [
        Obligation("NOTICE", "事先告知", "作出行政处罚决定之前应当告知内容、事实、理由、依据和权利", "行政处罚法 第四十四条、第六十二条"),
        Obligation("DEFENCE_WINDOW", "听取陈述、申辩", "当事人有权陈述和申辩，行政机关必须听取和复核", "行政处罚法 第四十五条、第六十二条"),
    ]
    if outline.summary:
        return found
    if grounds:
        why = "、".join(ground.name for ground in grounds)
        found.append(Obligation("HEARING_RIGHT", "告知听证权", why, "行政处罚法 第六十三条第一款"))
        if outline.hearing_requested:
            found.append(Obligation("HEARING", "组织听证", "当事人在期限内要求听证", "行政处罚法 第六十三条第一款、第六十四条"))
    if reviewed:
        after = "，在听证结束后进行" if outline.hearing_held else ""
        found.append(Obligation("LEGAL_REVIEW", "法制审核", f"有法制审核事由或者经过听证{after}", "行政处罚法 第五十八条第一款"))
    else:
        found.append(Obligation("CASE_REVIEW", "案件审核", "其他普通程序案件应当进行案件审核", "市场监督管理行政处罚程序规定 第五十二条"))
    if major:
        found.append(Obligation("COLLECTIVE", "负责人集体讨论", "情节复杂或者重大违法行为", "行政处罚法 第五十七条第二款"))
    if outline.refund:
        found.append(Obligation("ORDER_REFUND", "责令退还多收价款", "法律、法规要求退还多收价款", "市场监督管理行政处罚程序规定 第五十九条"))
    found.append(Obligation("DECISION_APPROVE", "负责人决定", "由行政机关负责人审查后作出决定", "行政处罚法 第五十七条第一款"))
    return found


def tags(found: Collection[Obligation]) -> tuple[str, ...]:
    """The tags of obligations in their order."""
    return tuple(each.tag for each in found)


_ALWAYS = (
    Obligation("TWO_OFFICERS", "两名持证执法人员", "行政处罚由具有执法资格的执法人员实施，不得少于两人", "行政处罚法 第四十二条第一款"),
    Obligation("CERT_SHOW", "出示执法证件", "调查、检查和当场处罚时主动出示", "行政处罚法 第五十二条第一款、第五十五条第一款"),
    Obligation("WITHDRAWAL", "回避", "有利害关系的应当回避，当事人有权申请", "行政处罚法 第四十三条"),
)
_ORDINARY = (
    Obligation("FILING_APPROVAL", "立案", "符合立案标准的应当及时立案", "行政处罚法 第五十四条第二款"),
    Obligation("EVID_REVIEW", "证据审查", "证据经查证属实方可作为认定案件事实的根据", "行政处罚法 第四十六条第二款"),
    Obligation("SEPARATION", "调查、审核、决定分开", "办案人员不得审核、主持听证、表决和审批", "行政处罚法 第五十七条、第五十八条、第六十四条第四项"),
)
