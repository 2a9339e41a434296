"""The basis of an item has changed and a case cannot wait: the chief decides for his own agency, and it is reported upward.

粤府〔2023〕73号 第五十四条.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from engine.errors import Conflict, Invalid, NotPermitted, Unlawful
from engine.registers.agencies import find_officer
from engine.registers.change_contents import URGENT, require_content
from engine.registers.changes import APPROVED, Desk, add_step, find_change
from engine.registers.recording import change, record
from engine.registers.statutes import bases_of
from engine.registers.versions import Record, newest, on_day

ARTICLE = "粤府〔2023〕73号 第五十四条第二款"
REPORTED = "REPORTED"
CHIEF = "agency_chief"


def adjust_urgently(
    session: Session, desk: Desk, *, number: str, item: str, basis: Mapping[str, Any], cause: str
) -> Record:
    """Replace one clause under an item for the chief's own agency, at once; the others go on seeing the shared one.

    basis: sequence, kind, clause, statute, article, text. The report to the department in charge stays due until it is made.
    """
    officer = find_officer(session, desk.actor)
    if CHIEF not in officer.role_keys:
        raise NotPermitted("item_change.chief", "依据紧急调整应当经本单位主要负责人审批", article=ARTICLE)
    agency = newest(session, "agency", officer.agency_code)
    found = on_day(session, "item", item, desk.today)
    require_content(session, URGENT, found, agency.data if agency else {}, basis, cause)
    if on_day(session, "holding", f"{item}|{officer.agency_code}", desk.today) is None:
        raise NotPermitted("item_change.own_unit", "只能调整本单位事项的依据", article=ARTICLE)
    if newest(session, "item_change", number):
        raise Conflict("item_change.number", f"调整编号“{number}”已经使用")
    record(
        session, "basis", {**basis, "item": item, "agency": officer.agency_code, "confirmed_on": desk.today},
        actor=desk.actor, at=desk.at, reason=f"依据紧急调整 {number}",
    )
    steps = [{"state": APPROVED, "by": desk.actor, "at": desk.at.isoformat(), "due": "", "late": False, "note": cause}]
    values = {
        "number": number, "kind": URGENT, "item": item, "agency": officer.agency_code, "state": APPROVED, "cause": cause,
        "content": {"after": {key: value for key, value in basis.items() if not isinstance(value, date)}}, "steps": steps,
    }
    return record(session, "item_change", values, actor=desk.actor, at=desk.at, reason="依据紧急调整")


def report_upward(session: Session, desk: Desk, number: str, *, reported_to: str) -> Record:
    """Report an urgent adjustment to the provincial or city department in charge (及时报备)."""
    held = find_change(session, number, APPROVED)
    if held.data["kind"] != URGENT:
        raise Invalid("item_change.kind", "只有依据紧急调整需要报备")
    if find_officer(session, desk.actor).agency_code != held.data["agency"]:
        raise NotPermitted("item_change.agency", "由调整依据的单位报备")
    if not reported_to.strip():
        raise Unlawful("item_change.reported_to", "应当写明报备的省级或者市级行业主管部门", article=ARTICLE)
    return add_step(session, desk, held, REPORTED, None, "", {"reported_to": reported_to})


def confirm_basis(session: Session, desk: Desk, item: str, sequence: int, *, opinion: str) -> Record:
    """Confirm after an examination that a basis is still lawful and valid though the law has moved (第五十四条第一款).

    The chief of the agency answers for it; the confirmation holds for his own agency.
    """
    officer = find_officer(session, desk.actor)
    if CHIEF not in officer.role_keys:
        raise NotPermitted("basis.chief", "依据审查意见应当经本单位主要负责人审批", article=ARTICLE)
    if not opinion.strip():
        raise Unlawful("basis.opinion", "应当写明依据审查的意见", article="粤府〔2023〕73号 第五十四条第一款")
    rows = [row for row in bases_of(session, item, officer.agency_code, desk.today) if row.data["sequence"] == sequence]
    if not rows:
        raise Invalid("basis.unknown", f"事项“{item}”没有第 {sequence} 项依据")
    own = {**rows[0].data, "agency": officer.agency_code, "confirmed_on": desk.today}
    key = f"{item}|{sequence}|{officer.agency_code}"
    if newest(session, "basis", key):
        return change(session, "basis", key, own, actor=desk.actor, at=desk.at, reason=f"依据审查：{opinion}"[:200])
    return record(session, "basis", own, actor=desk.actor, at=desk.at, reason=f"依据审查：{opinion}"[:200])
