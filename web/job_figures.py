"""Figures of the background work for Prometheus and for /health/ready, read from the database when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import case, func, select

from engine import jobs, workers
from engine.clock import SystemClock
from processes.host import Host

WAITING, RUNNING, RETRYING = "waiting", "running", "retrying"


class JobFigures(Collector):
    """Jobs by kind and state, the age of the oldest of each kind, and the workers: two statements on small sets."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """waiting: never tried; running: a worker has it; retrying: it failed and waits for its next attempt; failed: a person has to look."""
        job, now = jobs.Job, SystemClock().now()
        state = case(
            (job.state == jobs.FAILED, jobs.FAILED), (job.claimed_by.is_not(None) & (job.free_at > now), RUNNING),
            (job.attempts > 0, RETRYING), else_=WAITING,
        ).label("how")
        query = select(job.operation, state, func.count(), func.min(job.enqueued_at)).where(
            job.state.in_((jobs.PENDING, jobs.FAILED))
        ).group_by(job.operation, state)
        with self._host.database.reading() as session:
            rows = session.execute(query).all()
        counted = GaugeMetricFamily("zhifa_jobs_by_kind", "Jobs that are not done, by kind and state", labels=["kind", "state"])
        ages = GaugeMetricFamily("zhifa_oldest_job_of_kind_seconds", "Age of the oldest job of a kind that is not given up", labels=["kind"])
        oldest: dict[str, float] = {}
        for kind, how, count, since in rows:
            counted.add_metric([kind, how], count)
            if how != jobs.FAILED:
                oldest[kind] = max(oldest.get(kind, 0.0), (self._host.clock.now() - since).total_seconds())
        for kind, age in oldest.items():
            ages.add_metric([kind], age)
        yield counted
        yield ages
        found = worker_state(self._host)
        yield GaugeMetricFamily("zhifa_workers", "Workers that have said lately that they live", value=found["alive"])
        if found["seen_seconds_ago"] is not None:
            yield GaugeMetricFamily("zhifa_worker_seen_seconds", "Seconds since a worker last said so", value=found["seen_seconds_ago"])


def worker_state(host: Host) -> dict[str, Any]:
    """How many workers live, and how many seconds ago the last one said so; None when there is none."""
    now = SystemClock().now()
    with host.database.reading() as session:
        count, seen = workers.alive(session, now - timedelta(seconds=host.settings.worker_lease_seconds))
    return {"alive": count, "seen_seconds_ago": None if seen is None else max(0, round((now - seen).total_seconds()))}
