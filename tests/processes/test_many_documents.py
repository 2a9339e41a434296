"""Many documents through two LibreOffices that are killed again and again: nothing lost, nothing doubled, nothing half-written."""

from __future__ import annotations

import io
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pypdfium2
import pytest

from engine import jobs, journal
from engine.cases.document_records import ISSUED, DocumentRecord
from engine.clock import at_legal_midnight
from engine.files import digest_of
from processes.host import Host, open_host
from processes.making import make_by_hand
from processes.queue import do_job
from tests.processes.hand_made import ENTERED, NOTE
from tests.processes.test_by_hand import CASE, LEAD, installed

__all__ = ["installed"]
FULL = os.environ.get("ZHIFA_PROVE") == "full"
DOCUMENTS = int(os.environ.get("ZHIFA_DOCUMENTS", "10000")) if FULL else 30
KILLS = 20 if FULL else 2


@pytest.fixture
def host(installed: Path, tmp_path: Path) -> Iterator[Host]:
    folder = tmp_path / "installation"
    shutil.copytree(installed, folder)
    from tests.builders import host_in

    first = host_in(folder, shelves=(folder / "shelf",))
    first.clock.set(at_legal_midnight(date(2026, 3, 10)))  # type: ignore[attr-defined]
    found = open_host(replace(first.settings, office_processes=2), first.clock)
    first.close()
    yield found
    found.close()


def kill_now_and_then(host: Host, done: list[int], stop: threading.Event) -> None:
    """SIGKILL for one of the two LibreOffices whenever a further share of the documents is done."""
    chance, killed = random.Random(20261124), 0  # noqa: S311 - chance, not secrets
    while not stop.is_set() and killed < KILLS:
        time.sleep(0.02)
        offices = [slot._office for slot in host.converter._slots if slot._office is not None]
        if offices and len(done) >= (killed + 1) * DOCUMENTS // (KILLS + 1):
            time.sleep(chance.random() * 0.3)
            os.killpg(chance.choice(offices)._processes[0].pid, signal.SIGKILL)
            killed += 1
    stop.set()
    done.append(-killed)


def test_nothing_is_lost_doubled_or_half_written(host: Host) -> None:
    made = [make_by_hand(host, CASE, LEAD, NOTE, {**ENTERED, "reason": f"第{place}份的理由。"}) for place in range(DOCUMENTS)]
    with host.database.reading() as session:
        waiting = jobs.pending(session, CASE)
    assert len(waiting) == DOCUMENTS
    done, stop, began = list[int](), threading.Event(), time.monotonic()
    killer = threading.Thread(target=kill_now_and_then, args=(host, done, stop))
    killer.start()

    def work(job: jobs.Job) -> None:
        assert do_job(host, job) is not None
        done.append(job.id)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, waiting))
    killer.join(timeout=30)
    spent = time.monotonic() - began
    assert -KILLS in done
    with host.database.reading() as session:
        records = session.query(DocumentRecord).filter(DocumentRecord.id.in_(made)).order_by(DocumentRecord.id).all()
        assert jobs.pending(session, CASE) == [] and jobs.failed(session, CASE) == []
        assert journal.verify(session, CASE)[1] == []
        printed = [entry.read_facts()["document"] for entry in journal.entries(session, CASE) if entry.act == "documents.by_hand"]
    assert sorted(printed) == made
    assert [record.number for record in records] == [f"云望市监2移〔2026〕{place}号" for place in range(1, DOCUMENTS + 1)]
    assert {record.state for record in records} == {ISSUED}
    for place, record in enumerate(records):
        pdf = host.files.get(record.pdf)
        assert digest_of(pdf) == record.pdf
        if place % max(1, DOCUMENTS // 200) == 0:
            text = "".join("".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(io.BytesIO(pdf))).split())
            assert f"第{place}份的理由。" in text and record.number in text
    assert list(host.files.folder.rglob(".writing-*")) == []
    if FULL:
        print(f"documents {DOCUMENTS}, kills {KILLS}, lost 0, doubled 0, {spent:.0f} s, {DOCUMENTS / spent:.1f} a second")
