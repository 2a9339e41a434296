"""From an upload that has come whole to a file of the evidence: checked against its hash and its type, stored, and written down."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from documents.views import NOTHING, details
from engine import jobs, journal
from engine.cases import custody
from engine.cases.cases import find_case
from engine.cases.custody import CustodyEntry
from engine.cases.evidence import find_evidence
from engine.cases.evidence_files import KEPT, REFUSED, EvidenceFile, EvidenceUpload, same_file
from engine.cases.media_types import PICTURES, MediaType, recognise
from engine.clock import SystemClock
from engine.errors import Invalid, ZhifaError
from engine.journal import NO_CASE
from engine.registers.agencies import find_officer
from processes.collecting import require_handling, require_unreviewed
from processes.host import Host
from processes.refusals import journal_refusal, patiently

EXAMINE = "evidence.examine"


def partial(host: Host, upload_id: str) -> Path:
    """Where the bytes of an upload lie until they are whole: on the disk of the store, so that they need not be copied."""
    return folder(host) / f"{upload_id}.part"


def folder(host: Host) -> Path:
    """The folder of what is still on its way."""
    return host.settings.files_dir / "uploads"


def kept(host: Host, upload: EvidenceUpload) -> EvidenceUpload:
    """Check the whole file and make it a file of the evidence; what fails a check is refused for good and journalled."""
    place = partial(host, upload.id)
    try:
        return _keep(host, upload, place) if place.exists() else _keep_again(host, upload)
    except Invalid as refusal:
        place.unlink(missing_ok=True)
        note(host, upload.id, state=REFUSED, fault=refusal.message)
        journal_refused(host, upload.evidence_id, upload.officer_id, refusal, upload.name)
        raise


def _keep(host: Host, upload: EvidenceUpload, place: Path) -> EvidenceUpload:
    with place.open("rb") as stream:
        arrived = hashlib.file_digest(stream, "sha256").hexdigest()
    if upload.device_sha256 and arrived != upload.device_sha256:
        raise Invalid(
            "evidence.digest", f"“{upload.name}”在传输中发生变化：收到的内容与设备上计算的 SHA-256 不一致，请重新上传",
            device=upload.device_sha256, arrived=arrived,
        )
    media = recognise(place, upload.name)
    note(host, upload.id, arrived=arrived)  # first, so that who is killed now is found out
    host.files.adopt(place)
    return _write(host, upload, arrived, media)


def _keep_again(host: Host, upload: EvidenceUpload) -> EvidenceUpload:
    """Somebody was killed between storing the file and writing its row: the file lies in the store."""
    if not upload.arrived or not host.files.path(upload.arrived).exists():
        raise Invalid("upload.lost", f"“{upload.name}”没有完整保存，请重新上传")
    return _write(host, upload, upload.arrived, recognise(host.files.path(upload.arrived), upload.name))


def _write(host: Host, upload: EvidenceUpload, digest: str, media: MediaType) -> EvidenceUpload:
    said = details(host.files.path(digest)) if media.type in PICTURES else NOTHING
    now = host.clock.now()

    def write() -> EvidenceUpload:
        with host.database.writing() as session:
            row = session.get_one(EvidenceUpload, upload.id)
            file = same_file(session, upload.evidence_id, digest)
            if file is None:
                require_unreviewed(find_evidence(session, upload.evidence_id))
                file = EvidenceFile(
                    case_id=upload.case_id, evidence_id=upload.evidence_id, name=upload.name, media_type=media.type, kind=media.kind,
                    size=upload.size, sha256=digest, device_sha256=upload.device_sha256, taken_at=upload.taken_at or said.taken_at,
                    place=upload.place or said.position, source=upload.source, details=said.texts, received_at=now,
                    received_by=upload.officer_id,
                )
                session.add(file)
                session.flush()
                _record(session, file, now)
            row.state, row.file_id, row.touched_at = KEPT, file.id, SystemClock().now()
            return row

    for _ in range(3):
        with suppress(IntegrityError):  # two people have sent the same bytes at the same moment: they are one file
            return patiently(write)
    return patiently(write)


def _record(session: Session, file: EvidenceFile, now: datetime) -> None:
    number, officer = find_evidence(session, file.evidence_id).number, find_officer(session, file.received_by)
    session.add(CustodyEntry(
        evidence_id=file.evidence_id, file_id=file.id, act=custody.RECEIVED, at=now, giver=officer.name, taker="执法办案平台", place="",
        note=file.name, recorded_by=officer.id, recorded_at=now,
    ))
    journal.append(session, file.case_id, "evidence.file_received", officer.id, now, {
        "number": number, "file": file.name, "size": file.size, "media_type": file.media_type, "sha256": file.sha256,
        "device_sha256": file.device_sha256,
    })
    jobs.enqueue(session, NO_CASE, EXAMINE, {"file": file.id}, now)


def require_open(session: Session, evidence_id: int, officer_id: str) -> int:
    """The case of a piece to which this officer may add files now."""
    evidence = find_evidence(session, evidence_id)
    require_handling(find_case(session, evidence.case_id), find_officer(session, officer_id), evidence)
    require_unreviewed(evidence)
    return evidence.case_id


def note(host: Host, upload_id: str, **values: Any) -> EvidenceUpload:
    """Write down how an upload stands."""
    with host.database.writing() as session:
        row = session.get_one(EvidenceUpload, upload_id)
        for name, value in {**values, "touched_at": SystemClock().now()}.items():
            setattr(row, name, value)
        return row


def journal_refused(host: Host, evidence_id: int, officer_id: str, refusal: ZhifaError, name: str) -> None:
    """Write down that a file was refused, and why."""
    with host.database.reading() as session:
        case_id = require_open(session, evidence_id, officer_id)
    journal_refusal(host, case_id, "evidence.file_refused", officer_id, host.clock.now(), refusal, {"file": name})
