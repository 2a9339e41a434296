"""消息：what each officer is told, kept once by its key, with when he read it. What occasions one is in `occasions.py`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, delete, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine.cases.cases import Case
from engine.database import Base, Moment

STEP, DOCUMENT, MOVED, ASKED, OPINION = "step", "document", "moved", "asked", "opinion"
DUE_SOON, OVERDUE, CASE, INCIDENT = "due_soon", "overdue", "case", "incident"
KINDS: Final[Mapping[str, str]] = MappingProxyType({
    STEP: "新的待办", DOCUMENT: "文书待审批、用印", MOVED: "退回、撤回、转办", ASKED: "征求意见", OPINION: "收到意见",
    DUE_SOON: "临期", OVERDUE: "逾期", CASE: "案件中止、终止、恢复、决定", INCIDENT: "运行异常",
})
AT_ONCE = 500


class Notice(Base):
    """One thing that one officer is told.

    key: the same for the same occasion and officer, so that it is told once; case_id, item_id, opinion_id, incident_id: what it is
    about; words: Chinese, without a name or a fact of any party, so that they can also be sent by mail.
    """

    __tablename__ = "notice"
    __table_args__ = (Index(None, "officer_id", "read_at", "id"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    kind: Mapped[str] = mapped_column(String(10))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("work_item.id"))
    opinion_id: Mapped[int | None] = mapped_column(ForeignKey("opinion.id"))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    words: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    case: Mapped[Case] = relationship(lazy="joined")

    @property
    def kind_name(self) -> str:
        """The kind in Chinese."""
        return KINDS[self.kind]


@dataclass(frozen=True)
class Draft:
    """A notice that has not been kept yet; the key of the kept one is this key and the officer."""

    key: str
    officer_id: str
    kind: str
    case_id: int
    words: str
    item_id: int | None = None
    opinion_id: int | None = None
    incident_id: int | None = None


def keep(session: Session, drafts: Iterable[Draft], now: datetime) -> list[Notice]:
    """Keep those that are not kept yet, in a transaction in which nobody else keeps any; the new ones are returned."""
    wanted = {f"{draft.key}:{draft.officer_id}": draft for draft in drafts}
    keys, known = sorted(wanted), set[str]()
    for start in range(0, len(keys), AT_ONCE):
        known |= set(session.scalars(select(Notice.key).where(Notice.key.in_(keys[start:start + AT_ONCE]))))
    fresh = [key for key in keys if key not in known]
    if not fresh:
        return []
    session.execute(insert(Notice), [_row(key, wanted[key], now) for key in fresh])
    kept = list[Notice]()
    for start in range(0, len(fresh), AT_ONCE):
        kept += session.scalars(select(Notice).where(Notice.key.in_(fresh[start:start + AT_ONCE])).order_by(Notice.id))
    return kept


def _row(key: str, draft: Draft, now: datetime) -> dict[str, Any]:
    return {
        "key": key, "officer_id": draft.officer_id, "kind": draft.kind, "case_id": draft.case_id, "item_id": draft.item_id,
        "opinion_id": draft.opinion_id, "incident_id": draft.incident_id, "words": draft.words[:300], "at": now, "read_at": None,
    }


def notices_of(session: Session, officer_id: str, most: int, *, unread: bool = False, before: int | None = None) -> Sequence[Notice]:
    """An officer's notices, the newest first; before: the id of the last one of the page before."""
    query = select(Notice).where(Notice.officer_id == officer_id)
    if unread:
        query = query.where(Notice.read_at.is_(None))
    if before is not None:
        query = query.where(Notice.id < before)
    return session.scalars(query.order_by(Notice.id.desc()).limit(most)).all()


def has_unread(session: Session, officer_id: str) -> bool:
    """Whether anything is unread at all: what every page asks first."""
    return session.scalar(select(Notice.id).where(Notice.officer_id == officer_id, Notice.read_at.is_(None)).limit(1)) is not None


def mark_read(session: Session, officer_id: str, now: datetime, ids: Collection[int] | None = None, *, up_to: int | None = None) -> int:
    """The officer has read these, or all up to one; how many were unread is returned."""
    mine = [Notice.officer_id == officer_id, Notice.read_at.is_(None)]
    mine += [Notice.id.in_(sorted(ids))] if ids is not None else []
    mine += [Notice.id <= up_to] if up_to is not None else []
    changed = session.execute(update(Notice).where(*mine).values(read_at=now))
    return int(changed.rowcount)  # type: ignore[attr-defined]


def forget(session: Session, before: datetime) -> int:
    """Delete notices from before a moment: they only pointed at the case, whose record stays."""
    gone = session.execute(delete(Notice).where(Notice.at < before))
    return int(gone.rowcount)  # type: ignore[attr-defined]
