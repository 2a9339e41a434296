"""Service (送达): which document reached whom, how and on what day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment


class ServiceRecord(Base):
    """One service of one document; served_on is the legal date of service."""

    __tablename__ = "service_record"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document_record.id"), index=True)
    method: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(120))
    place: Mapped[str] = mapped_column(String(200))
    receiver: Mapped[str] = mapped_column(String(60), default="")
    relation: Mapped[str] = mapped_column(String(60), default="")
    served_at: Mapped[datetime] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    arrived_at: Mapped[datetime | None] = mapped_column(Moment)
    served_on: Mapped[date]
    servers: Mapped[str] = mapped_column(String(120))


def services_of(session: Session, case_id: int) -> list[ServiceRecord]:
    """All services of a case, in order."""
    return list(session.scalars(select(ServiceRecord).where(ServiceRecord.case_id == case_id).order_by(ServiceRecord.id)))
