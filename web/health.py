"""For the machines that watch the platform: whether it lives, whether it can work, and figures for Prometheus."""

from __future__ import annotations

import hmac
import logging
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack

from flask import Blueprint, Flask, Response, abort, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from engine import jobs, logs
from engine.cases.limits import CaseLimit
from engine.oversight import exchange
from engine.oversight.exchange import OutboxEntry
from engine.schema import is_current
from processes.host import Host
from web.current import the_host
from web.job_figures import JobFigures, worker_state

desk = Blueprint("health", __name__)
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
LOG = logging.getLogger("zhifa.web")
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
QUIET = frozenset({"static", "health.live", "health.ready", "health.metrics"})
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


def watch(app: Flask, host: Host) -> None:
    """Number, measure and log every request, and offer the figures of this process and of the database."""
    registry = CollectorRegistry()
    registry.register(_Backlog(host))
    registry.register(JobFigures(host))
    seconds = Histogram(
        "zhifa_request_seconds", "Seconds that a request took", ["endpoint", "status"], registry=registry, buckets=BUCKETS
    )

    def begin() -> None:
        g.began = time.perf_counter()
        asked = request.headers.get("X-Request-Id", "")
        g.number = asked if REQUEST_ID.fullmatch(asked) else secrets.token_hex(8)
        g.about = ExitStack()
        g.about.enter_context(logs.about(request=g.number))

    def end(response: Response) -> Response:
        spent = time.perf_counter() - g.get("began", time.perf_counter())
        seconds.labels(request.endpoint or "none", str(response.status_code)).observe(spent)
        response.headers["X-Request-Id"] = g.number
        if request.endpoint not in QUIET:
            LOG.info("request", extra={
                "endpoint": request.endpoint or "none", "method": request.method, "status": response.status_code,
                "milliseconds": round(spent * 1000, 1), "officer": getattr(current_user, "officer_id", None),
            })
        return response

    def leave(_error: BaseException | None) -> None:
        if "about" in g:
            g.about.close()

    app.before_request(begin)
    app.after_request(end)
    app.teardown_request(leave)
    app.extensions["zhifa_metrics"] = registry


@desk.get("/health/live")
def live() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(state="alive")


@desk.get("/health/ready")
def ready() -> ResponseReturnValue:
    """Database, its migrations and the file store are there; 503 names what is not, without details for strangers.

    The workers are told too, but do not decide: pages can be served while the background work waits.
    """
    host = the_host()
    checks = {"database": _database_answers(host), "files": _files_writable(host)}
    checks["migrations"] = checks["database"] and is_current(host.database)
    found = worker_state(host) if checks["migrations"] else None
    return jsonify(state="ready" if all(checks.values()) else "not ready", checks=checks, workers=found), 200 if all(checks.values()) else 503


@desk.get("/metrics")
def metrics() -> ResponseReturnValue:
    """The figures, for whoever has the token; without a token in the settings there is no such page."""
    host = the_host()
    wanted = host.settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
        abort(404)
    return Response(generate_latest(current_app.extensions["zhifa_metrics"]), content_type=PLAIN)


class _Backlog(Collector):
    """What waits in the database, read when it is asked for: indexed counts."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Jobs by state, the age of the oldest pending one, and limits that ran out while a step still waits."""
        now = self._host.clock.now()
        with self._host.database.reading() as session:
            rows = session.execute(
                select(jobs.Job.state, func.count()).where(jobs.Job.state != jobs.DONE).group_by(jobs.Job.state)
            )
            counted = {state: count for state, count in rows}  # noqa: C416 - a row is no pair to the type checker
            oldest = session.scalar(select(func.min(jobs.Job.enqueued_at)).where(jobs.Job.state == jobs.PENDING))
            outbox = {
                state: session.scalar(select(func.count()).where(OutboxEntry.state == state)) or 0
                for state in (exchange.WAITING, exchange.REFUSED)
            }
            overdue = session.scalar(
                select(func.count()).where(CaseLimit.ended_at.is_(None), CaseLimit.due_at <= now)
            )
        waiting = GaugeMetricFamily("zhifa_jobs", "Jobs that are not done, by state", labels=["state"])
        for state in (jobs.PENDING, jobs.FAILED):
            waiting.add_metric([state], counted.get(state, 0))
        yield waiting
        for state, count in outbox.items():
            yield GaugeMetricFamily(f"zhifa_outbox_{state}", f"Entries for the province that are {state}", value=count)
        age = (now - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily("zhifa_oldest_job_seconds", "Age of the oldest pending job", value=max(age, 0))
        yield GaugeMetricFamily("zhifa_limits_overdue", "Time limits of cases that have run out and have not ended", value=overdue or 0)


def _database_answers(host: Host) -> bool:
    try:
        with host.database.reading() as session:
            return bool(session.scalar(text("SELECT 1")))
    except SQLAlchemyError:
        return False


def _files_writable(host: Host) -> bool:
    try:
        return host.files.get(host.files.put(b"zhifa")) == b"zhifa"
    except OSError:
        return False
