"""Make, seal and bind the documents of cases: the queued operations, outside the step's transaction, each effect kept once.

What is made outside the database (Word, PDF, a seal) is remembered before the case is told: who tries again takes it from there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from documents import operations as making
from documents.dossier import bind_dossier
from documents.keys import load_seal, trust_roots
from engine import jobs, journal
from engine.cases.cases import find_case
from engine.cases.document_records import ISSUED, SEALED, find_document
from engine.cases.made_documents import MadeDocument, remember_made, remember_sealed
from engine.errors import Conflict, Invalid
from engine.oversight.archive import archive_case, dossier_contents
from engine.registers.agencies import seal_of
from engine.workflow import incidents
from processes.host import Host
from processes.making import finish_by_hand
from processes.running import finish_operation

ROUNDS = 5
Done = TypeVar("Done")


def issue(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Print the documents and seal those that want a seal."""
    return _keep(host, job, [_make(host, record_id) for record_id in job.arguments["records"]], drafted=False)


def draft(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Print the documents; they wait for the approval of the seal."""
    return _keep(host, job, [_make(host, record_id, sealing=False) for record_id in job.arguments["records"]], drafted=True)


def seal(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Seal what was drafted."""
    return _keep(host, job, _sealed(host, job), drafted=False)


def by_hand(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Print a document that an officer makes by hand, outside the steps of the procedure."""
    return _keep_by_hand(host, job, [_make(host, record_id, sealing=False) for record_id in job.arguments["records"]])


def approved(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Seal a document made by hand once its approver has approved it."""
    return _keep_by_hand(host, job, _sealed(host, job))


def archive(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Bind the dossier and its package, and fix both."""
    with host.database.reading() as session:
        contents = dossier_contents(session, host.files, job.case_id)
    volume, package = (host.files.put(content) for content in bind_dossier(contents))
    now = host.clock.now()

    def keep() -> None:
        with host.database.writing() as session:
            if jobs.finish(session, job.id, now):
                archive_case(session, job.case_id, volume=volume, package=package, at=now)
                finish_operation(host, session, job, {}, {"volume": volume, "package": package}, ("case_archived",))

    _in_turn(keep)
    return ()


def _make(host: Host, record_id: int, *, sealing: bool = True) -> making.Made:
    with host.database.reading() as session:
        record = find_document(session, record_id)
        bundle = host.bundle(session, find_case(session, record.case_id).release_digest)
        before = session.get(MadeDocument, record_id)
    if before is None:
        made = making.make(record, bundle.templates[record.kind], host.converter, host.files)
        with host.database.writing() as session:
            before = remember_made(session, record_id, made.word, made.pdf, made.pages, host.clock.now())
    made = making.Made(record_id, ISSUED, word=before.word, pdf=before.pdf, pages=before.pages)
    return _affix(host, made) if sealing and bundle.kinds[record.kind].sealed else made


def _sealed(host: Host, job: jobs.Job) -> list[making.Made]:
    made = []
    for record_id in job.arguments["records"]:
        with host.database.reading() as session:
            record = find_document(session, record_id)
        made.append(_affix(host, making.Made(record.id, record.state, word=record.word, pdf=record.pdf, pages=record.pages)))
    return made


def _affix(host: Host, made: making.Made) -> making.Made:
    with host.database.reading() as session:
        case = find_case(session, find_document(session, made.record_id).case_id)
        found = seal_of(session, case.agency_code)
        before = session.get(MadeDocument, made.record_id)
    if found is None:
        raise Invalid("seal.missing", f"{case.agency.name}没有登记电子印章，不能用印")
    if before is not None and before.sealed and (before.pdf, before.seal_number) == (made.pdf, found.number):
        return making.Made(
            made.record_id, SEALED, word=made.word, pdf=made.pdf, sealed=before.sealed, seal_number=before.seal_number,
            seal_valid=True, pages=made.pages,
        )
    now = host.clock.now()
    image = making.image_for(found.name, found.number, host.settings.fonts_dir)
    sealed = making.affix(
        made, host.files.get(made.pdf), load_seal(host.settings.keys_dir, found.number), image,
        trust_roots(host.settings.keys_dir), now, host.files,
    )
    with host.database.writing() as session:  # a document of an older version has nothing remembered before
        remember_made(session, made.record_id, made.word, made.pdf, made.pages, now)
        kept = remember_sealed(session, made.record_id, sealed.seal_number, sealed.sealed, now)
    return making.Made(
        made.record_id, SEALED, word=made.word, pdf=made.pdf, sealed=kept.sealed, seal_number=kept.seal_number,
        seal_valid=True, pages=made.pages,
    )


def _keep(host: Host, job: jobs.Job, made: list[making.Made], *, drafted: bool) -> tuple[int, ...]:
    now = host.clock.now()

    def keep() -> tuple[int, ...]:
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

    return _in_turn(keep)


def _keep_by_hand(host: Host, job: jobs.Job, made: list[making.Made]) -> tuple[int, ...]:
    """Keep what was made of a document that belongs to no task of the procedure."""
    now, by = host.clock.now(), str(job.arguments["officer_id"])

    def keep() -> tuple[int, ...]:
        with host.database.writing() as session:
            if not jobs.finish(session, job.id, now):
                return ()
            for one in made:
                record = making.keep(session, one, now)
                if job.operation == making.BY_HAND:
                    finish_by_hand(record)
                journal.append(session, job.case_id, job.operation, by, now, {
                    "document": record.id, "title": record.title, "number": record.number, "state": record.state,
                    "sha256": record.final, "pages": record.pages, "seal_valid": record.seal_valid,
                })
            incidents.settle(session, job.case_id, str(job.arguments["task_id"]), now, by)
        return tuple(one.record_id for one in made)

    return _in_turn(keep)


def _in_turn(keep: Callable[[], Done]) -> Done:
    """Tell the case, again when an officer or another job has just moved it: that is no failure of the work."""
    for _ in range(ROUNDS):
        try:
            return keep()
        except Conflict:
            continue
    return keep()
