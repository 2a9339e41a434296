"""The queued operations that make documents: number and snapshot in the step, Word, PDF and seal afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.orm import Session

from documents.keys import SealKey
from documents.kinds import DocumentKind, template_data
from documents.merging import CompiledTemplate
from documents.pdf import page_count
from documents.provenance import provenance
from documents.seal_image import seal_image
from documents.sealing import seal as put_seal
from documents.verifying import verify
from engine.cases.acts import QUEUED, Operation
from engine.cases.cases import Case
from engine.cases.document_records import DRAFTED, ISSUED, OPEN, SEALED, DocumentRecord, newest, numbers_used
from engine.cases.law_cited import law_in_force
from engine.errors import Invalid
from engine.files import FileStore
from engine.law.wording import format_number
from engine.registers.agencies import Officer
from engine.registers.numbers import take_number
from engine.registers.reserved_numbers import use_next

ISSUE, DRAFT, SEAL, ARCHIVE = "documents.issue", "documents.draft", "documents.seal", "documents.archive"
BY_HAND, APPROVED = "documents.by_hand", "documents.approved"  # queued by an officer, never by a procedure

OPERATIONS = (
    Operation(ISSUE, QUEUED, None, "制作文书：取号、套打、转为 PDF，需要用印的同时用印并验证"),
    Operation(DRAFT, QUEUED, None, "拟制文书：取号、套打、转为 PDF，等待核准用印"),
    Operation(SEAL, QUEUED, None, "对拟制的文书用印并验证"),
    Operation(ARCHIVE, QUEUED, None, "立卷：合订案卷、列出清单并固定"),
)


class Request(Protocol):
    """What a service task asks for: a kind, perhaps as a revision of the one before."""

    @property
    def kind(self) -> str:
        """Code of the document kind."""
        ...

    @property
    def revise(self) -> bool:
        """Whether a new version of the existing document is wanted."""
        ...


class Converter(Protocol):
    """Whatever turns Word into PDF."""

    def convert(self, docx: bytes) -> bytes:
        """PDF of a Word document."""
        ...


@dataclass(frozen=True)
class Made:
    """What was made of one record: digests of the stored files and what the verification of the seal found."""

    record_id: int
    state: str
    word: str = ""
    pdf: str = ""
    sealed: str = ""
    seal_number: str = ""
    seal_valid: bool | None = None
    pages: int = 0


def open_records(
    session: Session, case: Case, operation: str, requests: Sequence[Request], kinds: Mapping[str, DocumentKind],
    templates: Mapping[str, CompiledTemplate], snapshot: Mapping[str, Any], *, officer: Officer, now: datetime, step: str,
) -> list[int]:
    """Take the numbers and fix the data of the documents that a step asks for; the records' ids are returned.

    Runs inside the step's transaction, so a document that lacks a statutory field refuses the step.
    """
    records = []
    for request in requests:
        kind = kinds[request.kind]
        previous = newest(session, case.id, kind.code)
        if operation == SEAL:
            if previous is None or previous.state != DRAFTED:
                raise Invalid("document.not_drafted", f"没有等待用印的《{kind.title}》")
            records.append(previous.id)
            continue
        record = open_record(
            session, case, kind, templates[kind.code].digest, snapshot, officer=officer, now=now, step=step,
            revised=previous if request.revise else None,
        )
        records.append(record.id)
    return records


def open_record(
    session: Session, case: Case, kind: DocumentKind, template: str, snapshot: Mapping[str, Any], *, officer: Officer, now: datetime,
    step: str = "", revised: DocumentRecord | None = None,
) -> DocumentRecord:
    """Take the number of one document and fix its data and where they come from; revised: the version that it replaces.

    template: SHA-256 of the Word template; step: empty for a document made by hand.
    """
    record = DocumentRecord(
        case_id=case.id, kind=kind.code, title=kind.title, step=step, author_id=officer.id, dated=now.date(),
        created_at=now, state=OPEN, snapshot={}, supersedes_id=revised.id if revised else None,
        number=revised.number if revised else _number(session, case, kind, officer, now),
        occurrence=revised.occurrence if revised else numbers_used(session, case.id, kind.code) + 1,
        version=numbers_used(session, case.id, kind.code, revised.occurrence) + 1 if revised else 1,
    )
    known = {
        **snapshot,
        "document": {
            "code": record.kind, "title": record.title, "number": record.number, "date": record.dated,
            "version": record.version, "supersedes": revised.version if revised else None,
        },
    }
    record.snapshot = template_data(kind, known)
    record.provenance = provenance(kind, known, template, case.release_digest, law_in_force(session, case, now.date()))
    session.add(record)
    session.flush()
    return record


def _number(session: Session, case: Case, kind: DocumentKind, officer: Officer, now: datetime) -> str:
    """The next number of the kind: of the officer's own block, else of one held by who handles the case with him, else of the series."""
    if not kind.number:
        return ""
    agency = case.agency
    tokens: dict[str, Any] = {
        "abbr": agency.short_name, "dom": agency.domain_word, "year": now.year, "case_no": case.number,
        "archive_no": case.archive_number,
    }
    if "{seq" in kind.number:
        series = kind.number.replace("{case_no}", case.number)[:60]
        held = None
        for holder in (officer.id, *sorted(case.investigators - {officer.id})):
            held = held or use_next(session, agency.code, series, now.year, holder, now, f"《{kind.title}》{case.number}")
        tokens["seq"] = held or take_number(session, agency.code, series, now.year)
    return format_number(kind.number, **tokens)


def make(record: DocumentRecord, template: CompiledTemplate, converter: Converter, files: FileStore) -> Made:
    """Fill the template and turn it into PDF; both files are stored. Needs no transaction and may be repeated."""
    word = template.fill(record.snapshot, files.get)
    pdf = converter.convert(word)
    return Made(record.id, ISSUED, word=files.put(word), pdf=files.put(pdf), pages=page_count(pdf))


def affix(made: Made, pdf: bytes, key: SealKey, image: bytes, roots: Sequence[bytes], at: datetime, files: FileStore) -> Made:
    """Seal a PDF and verify it at once; a seal that does not verify is an error and nothing is kept."""
    sealed = put_seal(pdf, key, image, at, reason="行政执法文书用印", location="")
    result = verify(sealed, roots)
    if not result.valid:
        raise Invalid("seal.not_valid", f"用印后验证没有通过：{'；'.join(result.problems)}")
    return Made(
        made.record_id, SEALED, word=made.word, pdf=made.pdf, sealed=files.put(sealed), seal_number=key.seal_number,
        seal_valid=True, pages=made.pages,
    )


def keep(session: Session, made: Made, at: datetime, *, drafted: bool = False) -> DocumentRecord:
    """Write into the record what was made."""
    record = session.get_one(DocumentRecord, made.record_id)
    record.word, record.pdf, record.sealed, record.pages = made.word, made.pdf, made.sealed, made.pages
    record.seal_number, record.seal_valid, record.finished_at = made.seal_number, made.seal_valid, at
    record.state = DRAFTED if drafted else made.state
    return record


def image_for(agency_name: str, seal_number: str, fonts_dir: Path) -> bytes:
    """The picture of an agency's seal as PDF."""
    return seal_image(agency_name, seal_number, fonts_dir)
