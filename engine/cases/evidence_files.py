"""Files of a piece of evidence (行政处罚法 第四十六条): their bytes by SHA-256, what is known of them, and uploads under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine.cases.media_types import KIND_NAMES
from engine.database import Base, Moment, Plain
from engine.errors import NotPermitted

CLEAN, INFECTED, UNSCANNED = "clean", "infected", "unscanned"
VERDICTS: Final[Mapping[str, str]] = MappingProxyType({CLEAN: "已查毒，未发现病毒", INFECTED: "发现病毒，不能打开", UNSCANNED: "未查毒"})
OPEN, KEPT, REFUSED = "open", "kept", "refused"
LARGEST: Final = 2 * 1024**3
"""Bytes of the largest file that is taken in (2 GiB)."""


class EvidenceFile(Base):
    """One file of a piece of evidence; never changed (行政处罚法 第四十七条).

    media_type, kind: told by the content; size: bytes; sha256: computed on arrival, device_sha256: computed where the file came from (empty:
    by nobody); taken_at, place: of the picture or recording; details: what the file says of itself (EXIF), as plain text by name.
    """

    __tablename__ = "evidence_file"
    __table_args__ = (UniqueConstraint("evidence_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(10))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    device_sha256: Mapped[str] = mapped_column(String(64))
    taken_at: Mapped[datetime | None] = mapped_column(Moment)
    place: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(200))
    details: Mapped[dict[str, str]] = mapped_column(Plain)
    received_at: Mapped[datetime] = mapped_column(Moment)
    received_by: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    examinations: Mapped[list[Examination]] = relationship(lazy="selectin", order_by="Examination.id")

    @property
    def kind_name(self) -> str:
        """Chinese name of the kind of file."""
        return KIND_NAMES[self.kind]

    @property
    def examined(self) -> Examination | None:
        """What the last examination found; None while nobody has looked yet."""
        return self.examinations[-1] if self.examinations else None


class Examination(Base):
    """One look at a file by the machine: for malware, and the views made of a picture (SHA-256; empty: none, note says why)."""

    __tablename__ = "evidence_examination"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("evidence_file.id"), index=True)
    verdict: Mapped[str] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(String(200))
    thumbnail: Mapped[str] = mapped_column(String(64))
    preview: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(Moment)

    @property
    def verdict_name(self) -> str:
        """The verdict in Chinese."""
        return VERDICTS[self.verdict]


class EvidenceUpload(Base):
    """A file on its way: so many of its bytes (received) lie on our disk for good.

    arrived: SHA-256 of the whole, once it has come; touched_at: machine time; fault: why it was refused.
    """

    __tablename__ = "evidence_upload"
    __table_args__ = (Index(None, "state", "touched_at"), Index(None, "evidence_id", "officer_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"))
    officer_id: Mapped[str] = mapped_column(ForeignKey("officer.id"))
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    device_sha256: Mapped[str] = mapped_column(String(64))
    arrived: Mapped[str] = mapped_column(String(64), default="")
    taken_at: Mapped[datetime | None] = mapped_column(Moment)
    place: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10), default=OPEN)
    fault: Mapped[str] = mapped_column(Text, default="")
    file_id: Mapped[int | None] = mapped_column(ForeignKey("evidence_file.id"))
    begun_at: Mapped[datetime] = mapped_column(Moment)
    touched_at: Mapped[datetime] = mapped_column(Moment)


def files_of(session: Session, case_id: int) -> dict[int, list[EvidenceFile]]:
    """The files of a case by piece of evidence, in the order in which they came."""
    found: dict[int, list[EvidenceFile]] = {}
    for file in session.scalars(select(EvidenceFile).where(EvidenceFile.case_id == case_id).order_by(EvidenceFile.id)):
        found.setdefault(file.evidence_id, []).append(file)
    return found


def find_file(session: Session, file_id: int) -> EvidenceFile:
    """The file of this id; NotPermitted hides whether it exists."""
    file = session.get(EvidenceFile, file_id)
    if file is None:
        raise NotPermitted("evidence.hidden", "没有这个文件，或者您无权查看")
    return file


def same_file(session: Session, evidence_id: int, sha256: str) -> EvidenceFile | None:
    """The file of a piece that has these very bytes."""
    return session.scalar(select(EvidenceFile).where(EvidenceFile.evidence_id == evidence_id, EvidenceFile.sha256 == sha256))


def unfinished(session: Session, evidence_id: int, officer_id: str) -> Sequence[EvidenceUpload]:
    """An officer's own uploads to a piece that can be gone on with, newest first."""
    query = select(EvidenceUpload).where(
        EvidenceUpload.evidence_id == evidence_id, EvidenceUpload.officer_id == officer_id, EvidenceUpload.state == OPEN
    )
    return session.scalars(query.order_by(EvidenceUpload.begun_at.desc())).all()


def listed(session: Session, case_id: int) -> list[dict[str, Any]]:
    """Every file of a case as plain data: what a dossier writes down of files that are too large to be bound into it."""
    return [
        {"file": file.id, "evidence": file.evidence_id, "name": file.name, "media_type": file.media_type, "size": file.size,
         "sha256": file.sha256, "device_sha256": file.device_sha256, "received_at": file.received_at.isoformat()}
        for rows in files_of(session, case_id).values() for file in rows
    ]
