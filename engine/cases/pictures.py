"""Pictures for documents: those of a case, and the written signatures of officers. Only pictures that we encoded ourselves are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment


class Picture(Base):
    """One picture as a file of the store. case_id: None for the signature of the officer; width, height: pixels."""

    __tablename__ = "picture"
    __table_args__ = (Index(None, "case_id"), Index(None, "officer_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    title: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int]
    height: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment)

    def as_value(self) -> dict[str, Any]:
        """The picture as a document draws on it."""
        return {"title": self.title, "picture": self.sha256, "width": self.width, "height": self.height}


def pictures_of(session: Session, case_id: int) -> list[Picture]:
    """The pictures of a case, in the order in which they were added."""
    return list(session.scalars(select(Picture).where(Picture.case_id == case_id).order_by(Picture.id)))


def signature_of(session: Session, officer_id: str) -> Picture | None:
    """The newest written signature of an officer; None when he has none."""
    query = select(Picture).where(Picture.officer_id == officer_id, Picture.case_id.is_(None))
    return session.scalar(query.order_by(Picture.id.desc()).limit(1))
