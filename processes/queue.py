"""Do the queued work of cases: documents and dossiers, outside the step's transaction, each effect kept once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from documents import operations as making
from documents.dossier import bind_dossier
from documents.keys import load_seal, trust_roots
from engine import jobs, journal
from engine.cases.cases import find_case
from engine.cases.document_records import DocumentRecord, find_document
from engine.errors import Invalid, ZhifaError
from engine.oversight.archive import archive_case, dossier_contents
from engine.registers.agencies import seal_of
from engine.workflow import incidents
from processes.host import Host
from processes.making import finish_by_hand
from processes.running import finish_operation

ATTEMPTS = 3
LOG = logging.getLogger("zhifa.queue")


@dataclass(frozen=True)
class JobDone:
    """What one job did: its operation and the ids of the documents that it made."""

    job_id: int
    operation: str
    documents: tuple[int, ...]


def drain(host: Host, case_id: int | None = None, told: Callable[[JobDone], None] | None = None) -> int:
    """Do every pending job (of one case), including those that they lead to; how many failed is returned."""
    failed = 0
    given_up: set[int] = set()
    while True:
        with host.database.reading() as session:
            waiting = [job for job in jobs.pending(session, case_id) if job.id not in given_up]
        if not waiting:
            return failed
        for job in waiting:
            done = do_job(host, job)
            if done is None:
                failed += 1
                given_up.add(job.id)
            elif told:
                told(done)


def do_job(host: Host, job: jobs.Job) -> JobDone | None:
    """Do one job; None when it failed for good and waits for a person. A crash leaves it pending, to be done again."""
    work = {making.ISSUE: _issue, making.DRAFT: _draft, making.SEAL: _seal, making.ARCHIVE: _archive,
            making.BY_HAND: _by_hand, making.APPROVED: _approved}[job.operation]
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return JobDone(job.id, job.operation, work(host, job))
        except ZhifaError as error:
            final = attempt == ATTEMPTS or isinstance(error, Invalid)
            _note_failure(host, job, f"{error.code}：{error.message}", final=final)
            if final:
                return None
        except Exception as error:  # a machine fault: note it, try again, then leave it to a person
            LOG.exception("job %s failed", job.id)
            _note_failure(host, job, f"{type(error).__name__}：{error}", final=attempt == ATTEMPTS)
    return None


def _issue(host: Host, job: jobs.Job) -> tuple[int, ...]:
    made = [_make(host, record_id) for record_id in job.arguments["records"]]
    return _keep(host, job, made, drafted=False)


def _draft(host: Host, job: jobs.Job) -> tuple[int, ...]:
    made = [_make(host, record_id, sealing=False) for record_id in job.arguments["records"]]
    return _keep(host, job, made, drafted=True)


def _seal(host: Host, job: jobs.Job) -> tuple[int, ...]:
    return _keep(host, job, _sealed(host, job), drafted=False)


def _sealed(host: Host, job: jobs.Job) -> list[making.Made]:
    made = []
    for record_id in job.arguments["records"]:
        with host.database.reading() as session:
            record = find_document(session, record_id)
        drafted = making.Made(record.id, record.state, word=record.word, pdf=record.pdf, pages=record.pages)
        made.append(_affix(host, record, drafted))
    return made


def _by_hand(host: Host, job: jobs.Job) -> tuple[int, ...]:
    return _keep_by_hand(host, job, [_make(host, record_id, sealing=False) for record_id in job.arguments["records"]])


def _approved(host: Host, job: jobs.Job) -> tuple[int, ...]:
    return _keep_by_hand(host, job, _sealed(host, job))


def _keep_by_hand(host: Host, job: jobs.Job, made: list[making.Made]) -> tuple[int, ...]:
    """Keep what was made of a document that belongs to no task of the procedure."""
    now = host.clock.now()
    with host.database.writing() as session:
        if not jobs.finish(session, job.id, now):
            return ()
        for one in made:
            record = making.keep(session, one, now)
            if job.operation == making.BY_HAND:
                finish_by_hand(record)
            journal.append(session, job.case_id, job.operation, str(job.arguments["officer_id"]), now, {
                "document": record.id, "title": record.title, "number": record.number, "state": record.state,
                "sha256": record.final, "pages": record.pages, "seal_valid": record.seal_valid,
            })
        incidents.settle(session, job.case_id, str(job.arguments["task_id"]), now, str(job.arguments["officer_id"]))
    return tuple(one.record_id for one in made)


def _make(host: Host, record_id: int, *, sealing: bool = True) -> making.Made:
    with host.database.reading() as session:
        record = find_document(session, record_id)
        bundle = host.bundle(session, find_case(session, record.case_id).release_digest)
    made = making.make(record, bundle.templates[record.kind], host.converter, host.files)
    return _affix(host, record, made) if sealing and bundle.kinds[record.kind].sealed else made


def _affix(host: Host, record: DocumentRecord, made: making.Made) -> making.Made:
    with host.database.reading() as session:
        case = find_case(session, record.case_id)
        seal = seal_of(session, case.agency_code)
    if seal is None:
        raise Invalid("seal.missing", f"{case.agency.name}没有登记电子印章，不能用印")
    image = making.image_for(seal.name, seal.number, host.settings.fonts_dir)
    return making.affix(
        made, host.files.get(made.pdf), load_seal(host.settings.keys_dir, seal.number), image,
        trust_roots(host.settings.keys_dir), host.clock.now(), host.files,
    )


def _keep(host: Host, job: jobs.Job, made: list[making.Made], *, drafted: bool) -> tuple[int, ...]:
    now = host.clock.now()
    with host.database.writing() as session:
        if not jobs.finish(session, job.id, now):
            return ()  # another worker was faster; its effect stands
        records = [making.keep(session, one, now, drafted=drafted) for one in made]
        facts = {"serving": job.arguments["serving"]} if job.arguments["serving"] else {}
        finish_operation(host, session, job, facts, {"documents": [
            {"kind": row.kind, "title": row.title, "number": row.number, "version": row.version, "state": row.state,
             "sha256": row.final, "pages": row.pages, "seal_valid": row.seal_valid} for row in records
        ]})
    return tuple(one.record_id for one in made)


def _archive(host: Host, job: jobs.Job) -> tuple[int, ...]:
    now = host.clock.now()
    with host.database.reading() as session:
        contents = dossier_contents(session, host.files, job.case_id)
    volume, package = bind_dossier(contents)
    digests = host.files.put(volume), host.files.put(package)
    with host.database.writing() as session:
        if jobs.finish(session, job.id, now):
            archive_case(session, job.case_id, volume=digests[0], package=digests[1], at=now)
            finish_operation(host, session, job, {}, {"volume": digests[0], "package": digests[1]}, ("case_archived",))
    return ()


def _note_failure(host: Host, job: jobs.Job, error: str, *, final: bool) -> None:
    """A failed try is counted; after the last one an incident tells a person, and the task goes on waiting."""
    now = host.clock.now()
    with host.database.writing() as session:
        if not jobs.fail(session, job.id, error, final=final) or not final:
            return
        by, task_id = str(job.arguments["officer_id"]), str(job.arguments["task_id"])
        attempts = session.get_one(jobs.Job, job.id, populate_existing=True).attempts
        incidents.report(
            session, job.case_id, incidents.JOB, job.operation, "", task_id, by, error, now, job_id=job.id, attempts=attempts
        )
        journal.append(session, job.case_id, "operation.failed", by, now, {"operation": job.operation, "job": job.id, "cause": error})
