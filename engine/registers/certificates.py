"""Enforcement certificates: issued, suspended, given back and revoked; one person has one, and its number is its own.

行政处罚法 第四十二条; 粤府〔2023〕73号 第三十八条第二款、第六十二条.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from engine.clock import legal_time
from engine.errors import Invalid, Unlawful
from engine.registers.administrators import Gate
from engine.registers.recording import change
from engine.registers.versions import Record, on_day

VALID, SUSPENDED, REVOKED = "VALID", "SUSPENDED", "REVOKED"
ONE_EACH = "粤府〔2023〕73号 第三十八条第二款"


def certified_on(session: Session, officer_id: str, day: date) -> bool:
    """Whether an officer held a valid certificate on a day, as the register knew it for that day (行政处罚法 第四十二条)."""
    record = on_day(session, "officer", officer_id, day)
    if record is None or not record.data["in_service"]:
        return False
    begins, ends = record.data["certificate_from"], record.data["certificate_to"]
    since = record.data["certificate_state_from"] or begins
    held_back = record.data["certificate_state"] != VALID and since is not None and since <= day
    return bool(begins and ends and begins <= day <= ends and not held_back)


def issue(
    session: Session, officer_id: str, number: str, begins: date, ends: date, *, actor: str, at: datetime, reason: str,
    gate: Gate | None = None,
) -> Record:
    """Give an officer a certificate; Unlawful while he holds another one that runs on (一人一证，证号合一)."""
    held = on_day(session, "officer", officer_id, begins)
    if held and held.data["certificate_number"] not in ("", number) and certified_on(session, officer_id, begins):
        raise Unlawful(
            "certificate.second",
            f"“{held.data['name']}”已经持有有效的执法证（{held.data['certificate_number']}），一人一证，不得再发", article=ONE_EACH,
        )
    changes = {
        "certificate_number": number, "certificate_from": begins, "certificate_to": ends, "certificate_state": VALID,
        "certificate_state_from": None,
    }
    return change(session, "officer", officer_id, changes, actor=actor, at=at, reason=reason, gate=gate)


def suspend(
    session: Session, officer_id: str, *, actor: str, at: datetime, reason: str, day: date | None = None, gate: Gate | None = None
) -> Record:
    """Hold a certificate back from a day on (暂扣, 粤府〔2023〕73号 第六十二条)."""
    return _set_state(session, officer_id, SUSPENDED, (VALID,), actor, at, reason, day, gate)


def restore(
    session: Session, officer_id: str, *, actor: str, at: datetime, reason: str, day: date | None = None, gate: Gate | None = None
) -> Record:
    """Give a suspended certificate back; a revoked one stays revoked."""
    return _set_state(session, officer_id, VALID, (SUSPENDED,), actor, at, reason, day, gate)


def revoke(
    session: Session, officer_id: str, *, actor: str, at: datetime, reason: str, day: date | None = None, gate: Gate | None = None
) -> Record:
    """Revoke a certificate from a day on (注销, 粤府〔2023〕73号 第六十二条)."""
    return _set_state(session, officer_id, REVOKED, (VALID, SUSPENDED), actor, at, reason, day, gate)


def _set_state(
    session: Session, officer_id: str, state: str, allowed: tuple[str, ...], actor: str, at: datetime, reason: str,
    day: date | None, gate: Gate | None,
) -> Record:
    from_day = day or legal_time(at).date()
    held = on_day(session, "officer", officer_id, from_day)
    if held is None or held.data["certificate_from"] is None:
        raise Invalid("certificate.none", f"人员“{officer_id}”没有执法证件")
    if held.data["certificate_state"] not in allowed:
        words = {VALID: "有效", SUSPENDED: "已暂扣", REVOKED: "已注销"}
        raise Invalid("certificate.state", f"“{held.data['name']}”的执法证件{words[held.data['certificate_state']]}，不能这样变更")
    changes = {"certificate_state": state, "certificate_state_from": None if state == VALID else from_day}
    return change(session, "officer", officer_id, changes, actor=actor, at=at, reason=reason, day=from_day, gate=gate)
