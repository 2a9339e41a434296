"""Fines that were decided before for what looks like the same act of the same party."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.cases.cases import Case
from engine.cases.parties import Party, known_party
from engine.cases.penalties import DECIDED, PenaltyItem
from engine.errors import Fault, Invalid
from engine.law.concurrency import EarlierFine, require_first_fine
from engine.law.wording import chinese_date


def earlier_fines(session: Session, case: Case) -> tuple[EarlierFine, ...]:
    """Fines for the same party and item over days that overlap, whichever agency decided (行政处罚法 第二十九条).

    Whether two acts are one act is for people to judge; require_judged asks for that judgement.
    """
    party = known_party(session, case.id)
    codes = [Party.code == party.code] if party.code else []
    codes += [Party.identity_number == party.identity_number] if party.identity_number else []
    if not codes or case.violation_from is None or case.violation_to is None:
        return ()
    query = (
        select(Case).join(Party, Party.case_id == Case.id).join(PenaltyItem, PenaltyItem.case_id == Case.id)
        .where(
            Case.id != case.id, Case.item_code == case.item_code, or_(*codes), Case.decided_on.is_not(None),
            PenaltyItem.stage == DECIDED, PenaltyItem.kind == "FINE",
            Case.violation_from <= case.violation_to, Case.violation_to >= case.violation_from,
        ).distinct().order_by(Case.id)
    )
    return tuple(
        EarlierFine(each.number, each.agency.name, each.number, each.decided_on)
        for each in session.scalars(query) if each.decided_on is not None
    )


def require_judged(fines: tuple[EarlierFine, ...], *, same_act: bool | None) -> None:
    """Refuse another fine until the officer has judged whether it is the same act, and for good when it is (第二十九条)."""
    if fines and same_act is None:
        fault = Fault("same_act", "concurrency.unanswered", f"{warning(fines)}请判断是否属于同一个违法行为。")
        raise Invalid(fault.code, fault.message, faults=(fault,))
    for fine in fines:
        require_first_fine(fine.act if same_act else "", (fine,))


def warning(fines: tuple[EarlierFine, ...]) -> str:
    """What the officer has to check before proposing a fine; empty when there was none before."""
    if not fines:
        return ""
    told = "、".join(f"{fine.agency}{chinese_date(fine.on)}决定的{fine.number}号案件" for fine in fines)
    return f"同一当事人同一事项在相同期间已经受到罚款（{told}）；属于同一个违法行为的，不得再次罚款（行政处罚法第二十九条）。"
