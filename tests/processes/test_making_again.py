"""What was printed and sealed before a failure is taken up again: no document is printed twice, no seal put on twice."""

from __future__ import annotations

import shutil
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from documents.keys import trust_roots
from documents.verifying import verify
from engine import jobs, journal
from engine.cases.document_records import SEALED, documents_of
from engine.cases.made_documents import MadeDocument, remember_made, remember_sealed
from processes import document_work
from processes.host import Host
from processes.queue import KINDS
from processes.running import complete_by_step
from processes.working import Worker
from tests.builders import a_case, host_in

STEP = "order_correction"


def test_a_seal_that_was_put_on_before_the_database_failed_is_used_again(
    sample_pattern: Path, tmp_path: Path, fonts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise T12: sealed, then the database rolls back; the next attempt finds the seal by document and seal number."""
    shutil.copytree(sample_pattern, tmp_path / "installation")
    host = host_in(tmp_path / "installation")
    case = a_case(host).until(STEP)
    step = case.script.steps[case.position]
    case.clock.set(step.at)
    complete_by_step(host, case.case_id, STEP, step.actor, step.values)

    def lost(*_: Any, **__: Any) -> None:
        raise OSError("the database is gone")

    with monkeypatch.context() as patched:
        patched.setattr(document_work, "finish_operation", lost)
        Worker(host, threading.Event(), KINDS, ()).run(once=True)
    with host.database.writing() as session:
        (job,) = jobs.pending(session, case.case_id)
        assert job.error == "OSError：the database is gone"
        assert job.free_at
        job.free_at -= timedelta(hours=1)
        made = session.scalars(select(MadeDocument)).one()
    files = sorted(path.name for path in host.settings.files_dir.glob("??/*"))
    worker = Worker(host, threading.Event(), KINDS, ())
    worker.run(once=True)
    assert worker.done == 1
    with host.database.reading() as session:
        record = documents_of(session, case.case_id)[-1]
        assert (record.word, record.pdf, record.sealed, record.state) == (made.word, made.pdf, made.sealed, SEALED)
        assert journal.verify(session, case.case_id)[1] == []
    assert sorted(path.name for path in host.settings.files_dir.glob("??/*")) == files
    assert verify(host.files.get(record.sealed), trust_roots(host.settings.keys_dir)).valid
    host.close()


def test_whoever_was_faster_counts(host: Host) -> None:
    case = a_case(host)
    case.take()
    with host.database.reading() as session:
        record = documents_of(session, case.case_id)[0].id
    for word, sealed in (("a", "x"), ("b", "y")):
        with host.database.writing() as session:
            assert remember_made(session, record, word * 64, word * 64, 1, case.clock.now()).word == "a" * 64
            assert remember_sealed(session, record, "S1", sealed * 64, case.clock.now()).sealed == "x" * 64
