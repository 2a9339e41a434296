"""What was already made of a document before the case knew of it: nothing is printed or sealed twice because a transaction failed.

A seal is an act outside the database: whoever tries again takes the seal that was put on this very file before.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.database import Base, Moment


class MadeDocument(Base):
    """The files of one document record; word, pdf, sealed: SHA-256; sealed and seal_number are empty until it is sealed."""

    __tablename__ = "made_document"

    record_id: Mapped[int] = mapped_column(ForeignKey("document_record.id"), primary_key=True)
    word: Mapped[str] = mapped_column(String(64))
    pdf: Mapped[str] = mapped_column(String(64))
    pages: Mapped[int]
    sealed: Mapped[str] = mapped_column(String(64), default="")
    seal_number: Mapped[str] = mapped_column(String(30), default="")
    made_at: Mapped[datetime] = mapped_column(Moment)
    sealed_at: Mapped[datetime | None] = mapped_column(Moment)


def remember_made(session: Session, record_id: int, word: str, pdf: str, pages: int, at: datetime) -> MadeDocument:
    """Keep what was printed, unless somebody was faster: what is kept is returned and counts."""
    found = session.get(MadeDocument, record_id)
    if found is None:
        found = MadeDocument(record_id=record_id, word=word, pdf=pdf, pages=pages, made_at=at)
        try:
            with session.begin_nested():
                session.add(found)
        except IntegrityError:
            found = session.get_one(MadeDocument, record_id)
    return found


def remember_sealed(session: Session, record_id: int, seal_number: str, sealed: str, at: datetime) -> MadeDocument:
    """Keep the sealed file, unless somebody was faster with the same seal: what is kept is returned and counts."""
    session.execute(
        update(MadeDocument)
        .where(MadeDocument.record_id == record_id, MadeDocument.seal_number != seal_number)
        .values(sealed=sealed, seal_number=seal_number, sealed_at=at)
    )
    return session.get_one(MadeDocument, record_id, populate_existing=True)


def remember_changed(session: Session, record_id: int, word: str, pdf: str, pages: int, at: datetime) -> None:
    """A draft was changed by a person: from now on this counts as printed, and no seal has been put on it."""
    found = session.get(MadeDocument, record_id)
    if found is None:
        remember_made(session, record_id, word, pdf, pages, at)
    else:
        found.word, found.pdf, found.pages, found.made_at = word, pdf, pages, at
        found.sealed, found.seal_number, found.sealed_at = "", "", None
