"""State an absence and its deputy (离岗代理), and end it: rights → register → journal, refused attempts too."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from engine.errors import ZhifaError
from engine.registers import absences
from processes.host import Host
from processes.refusals import journal_refusal


def state_absence(
    host: Host, made_by: str, officer_id: str, deputy_id: str, roles: Collection[str], first: date, last: date, reason: str
) -> str:
    """Somebody is away from the first to the last day and another takes his steps; the key of the record is returned."""
    facts = {"officer": officer_id, "deputy": deputy_id, "roles": sorted(roles), "first": first, "last": last}
    with _told(host, made_by, "absence.refused", facts) as now, host.database.writing() as session:
        return absences.state_absence(session, made_by, officer_id, deputy_id, roles, first, last, reason, now).key


def end_absence(host: Host, made_by: str, key: str) -> None:
    """He is back: from today on nobody stands in for him any more under this key."""
    with _told(host, made_by, "absence.end_refused", {"key": key[:160]}) as now, host.database.writing() as session:
        absences.end_absence(session, made_by, key, now)


@contextmanager
def _told(host: Host, officer_id: str, refused: str, facts: Mapping[str, Any]) -> Iterator[datetime]:
    now = host.clock.now()
    try:
        yield now
    except ZhifaError as refusal:
        journal_refusal(host, None, refused, officer_id, now, refusal, facts)
        raise
