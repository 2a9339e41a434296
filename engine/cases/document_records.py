"""The documents of a case: number, data snapshot, versions and the files that were made of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.cases.superseding import Supersedable, everything, superseded
from engine.database import Base, Moment, Plain
from engine.errors import NotPermitted

OPEN, DRAFTED, AWAITING, SEALED, ISSUED, SERVED = "open", "drafted", "awaiting", "sealed", "issued", "served"
STATE_NAMES = {OPEN: "制作中", DRAFTED: "待用印", AWAITING: "待核准", SEALED: "已用印", ISSUED: "已制作", SERVED: "已送达"}
CHANGEABLE_IN_WORD = frozenset({DRAFTED, AWAITING})


class DocumentRecord(Supersedable, Base):
    """One version of one document.

    step: the service task that asked for it, empty when an officer made it by hand; snapshot: the placeholder data it was
    filled with; provenance: where each of them came from, see documents.provenance; word, pdf, sealed: SHA-256 of the files;
    seal_valid: what the verification right after sealing found (None for kinds without a seal); approver_role, approved_by:
    who must approve a document made by hand before it counts, and who did; void_reason: why it was declared void.
    """

    __tablename__ = "document_record"
    __table_args__ = (Index(None, "case_id", "kind"), UniqueConstraint("case_id", "kind", "occurrence", "version"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(80))
    number: Mapped[str] = mapped_column(String(60), default="")
    occurrence: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("document_record.id"))
    step: Mapped[str] = mapped_column(String(60))
    author_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    dated: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(10), default=OPEN)
    snapshot: Mapped[dict[str, Any]] = mapped_column(Plain)
    provenance: Mapped[dict[str, Any] | None] = mapped_column(Plain)
    approver_role: Mapped[str] = mapped_column(String(30), default="", server_default="")
    approved_by: Mapped[str] = mapped_column(String(40), default="", server_default="")
    void_reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
    word: Mapped[str] = mapped_column(String(64), default="")
    pdf: Mapped[str] = mapped_column(String(64), default="")
    sealed: Mapped[str] = mapped_column(String(64), default="")
    seal_number: Mapped[str] = mapped_column(String(30), default="")
    seal_valid: Mapped[bool | None]
    pages: Mapped[int] = mapped_column(default=0)

    @property
    def final(self) -> str:
        """SHA-256 of the file that counts: the sealed PDF, else the PDF; empty while it is being made."""
        return self.sealed or self.pdf

    @property
    def by_hand(self) -> bool:
        """Whether an officer made it outside the steps of the procedure."""
        return not self.step

    @property
    def state_name(self) -> str:
        """Chinese name of the state."""
        return STATE_NAMES[self.state]


def documents_of(session: Session, case_id: int) -> list[DocumentRecord]:
    """All documents of a case, in the order in which they were begun."""
    query = select(DocumentRecord).where(DocumentRecord.case_id == case_id).order_by(DocumentRecord.id)
    return list(session.scalars(query))


def superseded_documents(session: Session, case_id: int) -> list[DocumentRecord]:
    """The documents of a case that going back has taken out of force, in the order in which they were begun."""
    gone = superseded(session, case_id, DocumentRecord.__tablename__)
    query = select(DocumentRecord).where(DocumentRecord.id.in_(gone)).order_by(DocumentRecord.id)
    return list(session.scalars(query, execution_options=everything())) if gone else []


def newest(session: Session, case_id: int, kind: str) -> DocumentRecord | None:
    """The newest document of a kind in a case; None when there is none."""
    query = select(DocumentRecord).where(DocumentRecord.case_id == case_id, DocumentRecord.kind == kind)
    return session.scalar(query.order_by(DocumentRecord.id.desc()).limit(1))


def numbers_used(session: Session, case_id: int, kind: str, occurrence: int | None = None) -> int:
    """The highest occurrence of a kind in a case, or version of an occurrence, that was ever used: none is given twice."""
    column = DocumentRecord.occurrence if occurrence is None else DocumentRecord.version
    query = select(func.max(column)).where(DocumentRecord.case_id == case_id, DocumentRecord.kind == kind)
    if occurrence is not None:
        query = query.where(DocumentRecord.occurrence == occurrence)
    return session.scalar(query, execution_options=everything()) or 0


def versions_of(session: Session, record: DocumentRecord) -> list[DocumentRecord]:
    """All versions of a document, the first first, also those that no longer stand."""
    query = select(DocumentRecord).where(
        DocumentRecord.case_id == record.case_id, DocumentRecord.kind == record.kind, DocumentRecord.occurrence == record.occurrence
    )
    return list(session.scalars(query.order_by(DocumentRecord.version), execution_options=everything()))


def find_document(session: Session, document_id: int) -> DocumentRecord:
    """The document of this id, also one that no longer stands; NotPermitted hides whether it exists."""
    record = session.get(DocumentRecord, document_id, execution_options=everything())
    if record is None:
        raise NotPermitted("document.hidden", "没有这份文书，或者您无权查看")
    return record
