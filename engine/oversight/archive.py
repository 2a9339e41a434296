"""The archive (归档): what a dossier holds, and the moment after which a case is read-only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import journal
from engine.cases.cases import find_case
from engine.cases.document_records import documents_of
from engine.cases.evidence_files import listed
from engine.cases.submissions import latest
from engine.database import Base, Moment
from engine.files import FileStore


class ArchivedCase(Base):
    """The archived dossier of a case: reading volume and package by SHA-256, and where the journal stood."""

    __tablename__ = "archived_case"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    retention: Mapped[str] = mapped_column(String(10))
    volume: Mapped[str] = mapped_column(String(64))
    package: Mapped[str] = mapped_column(String(64))
    journal_length: Mapped[int]
    journal_digest: Mapped[str] = mapped_column(String(64))
    archived_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True)
class DossierFile:
    """One document of a dossier: its place in the order, title, number and the bytes that count."""

    sequence: int
    kind: str
    title: str
    number: str
    version: int
    dated: str
    pages: int
    sha256: str
    data: bytes


@dataclass(frozen=True)
class DossierContents:
    """All that is bound into one dossier."""

    case_number: str
    archive_number: str
    title: str
    files: tuple[DossierFile, ...]
    evidence: Sequence[dict[str, Any]]
    journal: Sequence[dict[str, Any]]


def dossier_contents(session: Session, files: FileStore, case_id: int) -> DossierContents:
    """The documents of a case in archive order (cover, contents, decision first, notes last) with its journal."""
    case = find_case(session, case_id)
    records = [row for row in documents_of(session, case_id) if row.final]
    first = {"DOC-54": 0, "DOC-55": 1, "DOC-45": 2, "DOC-44": 2}
    ordered = sorted(records, key=lambda row: (999 if row.kind == "DOC-56" else first.get(row.kind, 3), row.id))
    return DossierContents(
        case_number=case.number, archive_number=case.archive_number, title=case.title,
        files=tuple(
            DossierFile(number, row.kind, row.title, row.number, row.version, row.dated.isoformat(), row.pages, row.final,
                        files.get(row.final))
            for number, row in enumerate(ordered, start=1)
        ),
        evidence=listed(session, case_id),
        journal=tuple(
            {"sequence": entry.sequence, "at": entry.at.isoformat(), "act": entry.act, "actor": entry.actor_id,
             "facts": entry.facts, "previous": entry.previous, "digest": entry.digest}
            for entry in journal.entries(session, case_id)
        ),
    )


def archive_case(session: Session, case_id: int, *, volume: str, package: str, at: datetime) -> ArchivedCase:
    """Write down the archived dossier; from now on the case is read-only (粤府〔2023〕73号 第三十一条)."""
    case = find_case(session, case_id)
    form = latest(session, case_id, "archive_case")
    length, digest = journal.head(session, case_id)
    archived = ArchivedCase(
        case_id=case_id, number=case.archive_number, retention=str(form.values["retention"]) if form else "",
        volume=volume, package=package, journal_length=length, journal_digest=digest, archived_at=at,
    )
    session.add(archived)
    case.status, case.archived_at = "ARCHIVED", at
    session.flush()
    return archived


def archive_of(session: Session, case_id: int) -> ArchivedCase | None:
    """The archived dossier of a case; None before it is archived."""
    return session.scalar(select(ArchivedCase).where(ArchivedCase.case_id == case_id))
