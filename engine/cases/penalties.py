"""What is proposed, told to the party and decided: the penalties of a case, round by round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from sqlalchemy import ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.cases.superseding import Supersedable, everything
from engine.database import Base, Moment, Money
from engine.law.penalties import ProposedPenalty

PROPOSED, NOTICED, DECIDED = "proposed", "noticed", "decided"


class PenaltyItem(Supersedable, Base):
    """One penalty of one round of a stage; the newest round of a stage counts, older ones stay."""

    __tablename__ = "penalty_item"
    __table_args__ = (Index(None, "case_id", "stage", "round"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    stage: Mapped[str] = mapped_column(String(10))
    round: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    amount: Mapped[Decimal | None] = mapped_column(Money)
    detail: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Moment)

    def as_proposed(self) -> ProposedPenalty:
        """The same penalty as a value for the law functions."""
        return ProposedPenalty(kind=self.kind, amount=self.amount, detail=self.detail)


def penalties(session: Session, case_id: int, stage: str) -> tuple[ProposedPenalty, ...]:
    """The penalties of the newest round of a stage; empty when the stage was not reached."""
    newest = _round(session, case_id, stage)
    query = select(PenaltyItem).where(
        PenaltyItem.case_id == case_id, PenaltyItem.stage == stage, PenaltyItem.round == newest
    )
    return tuple(row.as_proposed() for row in session.scalars(query.order_by(PenaltyItem.id)))


def add_round(
    session: Session, case_id: int, stage: str, items: Sequence[ProposedPenalty], at: datetime
) -> None:
    """Write a new round of a stage."""
    number = _round(session, case_id, stage, everything()) + 1
    session.add_all(
        PenaltyItem(
            case_id=case_id, stage=stage, round=number, kind=item.kind, amount=item.amount, detail=item.detail, at=at
        )
        for item in items
    )
    session.flush()


def _round(session: Session, case_id: int, stage: str, options: Mapping[str, Any] = MappingProxyType({})) -> int:
    where = (PenaltyItem.case_id == case_id, PenaltyItem.stage == stage)
    return session.scalar(select(func.max(PenaltyItem.round)).where(*where), execution_options=options) or 0
