"""What the machines that watch the platform are told of the background work."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path

from engine import jobs
from engine.clock import SystemClock
from engine.schema import upgrade
from processes.queue import Kind
from processes.working import Worker
from tests.builders import host_in
from tests.web.test_health import client


def test_jobs_are_told_by_kind_and_state_and_workers_by_their_signs_of_life(tmp_path: Path) -> None:
    host = host_in(tmp_path)
    upgrade(host.database)
    now, held = SystemClock().now(), threading.Event()

    def spoilt(*_: object) -> tuple[int, ...]:
        raise OSError("no office")

    def long(*_: object) -> tuple[int, ...]:
        held.wait(30)
        return ()

    with host.database.writing() as session:
        for operation in ("x.given_up", "x.retried", "x.long", "x.unknown", "x.unknown"):
            jobs.enqueue(session, 0, operation, {}, host.clock.now() - timedelta(minutes=2))
    stop = threading.Event()
    pause = timedelta(hours=1)
    kinds = (Kind("x.given_up", spoilt, attempts=1), Kind("x.retried", spoilt, first_pause=pause), Kind("x.long", long))
    thread = threading.Thread(target=Worker(host, stop, kinds, ()).run)
    asked = client(host, "t")
    assert asked.get("/health/ready").json["workers"] == {"alive": 0, "seen_seconds_ago": None}  # type: ignore[index]
    thread.start()
    until = time.monotonic() + 20
    figures = ""
    while 'zhifa_jobs_by_kind{kind="x.long",state="running"} 1.0' not in figures and time.monotonic() < until:
        figures = asked.get("/metrics", headers={"Authorization": "Bearer t"}).text
    ready = asked.get("/health/ready").json
    stop.set()
    held.set()
    thread.join()
    for line in (
        'zhifa_jobs_by_kind{kind="x.given_up",state="failed"} 1.0', 'zhifa_jobs_by_kind{kind="x.retried",state="retrying"} 1.0',
        'zhifa_jobs_by_kind{kind="x.long",state="running"} 1.0', 'zhifa_jobs_by_kind{kind="x.unknown",state="waiting"} 2.0',
        "zhifa_workers 1.0",
    ):
        assert line in figures, figures
    assert 'zhifa_oldest_job_of_kind_seconds{kind="x.unknown"}' in figures
    assert ready is not None
    assert ready["workers"]["alive"] == 1
    assert ready["workers"]["seen_seconds_ago"] <= (SystemClock().now() - now).total_seconds() + 1
    host.close()
