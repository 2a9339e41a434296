"""Deputies (代理): who acts for whom on a day, told by the register of absences, and how an officer states his own.

A deputy acts under his own name and under his own duty to withdraw (行政处罚法 第四十三条); he can do nothing that the person he
stands in for could not do himself. Delegating the power to punish to another organisation is another matter (第二十条).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.clock import legal_time
from engine.errors import Conflict, Invalid, NotPermitted
from engine.registers.agencies import ROLES, Officer, find_officer
from engine.registers.checks import NO_DEPUTY
from engine.registers.recording import end, record
from engine.registers.versions import Record, RegisterVersion, about, chosen, versions_of

REGISTER = "absence"
APPOINTING = frozenset({"agency_head", "agency_chief"})

Acting = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Absence:
    """One absence that lasts or is to come; key: of its record; first, last: its first and last day."""

    key: str
    officer: Officer
    deputy: Officer
    roles: tuple[str, ...]
    reason: str
    first: date
    last: date

    @property
    def role_names(self) -> str:
        """The roles in Chinese."""
        return "、".join(ROLES[role] for role in ROLES if role in self.roles)


def acting_for(session: Session, officer: Officer, now: datetime) -> dict[str, tuple[str, ...]]:
    """For whom an officer acts now: role → ids of the persons whose role it is; a deputy never passes it on."""
    acting: dict[str, tuple[str, ...]] = {}
    for each in about(session, REGISTER, officer.id, legal_time(now).date()):
        held = find_officer(session, str(each.data["officer"]))
        for role in each.data["roles"]:
            if role in held.role_keys and held.agency_code == officer.agency_code and role not in NO_DEPUTY:
                acting[role] = (*acting.get(role, ()), held.id)
    return acting


def deputies_among(session: Session, officer_ids: Collection[str]) -> frozenset[str]:
    """Those of these officers who are or were a deputy of anybody: all others need not be asked for whom they act."""
    held = RegisterVersion
    query = select(held.subject).distinct().where(held.register == REGISTER, held.subject.in_(sorted(officer_ids)))
    return frozenset(session.scalars(query))


def holder_among(session: Session, officer: Officer, roles: Collection[str], now: datetime) -> str | None:
    """Who holds one of these roles in this officer's person: "" himself, an id the person he stands in for, None nobody."""
    if officer.role_keys & set(roles):
        return ""
    acting = acting_for(session, officer, now)
    return next((acting[role][0] for role in sorted(roles) if role in acting), None)


def absences_of(session: Session, officer_id: str, day: date) -> list[Absence]:
    """The absences of an officer, and those in which he is the deputy, that last on a day or are to come, by their first day."""
    held = RegisterVersion
    query = select(held.key).distinct().where(
        held.register == REGISTER, or_(held.subject == officer_id, held.key.endswith(f"|{officer_id}", autoescape=True))
    )
    found = []
    for versions in versions_of(session, REGISTER, sorted(session.scalars(query))).values():
        days = {day, *(each.valid_from for each in versions if each.valid_from > day)}
        standing = {(each.valid_from, each.version): each for start in days if (each := chosen(versions, start))}
        found += [_absence(session, each) for each in standing.values()]
    return sorted(found, key=lambda each: (each.first, each.key))


def state_absence(
    session: Session, made_by: str, officer_id: str, deputy_id: str, roles: Collection[str], first: date, last: date, reason: str,
    now: datetime,
) -> Record:
    """Say that somebody is away and who stands in for him: by himself or by a head of the agency; not for days that are over.

    Raises NotPermitted for others, Invalid naming each column that is wrong.
    """
    maker, officer = find_officer(session, made_by), find_officer(session, officer_id)
    if maker.id != officer.id and not (maker.agency_code == officer.agency_code and APPOINTING & maker.role_keys):
        raise NotPermitted("absence.maker", "只有本人或者本机关负责人可以登记离岗和代理人")
    if not legal_time(now).date() <= first <= last:
        raise Invalid("absence.period", "离岗的起止日期有误：起始日期不得早于今天，终止日期不得早于起始日期")
    values = {
        "officer": officer.id, "deputy": deputy_id, "roles": sorted(roles), "reason": reason.strip(), "approved_by": maker.id,
        "valid_from": first, "valid_to": last,
    }
    return record(session, REGISTER, values, actor=maker.id, at=now, reason=f"离岗代理：{reason.strip()}"[:200])


def end_absence(session: Session, made_by: str, key: str, now: datetime) -> Record:
    """The person is back, or needs no deputy: from today on, with what was recorded for later days under the same key.

    By himself, by his deputy or by a head of the agency.
    """
    today, maker = legal_time(now).date(), find_officer(session, made_by)
    known = [each for each in absences_of(session, made_by, today) if each.key == key]
    if not known and APPOINTING & maker.role_keys:
        known = [each for each in absences_in(session, maker.agency_code, today) if each.key == key]
    if not known:
        raise NotPermitted("absence.hidden", "没有这项离岗代理，或者您无权终止")
    if known[0].officer.agency_code != maker.agency_code:
        raise Conflict("absence.moved", "离岗人员已经不在本机关")
    return end(session, REGISTER, key, actor=maker.id, at=now, reason="提前终止离岗代理", day=today)


def absences_in(session: Session, agency_code: str, day: date) -> list[Absence]:
    """All absences of an agency that last on a day or are to come: for its heads."""
    people = session.scalars(select(Officer.id).where(Officer.agency_code == agency_code))
    found = {(each.key, each.first): each for person in people for each in absences_of(session, person, day)}
    return sorted(found.values(), key=lambda each: (each.first, each.key))


def _absence(session: Session, each: Record) -> Absence:
    data = each.data
    return Absence(
        each.key, find_officer(session, str(data["officer"])), find_officer(session, str(data["deputy"])), tuple(data["roles"]),
        str(data["reason"]), each.valid_from, each.valid_to or each.valid_from,
    )
