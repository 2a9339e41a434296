"""Faults injected below the cases: a process killed while it writes, a full disk, a transaction that is given up."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from engine import jobs
from engine.clock import LEGAL_TIME_ZONE
from engine.database import Database
from engine.files import FileStore
from tests.faults.proof import record

KILLS = 200 if os.environ.get("ZHIFA_PROVE") == "full" else 8
NOW = datetime(2026, 3, 2, 9, tzinfo=LEGAL_TIME_ZONE)
WRITER = """
import os, sys
from pathlib import Path
from engine.files import FileStore
store = FileStore(Path(sys.argv[1]))
while True:
    print(store.put(os.urandom(300_000)), flush=True)
"""


def test_a_killed_writer_leaves_no_broken_file(tmp_path: Path) -> None:
    chance, acknowledged = random.Random(10), list[str]()  # noqa: S311 - chance, not secrets
    for _ in range(KILLS):
        run = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert run.stdout
        acknowledged.append(run.stdout.readline().strip())
        time.sleep(chance.random() * 0.05)
        run.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in run.stdout if len(line) == 65]
        run.wait()
        run.stdout.close()
    stored = [path for path in tmp_path.glob("??/*") if not path.name.startswith(".")]
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in stored)
    assert {path.name for path in stored} >= set(acknowledged)
    record("T10", "file store", what="kills while a file was written", faults=KILLS, acknowledged=len(acknowledged))


def test_a_full_disk_is_a_clean_error_and_nothing_stays_behind(tmp_path: Path) -> None:
    """The kernel itself refuses to write on: half of the file is there by then."""
    store, large = FileStore(tmp_path), os.urandom(300_000)
    kept = store.put(b"before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(large) // 2, hard))
    try:
        with pytest.raises(OSError) as refused:
            store.put(large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refused.value.errno == errno.EFBIG
    assert [path.name for path in tmp_path.glob("*/*")] == [kept]
    assert store.get(store.put(large)) == large


def test_a_step_that_is_given_up_leaves_no_job(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as session:
        jobs.enqueue(session, 1, "documents.issue", {"task_id": "x"}, NOW)
        raise ZeroDivisionError
    with database.reading() as session:
        assert jobs.pending(session) == []
