"""Giving out files of evidence: only what was examined, each fetching of an original written into the chain of custody."""

from __future__ import annotations

from engine.cases import custody
from engine.cases.cases import find_case
from engine.cases.custody import CustodyEntry
from engine.cases.evidence_files import INFECTED, EvidenceFile
from engine.errors import Conflict, Invalid
from engine.registers.agencies import find_officer
from processes.host import Host


def require_openable(host: Host, file: EvidenceFile) -> None:
    """Conflict when malware was found in a file, or a scanner is there and has not looked at it yet."""
    examined = file.examined
    if examined is not None and examined.verdict == INFECTED:
        raise Conflict("evidence.infected", f"“{file.name}”中发现病毒（{examined.words}），不能打开；文件原样封存在文件库中")
    if examined is None and host.settings.malware_scanner:
        raise Conflict("evidence.unexamined", f"“{file.name}”正在查毒，请稍后再打开")


def fetched(host: Host, file: EvidenceFile, officer_id: str) -> None:
    """Write down that an officer has fetched the original; an archived case is not written to any more."""
    now = host.clock.now()
    with host.database.writing() as session:
        if find_case(session, file.case_id).status == "ARCHIVED":
            return
        officer = find_officer(session, officer_id)
        session.add(CustodyEntry(
            evidence_id=file.evidence_id, file_id=file.id, act=custody.FETCHED, at=now, giver="执法办案平台", taker=officer.name, place="",
            note=file.name, recorded_by=officer.id, recorded_at=now,
        ))


def sound(host: Host, file: EvidenceFile) -> str:
    """Empty when the stored bytes still have their SHA-256, else what is wrong; reads the whole file."""
    try:
        host.files.check(file.sha256)
    except Invalid as error:
        return error.message
    return ""
