"""A worker: takes queued jobs one after the other, lets due timers act, gives out the ticks of the schedules, and says that it lives."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from engine import jobs, workers
from engine.clock import SystemClock
from processes.exchanging import report_upwards
from processes.host import Host
from processes.queue import KINDS, JobDone, Kind, abilities, do_job, named
from processes.schedules import SCHEDULED_KINDS, SCHEDULES, Schedule, give_out
from processes.timing import fire_due

PAUSE = 0.5
DELIVERY = 10  # seconds from one delivery to the province to the next
STOPPED, OVERRUN = 0, 70  # exit status of a process whose job had to be handed back, or was taken from it
LOG = logging.getLogger("zhifa.worker")


@dataclass
class Worker:
    """One worker in one thread of one process.

    lease: how long a job stays its own after its last sign of life; grace: how many seconds a job may still take after `stop` is set;
    exits: end the process when a job neither ends in its time nor in the grace (a thread cannot be ended); errors: failed attempts.
    """

    host: Host
    stop: threading.Event
    kinds: tuple[Kind, ...] = (*KINDS, *SCHEDULED_KINDS)
    schedules: tuple[Schedule, ...] = SCHEDULES
    lease: timedelta = timedelta(seconds=60)
    grace: float = 25
    exits: bool = False
    name: str = field(default_factory=lambda: f"{socket.gethostname()[:48]}:{os.getpid()}:{os.urandom(4).hex()}")
    done: int = 0
    errors: int = 0
    _job: tuple[jobs.Job, float] | None = None
    _delivered: float = -DELIVERY
    _resting: dict[int, float] = field(default_factory=dict)

    def run(self, *, once: bool = False) -> None:
        """Work until `stop` is set; once: until there is nothing to do now."""
        with self._signed_on():
            looked, busy = -PAUSE, False
            while not self.stop.is_set():
                try:
                    if time.monotonic() - looked >= PAUSE:
                        looked = time.monotonic()
                        self._look_at_the_clock()
                    busy = self._work(sure=busy)
                except SQLAlchemyError:  # the database is away for a moment; nothing was acknowledged, so nothing is lost
                    LOG.exception("worker.hindered")
                    busy = False
                if not busy:
                    if once:
                        return
                    self.stop.wait(PAUSE)

    def _look_at_the_clock(self) -> None:
        self.host.keep_registers_current()
        give_out(self.host, self.schedules)
        fire_due(self.host, resting=self._resting)
        if time.monotonic() - self._delivered >= DELIVERY:
            self._delivered = time.monotonic()
            report_upwards(self.host)

    def _work(self, *, sure: bool) -> bool:
        """Take a job and try it; sure: there probably is one, so that it need not be asked without a lock first."""
        able, now = abilities(self.kinds), SystemClock().now()
        with self.host.database.reading() as session:
            if not sure and not jobs.is_free(session, able, now):
                return False
        with self.host.database.writing() as session:
            job = jobs.claim(session, self.name, able, now, self.lease)
        if job is None:
            return False
        self._job = job, time.monotonic()
        try:
            result = do_job(self.host, job, self.name, self.kinds)
        finally:
            self._job = None
        if isinstance(result, JobDone):
            self.done += 1
        else:
            self.errors += 1
        return True

    @contextmanager
    def _signed_on(self) -> Iterator[None]:
        with self.host.database.writing() as session:
            workers.sign_on(session, self.name, SystemClock().now())
        over = threading.Event()
        beat = threading.Thread(target=self._beat, args=(over,), daemon=True)
        beat.start()
        try:
            yield
        finally:
            over.set()
            beat.join()
            with self.host.database.writing() as session:
                workers.sign_off(session, self.name)

    def _beat(self, over: threading.Event) -> None:
        """Say that the worker lives and keep its job its own, three times in a lease; look whether it has to let go of it."""
        beaten, stopped = time.monotonic(), 0.0
        third = self.lease.total_seconds() / 3
        while not over.wait(min(PAUSE, third / 2)):
            now, held = time.monotonic(), self._job
            stopped = stopped or (now if self.stop.is_set() else 0.0)
            if held and stopped and now - stopped > self.grace:
                self._let_go(held[0], STOPPED)
            overrun = held is not None and now - held[1] > named(self.kinds)[held[0].operation].longest.total_seconds()
            if held and overrun:
                self._let_go(held[0], OVERRUN)
            if now - beaten >= third:
                beaten = now
                self._say(held[0] if held and not overrun else None)

    def _say(self, job: jobs.Job | None) -> None:
        now = SystemClock().now()
        try:
            with self.host.database.writing() as session:
                workers.still_here(session, self.name, now, self.done, self.errors)
                if job is not None:
                    jobs.prolong(session, job.id, self.name, now + self.lease)
        except SQLAlchemyError:
            LOG.exception("worker.hindered")

    def _let_go(self, job: jobs.Job, status: int) -> None:
        """End the process without the job: handed back when the worker was told to stop, left to its lease when it took too long."""
        if not self.exits:
            return
        LOG.error("worker.lets_go", extra={"job": job.id, "operation": job.operation})
        try:
            with self.host.database.writing() as session:
                if status == STOPPED:
                    jobs.hand_back(session, job.id, self.name)
                workers.sign_off(session, self.name)
            self.host.converter.close()
        finally:
            os._exit(status)  # whatever could not be told is found out when the lease runs out
