"""The chain of custody (保管链) of a piece of evidence: who took, holds, sealed, opened and gave it back, and when.

An original must be shown to be the one that was taken (行政处罚法 第四十六条第二款: 证据必须经查证属实). Nothing of it is ever changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.cases.evidence import Evidence
from engine.cases.superseding import everything
from engine.database import Base, Moment
from engine.errors import Conflict, Invalid

TAKEN, RECEIVED, MOVED, SEALED, OPENED, RETURNED, FETCHED = "taken", "received", "moved", "sealed", "opened", "returned", "fetched"
ACT_NAMES: Final[Mapping[str, str]] = MappingProxyType({
    TAKEN: "取得", RECEIVED: "文件入库", MOVED: "移交", SEALED: "封存", OPENED: "启封", RETURNED: "退还", FETCHED: "下载原件",
})
BY_HAND: Final = (MOVED, SEALED, OPENED, RETURNED)
"""What an officer records; the rest is recorded by what he does."""


class CustodyEntry(Base):
    """One link: what was done, when, from whom to whom, where; persons are names, for not everybody is an officer.

    also_present: id of the second officer where the law wants two.
    """

    __tablename__ = "custody_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"), index=True)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("evidence_file.id"))
    act: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(Moment)
    giver: Mapped[str] = mapped_column(String(80))
    taker: Mapped[str] = mapped_column(String(80))
    place: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(200))
    recorded_by: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    also_present: Mapped[str | None] = mapped_column(ForeignKey("officer.id"))

    @property
    def act_name(self) -> str:
        """Chinese name of the act."""
        return ACT_NAMES[self.act]


@dataclass(frozen=True)
class Custody:
    """Where the chain has come to: who holds the thing, whether it is under seal, whether it was given back, and since when."""

    holder: str
    sealed: bool
    returned: bool
    since: datetime


def entries_of(session: Session, evidence_id: int) -> list[CustodyEntry]:
    """The chain of a piece, in the order in which it was written."""
    return list(session.scalars(select(CustodyEntry).where(CustodyEntry.evidence_id == evidence_id).order_by(CustodyEntry.id)))


def collectors_of(session: Session, case_id: int) -> frozenset[str]:
    """Ids of the officers who registered evidence of a case outside its steps, and of those who took it with them."""
    query = select(CustodyEntry.recorded_by, CustodyEntry.also_present).join(Evidence, Evidence.id == CustodyEntry.evidence_id).where(
        Evidence.case_id == case_id, CustodyEntry.act == TAKEN
    )
    return frozenset(person for row in session.execute(query, execution_options=everything()) for person in row if person)


def custody_of(evidence: Evidence, collector: str, entries: Sequence[CustodyEntry]) -> Custody:
    """How things stand after a chain; collector: name of the officer who took the piece."""
    state = Custody(collector, sealed=False, returned=False, since=evidence.collected_at)
    for entry in entries:
        if entry.act in BY_HAND:
            state = Custody(
                entry.taker if entry.act in (MOVED, RETURNED) else state.holder,
                sealed=entry.act == SEALED or (state.sealed and entry.act == MOVED), returned=entry.act == RETURNED, since=entry.at,
            )
    return state


def require_next(state: Custody, act: str, taker: str, at: datetime, now: datetime) -> None:
    """Refuse a link that does not follow from the one before it."""
    if act not in BY_HAND:
        raise Invalid("custody.act", "请选择保管环节")
    if act in (MOVED, RETURNED) and not taker.strip():
        raise Invalid("custody.taker", f"{ACT_NAMES[act]}应当写明接收人")
    if at > now:
        raise Invalid("custody.future", "保管环节的时间不能晚于现在")
    if at < state.since:
        raise Invalid("custody.order", f"保管环节的时间不能早于前一环节（{state.since:%Y-%m-%d %H:%M}）")
    if state.returned:
        raise Conflict("custody.returned", f"证据已经退还“{state.holder}”，不再由本机关保管")
    if act == SEALED and state.sealed:
        raise Conflict("custody.sealed", "证据已经封存，启封之后才能再次封存")
    if act == OPENED and not state.sealed:
        raise Conflict("custody.not_sealed", "证据没有封存，无须启封")
    if act == RETURNED and state.sealed:
        raise Conflict("custody.still_sealed", "证据还在封存，请先登记启封")
