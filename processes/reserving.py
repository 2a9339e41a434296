"""Blocks of numbers: handed to officers beforehand, used in order, declared void or given back with a reason; all journalled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from engine import journal
from engine.accounts.permissions import LEADERS
from engine.errors import Invalid, NotPermitted
from engine.registers import reserved_numbers
from engine.registers.agencies import Officer, find_officer
from engine.registers.reserved_numbers import ReservedNumber
from engine.workflow import releases
from processes.host import Host

ACTS = {"use": "number.used", "void": "number.void", "return": "number.returned"}


def series_offered(host: Host, session: Session, package: str = "national") -> Mapping[str, str]:
    """Series → title of the kinds of documents in force whose numbers may be handed out beforehand."""
    bundle = host.bundle(session, releases.current(session, package, host.clock.now()).digest)
    return {
        kind.number[:60]: kind.title for kind in bundle.kinds.values()
        if "{seq" in kind.number and not any(part in kind.number for part in ("{case_no}", "{archive_no}"))
    }


def reserve_block(host: Host, by: str, officer_id: str, series: str, count: int, package: str = "national") -> list[int]:
    """Hand a block of numbers of this year to an officer of the agency; by a head only. The numbers are returned."""
    now = host.clock.now()
    with host.database.writing() as session:
        head, officer = find_officer(session, by), find_officer(session, officer_id)
        if not LEADERS & head.role_keys or officer.agency_code != head.agency_code:
            raise NotPermitted("number.head_only", "预留号码由本机关负责人或者办案机构负责人分配给本机关人员")
        if series not in series_offered(host, session, package):
            raise Invalid("number.series", "没有这一种文号，或者它不能预留")
        given = reserved_numbers.reserve(session, head.agency_code, series, now.year, officer.id, count, now)
        journal.append(session, None, "number.reserved", head.id, now, {
            "agency": head.agency_code, "series": series, "year": now.year, "officer": officer.id, "numbers": given,
        })
        return given


def account_for(host: Host, by: str, series: str, year: int, number: int, act: str, note: str) -> None:
    """Write down what became of a number: act is use (on a paper document), void or return; note names the document or the reason."""
    if act not in ACTS:
        raise Invalid("number.act", "请选择登记使用、作废或者交回")
    now = host.clock.now()
    with host.database.writing() as session:
        officer = find_officer(session, by)
        row = session.get(ReservedNumber, (officer.agency_code, series, year, number))
        if row is None or not (row.officer_id == officer.id or (act == "void" and LEADERS & officer.role_keys)):
            raise NotPermitted("number.hidden", "没有这个预留号码，或者它不由您保管")
        change = {"use": reserved_numbers.use_on_paper, "void": reserved_numbers.declare_void, "return": reserved_numbers.give_back}[act]
        change(session, row, note, now)
        journal.append(session, None, ACTS[act], officer.id, now, {
            "agency": officer.agency_code, "series": series, "year": year, "number": number, "note": note.strip(),
        })


def numbers_shown(session: Session, officer: Officer) -> Sequence[ReservedNumber]:
    """The reserved numbers that an officer sees: a head those of the whole agency, anyone else his own."""
    return reserved_numbers.reserved(session, officer.agency_code, None if LEADERS & officer.role_keys else officer.id)
