"""The outbox to the province (报送): what a city tells of its decided cases, written with the act that it tells of.

A case is told of from its decision on, never before: nobody outside the agency looks into an undecided case. Entries are never
changed; a reader asks for those that were not acknowledged, not for those after the highest number that it knows, because
numbers are handed out in another order than transactions commit, and such a reader would miss the late ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import journal
from engine.cases.acts import Act
from engine.cases.penalties import DECIDED, penalties
from engine.database import Base, Moment, from_json, to_json

WAITING, ACKNOWLEDGED, REFUSED = "waiting", "acknowledged", "refused"
MOST = 200


class OutboxEntry(Base):
    """One legal event of one decided case, to be told once; content: canonical JSON, digest: its SHA-256."""

    __tablename__ = "outbox_entry"
    __table_args__ = (Index(None, "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    content: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(12), default=WAITING)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(Text, default="")

    def told(self) -> dict[str, Any]:
        """The entry as it is sent."""
        return {"id": self.id, "digest": self.digest, "content": from_json(self.content)}


def tell(act: Act, events: Iterable[tuple[str, datetime]]) -> None:
    """Write what the province is told of these events, inside the act's transaction; nothing before the decision.

    Parties, titles and free texts are not part of it (个人信息保护法 第六条); the end of the case's journal is, so that the
    province can show that what it is handed later was not changed since.
    """
    if not act.case.decided:
        return
    decided = penalties(act.session, act.case.id, DECIDED)
    _, last = journal.head(act.session, act.case.id)
    case = act.case
    for event, at in events:
        write(act.session, case.id, {
            "case": case.number, "agency": case.agency_code, "region": case.region_code, "item": case.item_code,
            "procedure": case.procedure, "event": event, "happened_at": at.isoformat(), "status": case.status,
            "decided_on": case.decided_on.isoformat() if case.decided_on else "",
            "penalties": [{"kind": one.kind, "amount": str(one.amount) if one.amount is not None else ""} for one in decided],
            "journal": last,
        }, act.now)


def write(session: Session, case_id: int, content: Mapping[str, Any], at: datetime) -> None:
    """Add an entry inside the caller's transaction."""
    text = to_json(dict(content), canonical=True)
    session.connection().execute(insert(OutboxEntry), {
        "case_id": case_id, "content": text, "digest": digest_of(text), "at": at, "state": WAITING, "reason": "",
    })


def digest_of(text: str) -> str:
    """SHA-256 of an entry's canonical JSON."""
    return hashlib.sha256(text.encode()).hexdigest()


def waiting(session: Session, most: int = MOST, *, state: str = WAITING) -> list[OutboxEntry]:
    """The oldest entries that nobody has acknowledged yet, at most so many."""
    return list(session.scalars(select(OutboxEntry).where(OutboxEntry.state == state).order_by(OutboxEntry.id).limit(most)))


def acknowledge(session: Session, ids: Collection[int], at: datetime) -> int:
    """The receiver has these; how many were still waiting is returned."""
    return _settle(session, ids, (WAITING, REFUSED), state=ACKNOWLEDGED, settled_at=at)


def refuse(session: Session, entry_id: int, reason: str, at: datetime) -> int:
    """The receiver will not have this one: it waits for a person, and the others go on."""
    return _settle(session, [entry_id], (WAITING,), state=REFUSED, settled_at=at, reason=reason[:500])


def resend(session: Session, ids: Collection[int]) -> int:
    """Send refused entries again; how many is returned."""
    return _settle(session, ids, (REFUSED,), state=WAITING, settled_at=None, reason="")


def _settle(session: Session, ids: Collection[int], before: Collection[str], **values: Any) -> int:
    changed = session.execute(update(OutboxEntry).where(OutboxEntry.id.in_(ids), OutboxEntry.state.in_(before)).values(**values))
    return int(changed.rowcount)  # type: ignore[attr-defined]
