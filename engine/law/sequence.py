"""The order that the law gives to the acts of a penalty case: what must have happened before each act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from engine.errors import Unlawful
from engine.law.history import CaseHistory
from engine.law.officers import SEPARATED, require_certificate_and_rights, require_separation
from engine.law.penalties import not_heavier

Guard = Callable[[CaseHistory], None]


def require_before(act_tag: str, history: CaseHistory) -> None:
    """Refuse an act (tags joined by +) while what must come before it is missing: Unlawful with article and sentence.

    Basis: 行政处罚法 第四十条至第六十四条; the guards of each tag stand in GUARDS. Unknown tags have no guards.
    """
    for tag in act_tag.split("+"):
        for guard in GUARDS.get(tag, ()):
            guard(history)


def require_filed(history: CaseHistory) -> None:
    """A case is filed before it is reported or decided (行政处罚法 第五十四条第二款)."""
    _require(history.agreed("FILING_APPROVAL"), "sequence.not_filed", "案件尚未立案", "行政处罚法 第五十四条第二款")


def require_first_contact(history: CaseHistory) -> None:
    """Certificates were shown and rights told (行政处罚法 第五十五条; 程序规定 第二十一条第二款)."""
    require_certificate_and_rights(
        certificate_shown=history.certificate_shown or history.last("CERT_SHOW") >= 0,
        rights_told=history.rights_told or history.last("RIGHTS_FIRST") >= 0,
    )


def require_evidence_reviewed(history: CaseHistory) -> None:
    """All evidence was reviewed after it was taken, and some of it accepted (处罚法 第四十条、第四十六条; 粤府〔2023〕73号 第二十六条)."""
    reviewed = history.agreed("EVID_REVIEW", after=history.last("EVID_COLLECT"))
    _require(
        reviewed, "sequence.evidence_unreviewed", "收集证据后尚未对证据的关联性、合法性和真实性进行审查",
        "粤府〔2023〕73号 第二十六条; 行政处罚法 第四十六条",
    )
    require_accepted_evidence(history.evidence_accepted, history.evidence_cited_unaccepted)


def require_accepted_evidence(accepted: int, cited_unaccepted: tuple[str, ...] = ()) -> None:
    """At least one piece of evidence, and only accepted ones, carry a decision (处罚法 第四十条; 粤府〔2023〕73号 第二十六条)."""
    article = "粤府〔2023〕73号 第二十六条; 行政处罚法 第四十条、第四十六条"
    if cited_unaccepted:
        numbers = "、".join(cited_unaccepted)
        raise Unlawful(
            "evidence.not_accepted", f"证据“{numbers}”未经审查或者已被排除，不得作为决定的依据", article=article
        )
    _require(accepted > 0, "evidence.none", "没有经审查采信的证据，违法事实不清、证据不足的，不得给予行政处罚", article)


def require_report(history: CaseHistory) -> None:
    """The investigation is closed with a report (行政处罚法 第五十七条; 程序规定 第四十八条)."""
    _require(
        history.agreed("INVEST_REPORT"), "sequence.no_report", "尚未撰写调查终结报告",
        "行政处罚法 第五十七条第一款; 市场监督管理行政处罚程序规定 第四十八条",
    )


def require_prior_notice(history: CaseHistory) -> None:
    """The party was told in writing what is meant, and why, before any decision (行政处罚法 第四十四条、第六十二条)."""
    told = history.agreed("NOTICE", after=history.last("INVEST_REPORT")) and history.notice_served
    _require(
        told, "sequence.no_notice", "尚未将拟作出的行政处罚内容及事实、理由、依据和依法享有的权利告知当事人并送达",
        "行政处罚法 第四十四条、第六十二条; 市场监督管理行政处罚程序规定 第五十七条",
    )
    _require(
        not history.renotice, "sequence.renotice", "告知后事实、理由、依据或者处罚种类有变化，应当重新告知",
        "行政处罚法 第四十四条、第六十二条",
    )


def require_party_heard(history: CaseHistory) -> None:
    """The window is over, every statement was heard and a requested hearing held (行政处罚法 第四十五条、第六十三条)."""
    _require(
        history.window_closed, "sequence.window_open", "陈述申辩期尚未结束，当事人的权利也没有全部行使或者书面放弃",
        "行政处罚法 第四十五条、第六十二条、第六十四条第一项; 市场监督管理行政处罚程序规定 第五十七条第二款",
    )
    hearing = history.agreed("HEARING", after=history.last("NOTICE"))
    _require(
        not history.hearing_requested or hearing, "sequence.hearing_not_held", "当事人要求听证，行政机关应当组织听证",
        "行政处罚法 第六十三条第一款; 市场监督管理行政处罚听证办法 第七条第三款",
    )
    heard = not history.statement_pending or hearing
    _require(
        heard, "sequence.statement_not_heard", "当事人的陈述、申辩尚未听取和复核", "行政处罚法 第四十五条第一款、第六十二条"
    )


def require_review_passed(history: CaseHistory) -> None:
    """The case passed its review, and legal review where the law demands it, again after a hearing (行政处罚法 第五十八条)."""
    after = history.last("INVEST_REPORT")
    if history.legal_review_required:
        passed = history.agreed("LEGAL_REVIEW", after=max(after, history.last("HEARING")))
        _require(
            passed, "sequence.legal_review", "未经法制审核或者审核未通过，不得作出决定（经听证的，在听证结束后审核）",
            "行政处罚法 第五十八条第一款; 市场监督管理行政处罚程序规定 第五十条",
        )
    passed = history.agreed("CASE_REVIEW", after) or history.agreed("LEGAL_REVIEW", after)
    _require(
        passed, "sequence.case_review", "案件未经审核或者审核未通过",
        "市场监督管理行政处罚程序规定 第四十九条、第五十二条; 行政处罚法 第五十八条",
    )


def require_separated(history: CaseHistory) -> None:
    """None of those who reviewed, presided, voted or approved has investigated (行政处罚法 第五十七条、第五十八条、第六十四条)."""
    for act in history.acts:
        if set(act.tag.split("+")) & SEPARATED.keys():
            require_separation(act.tag, act.actor, history.investigators)


def require_collective(history: CaseHistory) -> None:
    """A complex or major case was discussed together, after the party was heard (行政处罚法 第五十七条第二款)."""
    discussed = history.agreed("COLLECTIVE", after=max(history.last("NOTICE"), history.last("HEARING")))
    _require(
        discussed or not history.major, "sequence.collective", "情节复杂或者重大违法行为，应当由行政机关负责人集体讨论决定",
        "行政处罚法 第五十七条第二款; 市场监督管理行政处罚程序规定 第六十条第二款",
    )


def require_refund_ordered(history: CaseHistory) -> None:
    """The refund of an overcharged price is ordered before the decision (价格法 第四十一条; 程序规定 第五十九条)."""
    ordered = history.agreed("ORDER_REFUND", after=history.last("NOTICE"))
    _require(
        ordered or not history.overcharged, "sequence.refund", "应当在作出行政处罚决定前责令当事人限期退还多收价款",
        "市场监督管理行政处罚程序规定 第五十九条; 价格违法行为行政处罚规定 第十六条; 价格法 第四十一条",
    )


def require_not_heavier(history: CaseHistory) -> None:
    """The decision does not go beyond the notice, least of all because the party defended itself (行政处罚法 第四十五条第二款)."""
    if reasons := not_heavier(history.noticed, history.decided):
        raise Unlawful(
            "sequence.heavier", f"拟作出的决定超出事先告知的内容：{'；'.join(reasons)}；应当重新告知，且不得因陈述、申辩而加重",
            article="行政处罚法 第四十四条、第四十五条第二款", reasons=reasons,
        )


def require_approved(history: CaseHistory) -> None:
    """The head of the agency has approved, after notice and hearing, and a penalty is due (行政处罚法 第五十七条第一款)."""
    _require(
        history.penalty, "sequence.no_penalty", "依法不予行政处罚的案件不得制作行政处罚决定书", "行政处罚法 第五十七条第一款"
    )
    after = max(history.last("NOTICE"), history.last("HEARING"), history.last("COLLECTIVE"))
    _require(
        history.agreed("DECISION_APPROVE", after), "sequence.not_approved", "行政机关负责人尚未审批处理决定",
        "行政处罚法 第五十七条第一款; 市场监督管理行政处罚程序规定 第六十条第一款",
    )


def require_told_on_the_spot(history: CaseHistory) -> None:
    """The party is told after the evidence is taken, also when the decision is made on the spot (行政处罚法 第四十四条)."""
    _require(
        history.agreed("SPOT_NOTICE", after=history.last("EVID_COLLECT")), "sequence.not_told_on_the_spot",
        "尚未当场告知拟作出的处罚内容及事实、理由、依据和陈述、申辩的权利",
        "行政处罚法 第四十四条、第六十二条; 市场监督管理行政处罚程序规定 第六十九条",
    )


def require_heard_on_the_spot(history: CaseHistory) -> None:
    """The party could answer after it was told, also when the decision is made on the spot (行政处罚法 第四十五条)."""
    _require(
        history.agreed("SPOT_DEFENCE", after=history.last("SPOT_NOTICE")), "sequence.not_heard_on_the_spot",
        "尚未当场听取当事人的陈述、申辩", "行政处罚法 第四十五条、第六十二条; 市场监督管理行政处罚程序规定 第六十九条",
    )


def require_decided(history: CaseHistory) -> None:
    """The decision is made before it is served or published (行政处罚法 第五十二条、第五十九条、第六十一条)."""
    _require(_decided(history), "sequence.not_decided", "尚未作出行政处罚决定", "行政处罚法 第五十九条、第六十一条")


def require_decision_served(history: CaseHistory) -> None:
    """Nothing is executed or closed before the decision has been served (行政处罚法 第六十一条、第六十七条)."""
    _require(
        history.decision_served, "sequence.not_served", "行政处罚决定书尚未送达，不得执行", "行政处罚法 第六十一条、第六十七条第三款"
    )


def require_publication_approved(history: CaseHistory) -> None:
    """Nothing is published without a check of secrecy and the approval of the head (处罚法 第四十八条、第五十条)."""
    _require(
        history.agreed("PUBLISH_APPROVE", after=history.last("DECISION")), "sequence.publication",
        "公示前应当经保密审查和负责人审批", "行政处罚法 第四十八条、第五十条; 粤府〔2023〕73号 第三十四条、第四十五条",
    )


def require_performed(history: CaseHistory) -> None:
    """A case that is closed as performed is paid in full and has no goods left (程序规定 第七十七条第一项; 处罚法 第七十四条)."""
    if history.close_reason == "DONE" and _decided(history):
        _require(
            history.paid and not history.property_pending, "sequence.not_performed", "罚没款项未缴清或者没收的财物未处理，不得以执行完毕结案",
            "市场监督管理行政处罚程序规定 第七十七条第一项; 行政处罚法 第六十六条、第七十四条",
        )


def require_closed(history: CaseHistory) -> None:
    """A case is closed before it is archived (程序规定 第七十七条、第七十八条).

    One decided on the spot is reported and paid instead (行政处罚法 第五十二条第三款、第五十三条).
    """
    if history.agreed("SPOT_DECISION"):
        _require(
            history.agreed("FILE_RECORD") and history.paid, "sequence.spot_open", "当场处罚决定尚未备案或者罚款尚未缴清，不得归档",
            "行政处罚法 第五十二条第三款、第五十三条; 市场监督管理行政处罚程序规定 第七十条",
        )
        return
    _require(history.agreed("CLOSE"), "sequence.not_closed", "案件尚未结案，不得归档", "市场监督管理行政处罚程序规定 第七十八条")


def _served_when_decision(history: CaseHistory) -> None:
    if history.serving_decision:
        require_decided(history)


def _served_when_decided(history: CaseHistory) -> None:
    if _decided(history):
        require_decision_served(history)


def _decided(history: CaseHistory) -> bool:
    return history.agreed("DECISION") or history.agreed("SPOT_DECISION")


def _require(kept: bool, code: str, message: str, article: str) -> None:
    if not kept:
        raise Unlawful(code, message, article=article)


_INVESTIGATED: tuple[Guard, ...] = (require_filed, require_first_contact, require_evidence_reviewed)
_HEARD: tuple[Guard, ...] = (require_report, require_prior_notice, require_party_heard)
_DECIDABLE: tuple[Guard, ...] = (
    *_INVESTIGATED, *_HEARD, require_review_passed, require_collective, require_refund_ordered, require_not_heavier,
    require_separated,
)
GUARDS: Mapping[str, tuple[Guard, ...]] = MappingProxyType(
    {
        "INVEST_REPORT": _INVESTIGATED,
        "CASE_REVIEW": (require_report,),
        "LEGAL_REVIEW": (require_report,),
        "NOTICE": (*_INVESTIGATED, require_report),
        "HEARING": (require_report, require_prior_notice),
        "COLLECTIVE": (*_HEARD, require_review_passed),
        "ORDER_REFUND": _HEARD,
        "DECISION_APPROVE": _DECIDABLE,
        "DECISION": (*_DECIDABLE, require_approved),
        "SPOT_NOTICE": (require_first_contact,),
        "SPOT_DEFENCE": (require_told_on_the_spot,),
        "SPOT_DECISION": (require_first_contact, require_told_on_the_spot, require_heard_on_the_spot, require_not_heavier),
        "SPOT_SERVICE": (require_decided,),
        "FILE_RECORD": (require_decided,),
        "SERVICE": (_served_when_decision,),
        "PUBLISH_APPROVE": (require_decided,),
        "PUBLISH": (require_decided, require_publication_approved),
        "PAY": (require_decision_served,),
        "SURCHARGE": (require_decision_served,),
        "DEMAND": (require_decision_served,),
        "CLOSE": (_served_when_decided, require_performed),
        "ARCHIVE": (require_closed,),
    }
)
