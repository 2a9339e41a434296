"""Deputies (代理): who acts for whom during an absence, in which roles and until when.

A deputy acts under his own name and under his own duty to withdraw (行政处罚法 第四十三条); he can do nothing that the person he
stands in for could not do himself. Delegating the power to punish to another organisation is another matter (第二十条).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment, Plain
from engine.errors import Invalid, NotPermitted
from engine.registers.agencies import ROLES, Officer, find_officer

NEVER = frozenset({"administrator", "supervisor"})
APPOINTING = frozenset({"agency_head", "agency_chief"})

Acting = Mapping[str, tuple[str, ...]]


class Delegation(Base):
    """One absence: deputy_id acts for officer_id in these roles; ended_at when it was ended before its time."""

    __tablename__ = "delegation"
    __table_args__ = (Index(None, "deputy_id", "until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    deputy_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    roles: Mapped[list[str]] = mapped_column(Plain)
    since: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


def delegate(
    session: Session, made_by: str, officer_id: str, deputy_id: str, roles: tuple[str, ...], since: datetime, until: datetime, reason: str
) -> Delegation:
    """Appoint a deputy: by the person himself or by a head of the agency, of the same agency, for roles that he holds."""
    maker, officer, deputy = (find_officer(session, each) for each in (made_by, officer_id, deputy_id))
    if maker.id != officer.id and not (maker.agency_code == officer.agency_code and APPOINTING & maker.role_keys):
        raise NotPermitted("delegation.maker", "只有本人或者本机关负责人可以指定代理人")
    if officer.id == deputy.id or officer.agency_code != deputy.agency_code:
        raise Invalid("delegation.deputy", "代理人应当是本机关的其他人员")
    wrong = [role for role in roles if role not in officer.role_keys or role in NEVER]
    if not roles or wrong:
        raise Invalid("delegation.roles", f"{officer.name}没有可以代理的角色“{ROLES.get(wrong[0], wrong[0]) if wrong else ''}”")
    if not since < until or not reason.strip():
        raise Invalid("delegation.period", "请写明代理的起止时间和理由")
    made = Delegation(
        officer_id=officer.id, deputy_id=deputy.id, roles=sorted(roles), since=since, until=until, reason=reason.strip(),
        made_by=maker.id,
    )
    session.add(made)
    session.flush()
    return made


def acting_for(session: Session, officer: Officer, now: datetime) -> dict[str, tuple[str, ...]]:
    """For whom an officer acts now: role → ids of the persons whose role it is; a deputy never passes it on."""
    query = select(Delegation).where(
        Delegation.deputy_id == officer.id, Delegation.since <= now, Delegation.until > now, Delegation.ended_at.is_(None)
    )
    acting: dict[str, tuple[str, ...]] = {}
    for row in session.scalars(query.order_by(Delegation.id)):
        held = find_officer(session, row.officer_id)
        for role in row.roles:
            if role in held.role_keys and held.agency_code == officer.agency_code:
                acting[role] = (*acting.get(role, ()), held.id)
    return acting


def delegations_of(session: Session, officer_id: str, now: datetime) -> list[Delegation]:
    """The delegations of an officer that still run or are to come, whether he is absent or the deputy."""
    mine = (Delegation.officer_id == officer_id) | (Delegation.deputy_id == officer_id)
    query = select(Delegation).where(mine, Delegation.until > now, Delegation.ended_at.is_(None))
    return list(session.scalars(query.order_by(Delegation.since)))
