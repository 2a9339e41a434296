"""Do the queued work: kinds of jobs with their own limits, one attempt at a time, and an incident when all were in vain."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from documents import operations as making
from engine import jobs, journal
from engine.clock import SystemClock
from engine.errors import Invalid, ZhifaError
from engine.workflow import incidents
from processes import document_work, examining
from processes.host import Host
from processes.storing import EXAMINE

ATTEMPTS = 6  # with the pauses below about ten minutes: an office program or a disk may come back by itself
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=15)
LEASE = timedelta(seconds=60)
LOG = logging.getLogger("zhifa.queue")


@dataclass(frozen=True)
class Kind:
    """One kind of job: what does it, and how much is allowed.

    operation: the permanent name; formerly: names by which older versions called it; version: the form of the arguments that this
    software writes, older: brings an older form (version, arguments) up to it; attempts: before a person is asked;
    first_pause: before the second attempt, each further pause is three times as long; at_once: how many may run at the same time over all
    workers (0: no limit); longest: a job that takes longer is taken from its worker.
    """

    operation: str
    work: Callable[[Host, jobs.Job], tuple[int, ...]]
    formerly: tuple[str, ...] = ()
    version: int = 1
    older: Callable[[int, dict[str, Any]], dict[str, Any]] = lambda _, arguments: arguments
    attempts: int = ATTEMPTS
    first_pause: timedelta = FIRST_PAUSE
    at_once: int = 0
    longest: timedelta = timedelta(minutes=10)

    @property
    def ability(self) -> jobs.Ability:
        """What the queue has to know of this kind."""
        return jobs.Ability(frozenset((self.operation, *self.formerly)), self.version, self.at_once)

    def pause(self, attempts: int) -> timedelta:
        """How long to wait after so many attempts: growing, and scattered by half so that what failed together is not retried together."""
        grown = min(self.first_pause * float(3 ** (attempts - 1)), LONGEST_PAUSE)
        return grown * (1 + random.random() / 2)  # noqa: S311 - chance, not secrets


KINDS: tuple[Kind, ...] = (
    Kind(making.ISSUE, document_work.issue),
    Kind(making.DRAFT, document_work.draft),
    Kind(making.SEAL, document_work.seal),
    Kind(making.BY_HAND, document_work.by_hand),
    Kind(making.APPROVED, document_work.approved),
    Kind(making.ARCHIVE, document_work.archive, at_once=2),  # a whole dossier is held in memory
    Kind(EXAMINE, examining.examine, longest=timedelta(minutes=30)),  # a scanner reads 2 GB
)


@dataclass(frozen=True)
class JobDone:
    """What one job did: its operation and the ids of the documents that it made."""

    job_id: int
    operation: str
    documents: tuple[int, ...]


@dataclass(frozen=True)
class JobFailed:
    """An attempt that failed; final: nobody tries again until a person says so."""

    job_id: int
    operation: str
    final: bool


def abilities(kinds: Iterable[Kind]) -> list[jobs.Ability]:
    """What a worker of these kinds can do."""
    return [kind.ability for kind in kinds]


def named(kinds: Iterable[Kind]) -> Mapping[str, Kind]:
    """The kinds by every name that a job may bear."""
    return {name: kind for kind in kinds for name in kind.ability.names}


def drain(host: Host, case_id: int) -> int:
    """Do every pending job of a case here and now, including those that they lead to; how many failed for good is returned.

    Somebody waits for it: it neither pauses between attempts nor asks whether a worker is already at it; the effect is kept once.
    """
    worker, failed = f"drain-{random.getrandbits(40):010x}", 0
    while True:
        with host.database.reading() as session:
            if not jobs.pending(session, case_id):
                return failed
        with host.database.writing() as session:
            job = jobs.claim(session, worker, abilities(KINDS), SystemClock().now(), LEASE, urgent_case=case_id)
        if job is None:
            return failed
        result = do_job(host, job, worker)
        failed += isinstance(result, JobFailed) and result.final


def do_job(host: Host, job: jobs.Job, worker: str, kinds: Iterable[Kind] = KINDS) -> JobDone | JobFailed:
    """Try once to do a job that this worker has claimed. A crash leaves it claimed until its lease runs out."""
    kind = named(kinds)[job.operation]
    if job.attempts > kind.attempts:  # nobody lived to say why: whoever tried it was killed by it
        return _note_failure(host, job, kind, worker, "办理该任务的后台进程每次都中断，没有留下原因", final=True)
    job.arguments = kind.older(job.version, job.arguments) if job.version < kind.version else job.arguments
    told = {"job": job.id, "operation": job.operation, "case": job.case_id, "attempts": job.attempts}
    try:
        done = JobDone(job.id, job.operation, kind.work(host, job))
        LOG.info("job.done", extra=told)
        return done
    except ZhifaError as error:
        final = isinstance(error, Invalid) or job.attempts >= kind.attempts
        return _note_failure(host, job, kind, worker, f"{error.code}：{error.message}", final=final)
    except Exception as error:  # a machine fault: note it, try again, then leave it to a person
        LOG.exception("job.attempt_failed", extra=told)
        return _note_failure(host, job, kind, worker, incidents.cause_of(error), final=job.attempts >= kind.attempts)


def _note_failure(host: Host, job: jobs.Job, kind: Kind, worker: str, error: str, *, final: bool) -> JobFailed:
    """A failed attempt is noted; after the last one an incident tells a person, and the task goes on waiting."""
    now, failed = host.clock.now(), JobFailed(job.id, job.operation, final)
    again_at = None if final else SystemClock().now() + kind.pause(job.attempts)
    with host.database.writing() as session:
        if not jobs.fail(session, job.id, worker, error, again_at=again_at) or not final:
            return failed
        LOG.error("job.given_up", extra={"job": job.id, "operation": job.operation, "case": job.case_id})
        if job.case_id == journal.NO_CASE:
            return failed
        by, task_id = str(job.arguments["officer_id"]), str(job.arguments["task_id"])
        incidents.report(
            session, job.case_id, incidents.JOB, job.operation, "", task_id, by, error, now, job_id=job.id,
            attempts=min(job.attempts, kind.attempts),
        )
        journal.append(session, job.case_id, "operation.failed", by, now, {"operation": job.operation, "job": job.id, "cause": error})
    return failed
