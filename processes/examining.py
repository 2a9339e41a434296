"""What a worker does with a new file of evidence: ask the malware scanner, and make small pictures of our own encoding."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from documents.views import views
from engine import jobs, journal
from engine.cases.evidence import Evidence
from engine.cases.evidence_files import INFECTED, EvidenceFile, Examination, find_file
from engine.cases.media_types import PHOTO, PICTURES
from engine.errors import Invalid
from processes.host import Host
from processes.receiving import expire
from processes.refusals import patiently
from processes.scanning import scan
from processes.storing import EXAMINE


def examine(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Scan the file that the job names and, when nothing was found, make its views; both are written down once."""
    with host.database.reading() as session:
        file = find_file(session, int(job.arguments["file"]))
    place = host.files.check(file.sha256)
    verdict = scan(host.settings.malware_scanner, place)
    thumbnail, preview, note = "", "", ""
    if verdict.result != INFECTED and file.media_type in PICTURES:
        try:
            thumbnail, preview = (host.files.put(view) for view in views(place))
        except Invalid as fault:
            note = fault.message
    elif verdict.result != INFECTED and file.kind == PHOTO:
        note = "平台不能显示这种格式的图片，请下载原件查看"
    found = {"verdict": verdict.result, "words": verdict.words, "thumbnail": thumbnail, "preview": preview, "note": note}
    patiently(lambda: _keep(host, job, file, found))
    return ()


def tidy(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Let abandoned uploads expire, and look again at what could not be examined: the scanner may be back."""
    expire(host)
    with host.database.writing() as session:
        failed = session.scalars(select(jobs.Job.id).where(jobs.Job.operation == EXAMINE, jobs.Job.state == jobs.FAILED)).all()
        for job_id in failed:
            jobs.retry(session, job_id)
        jobs.finish(session, job.id, host.clock.now())
    return ()


def _keep(host: Host, job: jobs.Job, file: EvidenceFile, found: Mapping[str, str]) -> None:
    now = host.clock.now()
    with host.database.writing() as session:
        if not jobs.finish(session, job.id, now):
            return  # another worker was faster
        session.add(Examination(file_id=file.id, at=now, **found))
        if found["verdict"] == INFECTED:
            number = session.get_one(Evidence, file.evidence_id).number
            journal.append(session, file.case_id, "evidence.file_infected", file.received_by, now, {
                "number": number, "file": file.name, "sha256": file.sha256, "found": found["words"],
            })
