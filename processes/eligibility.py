"""Who may be given a step or asked about it: agency, role, certificate and separation of duties, for every routing act alike."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engine.accounts.delegations import acting_for
from engine.cases.cases import Case
from engine.cases.guards import FIELD_TAGS, investigators_ever
from engine.cases.submissions import submissions
from engine.errors import NotPermitted, Unlawful, ZhifaError
from engine.law import safeguards
from engine.registers.agencies import Officer, officers_of
from engine.workflow.parsing import Node

REVIEWING = frozenset({"CASE_REVIEW", "LEGAL_REVIEW"})
DECIDING = frozenset({"DECISION_APPROVE", "COLLECTIVE"})
FIELD = "行政处罚法 第四十二条第一款; 粤府〔2023〕73号 第十三条第三项"
APART = "行政处罚法 第五十七条、第五十八条第一款"


def require_may_receive(session: Session, case: Case, node: Node, officer: Officer, now: datetime) -> None:
    """Refuse an officer to whom a step cannot be given: wrong agency or role, no certificate for the field, or not separate."""
    require_may_take_part(session, case, node, officer)
    handler = node.role == "lead_officer" and officer.id in case.investigators
    if node.role not in officer.role_keys and not handler and node.role not in acting_for(session, officer, now):
        raise NotPermitted("hand_over.role", f"{officer.name}没有办理“{node.name}”所需的角色")
    if (FIELD_TAGS & set(node.tags) or node.role == "lead_officer") and not officer.certified_on(now.date()):
        raise Unlawful("hand_over.certificate", f"{officer.name}当日没有有效的执法证件，不得办理“{node.name}”", article=FIELD)


def require_may_take_part(session: Session, case: Case, node: Node, officer: Officer) -> None:
    """Refuse whoever may have no say in a step: strangers to the agency, investigators in review or decision, reviewers in decision.

    That who reviewed does not decide follows from review before decision by others (行政处罚法 第五十八条第一款), read strictly.
    """
    if officer.agency_code != case.agency_code:
        raise NotPermitted("routing.other_agency", f"{officer.name}不是本执法主体的人员")
    if set(node.tags) & safeguards.SEPARATED.keys():
        investigated = investigators_ever(session, case)
        for tag in node.tags:
            safeguards.require_separation(tag, officer.id, investigated)
    done = {tag for row in submissions(session, case.id) if row.actor_id == officer.id for tag in row.tags}
    apart = (DECIDING & set(node.tags) and REVIEWING & done) or (REVIEWING & set(node.tags) and DECIDING & done)
    if apart:
        raise Unlawful("officers.reviewer_decides", f"{officer.name}已经参与本案的审核或者决定，不得兼任（审核与决定分离）", article=APART)


def may_receive(session: Session, case: Case, node: Node, now: datetime) -> list[Officer]:
    """Officers of the agency to whom a step can be given: what a page offers."""
    return [each for each in officers_of(session, case.agency_code) if _allowed(require_may_receive, session, case, node, each, now)]


def may_take_part(session: Session, case: Case, node: Node) -> list[Officer]:
    """Officers of the agency who may be asked about a step: what a page offers."""
    return [each for each in officers_of(session, case.agency_code) if _allowed(require_may_take_part, session, case, node, each)]


def _allowed(require: object, *arguments: object) -> bool:
    try:
        require(*arguments)  # type: ignore[operator]
    except ZhifaError:
        return False
    return True
