"""Who may be given a step or asked about it: agency, role, certificate and separation of duties, for every routing act alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from engine.cases.cases import Case
from engine.cases.guards import FIELD_TAGS, Parts, parts_taken, require_apart
from engine.errors import NotPermitted, Unlawful, ZhifaError
from engine.registers.absences import acting_for, deputies_among
from engine.registers.agencies import Officer, officers_of
from engine.workflow.parsing import Node

FIELD = "行政处罚法 第四十二条第一款; 粤府〔2023〕73号 第十三条第三项"


def require_may_receive(
    session: Session, case: Case, node: Node, officer: Officer, now: datetime, parts: Parts | None = None, *, deputises: bool = True
) -> None:
    """Refuse an officer to whom a step cannot be given: wrong agency or role, no certificate for the field, or not separate.

    parts, deputises: what is known already of the case and the officer, where many officers are weighed.
    """
    require_may_take_part(session, case, node, officer, parts)
    handler = node.role == "lead_officer" and officer.id in case.investigators
    if node.role not in officer.role_keys and not handler and not (deputises and node.role in acting_for(session, officer, now)):
        raise NotPermitted("hand_over.role", f"{officer.name}没有办理“{node.name}”所需的角色")
    if (FIELD_TAGS & set(node.tags) or node.role == "lead_officer") and not officer.certified_on(now.date()):
        raise Unlawful("hand_over.certificate", f"{officer.name}当日没有有效的执法证件，不得办理“{node.name}”", article=FIELD)


def require_may_take_part(session: Session, case: Case, node: Node, officer: Officer, parts: Parts | None = None) -> None:
    """Refuse whoever may have no say in a step: strangers to the agency, investigators in review or decision, reviewers in decision."""
    if officer.agency_code != case.agency_code:
        raise NotPermitted("routing.other_agency", f"{officer.name}不是本执法主体的人员")
    require_apart(session, case, node.tags, officer.id, parts)


def may_receive(session: Session, case: Case, node: Node, now: datetime) -> list[Officer]:
    """Officers of the agency to whom a step can be given: what a page offers. Asks the same, however many officers there are."""
    people, parts = officers_of(session, case.agency_code), parts_taken(session, case, node.tags)
    deputies = deputies_among(session, [each.id for each in people])
    return [each for each in people if _allowed(
        partial(require_may_receive, session, case, node, each, now, parts, deputises=each.id in deputies)
    )]


def may_take_part(session: Session, case: Case, node: Node) -> list[Officer]:
    """Officers of the agency who may be asked about a step: what a page offers. Asks the same, however many officers there are."""
    people, parts = officers_of(session, case.agency_code), parts_taken(session, case, node.tags)
    return [each for each in people if _allowed(partial(require_may_take_part, session, case, node, each, parts))]


def _allowed(require: Callable[[], None]) -> bool:
    try:
        require()
    except ZhifaError:
        return False
    return True
