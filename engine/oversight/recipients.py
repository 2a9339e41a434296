"""Who is to be told of a step: who could take it, himself or as a deputy; asked of the registers once for many steps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import legal_time
from engine.registers.absences import REGISTER
from engine.registers.agencies import Officer, OfficerRole
from engine.registers.checks import NO_DEPUTY
from engine.registers.versions import all_on
from engine.workflow.tasks import WorkItem


class Recipients:
    """Officers by agency and role, deputies and names, each looked up when it is first needed."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session, self._day = session, legal_time(now).date()
        self._holders: dict[tuple[str, str], frozenset[str]] = {}
        self._names: dict[str, str] = {}
        self._deputies: dict[tuple[str, str], set[str]] | None = None

    def of(self, item: WorkItem) -> frozenset[str]:
        """Who could take a waiting step: the rule of `engine.workflow.tasks.require_may_take`, asked from the other side."""
        if item.role == "lead_officer" and item.case.investigators:
            own = item.case.investigators
        else:
            own = frozenset({item.assignee_id}) if item.assignee_id else self.holders(item.agency_code, [item.role])
        return own | {deputy for person in own for deputy in self._standing_in(person, item.role)}

    def holders(self, agency_code: str, roles: Iterable[str]) -> frozenset[str]:
        """Who holds one of these roles in an agency and is in service."""
        found = frozenset[str]()
        for role in roles:
            if (agency_code, role) not in self._holders:
                query = select(Officer.id).join(OfficerRole, OfficerRole.officer_id == Officer.id).where(
                    Officer.agency_code == agency_code, OfficerRole.role == role, Officer.in_service.is_(True)
                )
                self._holders[agency_code, role] = frozenset(self._session.scalars(query))
            found |= self._holders[agency_code, role]
        return found

    def name(self, officer_id: str) -> str:
        """The name of an officer; the platform itself is called 系统."""
        if officer_id not in self._names:
            found = self._session.scalar(select(Officer.name).where(Officer.id == officer_id))
            self._names[officer_id] = found or "系统"
        return self._names[officer_id]

    def _standing_in(self, officer_id: str, role: str) -> set[str]:
        if self._deputies is None:
            self._deputies = {}
            for record in all_on(self._session, REGISTER, self._day):
                for each in record.data["roles"]:
                    if each not in NO_DEPUTY:
                        self._deputies.setdefault((str(record.data["officer"]), each), set()).add(str(record.data["deputy"]))
        return self._deputies.get((officer_id, role), set())
