"""Execution (执行) of a decision: payments and the disposal of confiscated goods."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment, Money


class Payment(Base):
    """Money received for a penalty, with the number of the fiscal receipt."""

    __tablename__ = "payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    amount: Mapped[Decimal] = mapped_column(Money)
    channel: Mapped[str] = mapped_column(String(20))
    bill_number: Mapped[str] = mapped_column(String(60), unique=True)
    paid_at: Mapped[datetime] = mapped_column(Moment)


class Disposal(Base):
    """What became of confiscated goods (行政处罚法 第七十四条)."""

    __tablename__ = "disposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    method: Mapped[str] = mapped_column(String(20))
    items: Mapped[str] = mapped_column(Text)
    witness: Mapped[str] = mapped_column(String(60))
    receipt: Mapped[str] = mapped_column(String(60), default="")
    disposed_at: Mapped[datetime] = mapped_column(Moment)


def payments_of(session: Session, case_id: int) -> list[Payment]:
    """All payments of a case, in order."""
    return list(session.scalars(select(Payment).where(Payment.case_id == case_id).order_by(Payment.id)))
