"""Declared emergencies and their measures: what opens the fast track (行政处罚法 第四十九条)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.clock import at_legal_midnight, end_of_day
from engine.database import Base, Moment, Plain


class Emergency(Base):
    """A declared emergency response (突发事件应急响应).

    areas: codes of the regions it covers; measures: list of {code, text, items: item codes linked to it}.
    """

    __tablename__ = "emergency"

    number: Mapped[str] = mapped_column(String(60), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    level: Mapped[str] = mapped_column(String(10))
    declared_by: Mapped[str] = mapped_column(String(80))
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    areas: Mapped[list[str]] = mapped_column(Plain)
    measures: Mapped[list[dict[str, Any]]] = mapped_column(Plain)

    def measure_for(self, item_code: str) -> str:
        """Text of the measure that an item's violation breaks; empty when none is linked."""
        return next((str(m["text"]) for m in self.measures if item_code in m["items"]), "")


def covering(session: Session, area: str, item_code: str, violated_on: date) -> Emergency | None:
    """The emergency that covers an act by area, day and behaviour; None means: no fast track."""
    query = select(Emergency).where(
        Emergency.starts_at < end_of_day(violated_on), Emergency.ends_at > at_legal_midnight(violated_on)
    )
    for emergency in session.scalars(query.order_by(Emergency.starts_at)):
        if area in emergency.areas and emergency.measure_for(item_code):
            return emergency
    return None
