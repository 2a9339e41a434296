"""What officers changed in a draft document in Word: the files before and after, and each paragraph that differs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment, Plain


class DraftChange(Base):
    """One upload. before, after: SHA-256 of the Word files; differences: rows of [number of the paragraph, old text, new text]."""

    __tablename__ = "draft_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document_record.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    before: Mapped[str] = mapped_column(String(64))
    after: Mapped[str] = mapped_column(String(64))
    differences: Mapped[list[list[Any]]] = mapped_column(Plain)


def changes_of(session: Session, document_id: int) -> list[DraftChange]:
    """All uploads of a document, oldest first."""
    query = select(DraftChange).where(DraftChange.document_id == document_id).order_by(DraftChange.id)
    return list(session.scalars(query))
