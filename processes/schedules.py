"""What is done by the clock without anybody asking: each tick of a schedule becomes one job, however many workers there are.

A tick that nobody was there to give out is caught up once, with the newest one: what runs here looks at the state of the day.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine import jobs, receipts, workers
from engine.clock import SystemClock, legal_time
from engine.journal import NO_CASE
from engine.oversight import notices
from engine.registers.watching import findings
from engine.workflow import unfinished
from processes import examining, mailing, notifying
from processes.host import Host
from processes.queue import Kind

REMEMBERED = timedelta(days=7)
NOTICED = timedelta(days=180)
PASSING = ("platform.tidy", "notices.tell", "mail.digests", mailing.SEND)  # jobs whose having been done tells nothing later
LOG = logging.getLogger("zhifa.schedules")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Schedule:
    """One thing to be done again and again: the operation, how often, and how long after midnight (legal time) the first of a day."""

    operation: str
    every: timedelta
    after: timedelta = timedelta()

    def tick(self, now: datetime) -> datetime:
        """The last tick at or before a moment; they are counted from one midnight, in a zone that has no summer time."""
        beginning = legal_time(datetime(2026, 1, 1, tzinfo=UTC)).replace(hour=0) + self.after
        return beginning + (now - beginning) // self.every * self.every


def give_out(host: Host, schedules: Iterable[Schedule]) -> int:
    """Queue a job for every tick that is due and that no worker has given out yet; how many is returned."""
    now, given = SystemClock().now(), 0
    for schedule in schedules:
        tick = schedule.tick(now)
        with host.database.reading() as session:
            last = workers.last_tick(session, schedule.operation)
        if last is not None and last >= tick:
            continue
        with host.database.writing() as session:
            if workers.take_tick(session, schedule.operation, tick):
                jobs.enqueue(session, NO_CASE, schedule.operation, {"tick": tick}, host.clock.now())
                given += 1
    return given


def _watch_registers(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Look once a day at what the keepers of the registers owe; the counts are kept with the job and written to the log."""
    with host.database.reading() as session:
        counted = Counter(each.light for each in findings(session, host.clock.now(), host.calendar))
    LOG.info("registers.watched", extra={"count": sum(counted.values())})
    with host.database.writing() as session:
        if jobs.finish(session, job.id, host.clock.now()):
            session.get_one(jobs.Job, job.id).arguments = {**job.arguments, "lights": dict(counted)}
    return ()


def _tidy(host: Host, job: jobs.Job) -> tuple[int, ...]:
    """Strike out what nobody will ask about again: dead workers, receipts, old notices, finished jobs of the schedules, unfinished forms."""
    with host.database.writing() as session:
        if jobs.finish(session, job.id, host.clock.now()):
            workers.forget(session, SystemClock().now() - REMEMBERED)
            receipts.forget(session, host.clock.now())
            notices.forget(session, host.clock.now() - NOTICED)
            jobs.forget(session, PASSING, host.clock.now() - REMEMBERED)
            unfinished.sweep(session)
    return ()


SCHEDULES = (
    Schedule("registers.watch", DAY, after=timedelta(hours=2)), Schedule("platform.tidy", timedelta(hours=1)),
    Schedule("evidence.tidy", timedelta(hours=1)),
    Schedule("notices.tell", timedelta(minutes=1)), Schedule("mail.digests", timedelta(minutes=10)),
)
SCHEDULED_KINDS = (
    Kind("registers.watch", _watch_registers), Kind("platform.tidy", _tidy), Kind("evidence.tidy", examining.tidy),
    Kind("notices.tell", notifying.tell, at_once=1, attempts=2), Kind("mail.digests", mailing.give_digests),
    Kind(mailing.SEND, mailing.send, attempts=8, first_pause=timedelta(seconds=30), at_once=4, longest=timedelta(minutes=3)),
)
