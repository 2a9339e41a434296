"""The outbox to the province: a reader misses nothing under eight writers, and what a receiver forgets or hears twice is whole in the end."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.cases.cases import find_case
from engine.database import Database
from engine.errors import Conflict, Invalid
from engine.oversight import exchange
from engine.oversight.exchange import OutboxEntry
from processes.exchanging import deliver
from processes.host import Host
from tests.builders import a_case, on_both_databases
from tests.faults.proof import FULL, record
from tests.workflow.plain_case import PlainCase
from web.commands.main import main
from web.commands.receiving import receive

WRITERS, EACH = 8, 2000 if FULL else 60
TOKEN = "for tests only"


def write_many(database: Database, case_id: int, writer: int, now: Any, committed: list[str]) -> None:
    """Entries in transactions of all lengths, some of which are given up."""
    chance = random.Random(writer)  # noqa: S311 - chance, not secrets
    for number in range(EACH):
        name = f"{writer}-{number}"
        try:
            with database.writing() as session:
                exchange.write(session, case_id, {"name": name}, now)
                time.sleep(chance.random() * 0.004)
                if chance.random() < 0.1:
                    raise InterruptedError
            committed.append(name)
        except InterruptedError:
            continue


@on_both_databases
def test_a_reader_misses_none_of_eight_writers(host: Host, tmp_path: Path) -> None:
    case_id = PlainCase(host, tmp_path).id
    committed, seen, by_highest = list[str](), list[str](), set[int]()
    writers = [
        threading.Thread(target=write_many, args=(host.database, case_id, number, host.clock.now(), committed)) for number in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    highest, last_look = 0, False
    while not last_look:
        last_look = not any(writer.is_alive() for writer in writers)
        with host.database.reading() as session:  # what a reader does that remembers the highest number
            fresh = session.scalars(select(OutboxEntry.id).where(OutboxEntry.id > highest)).all()
            by_highest.update(fresh)
            highest = max(fresh, default=highest)
            batch = exchange.waiting(session)
        while batch:
            seen += [json.loads(entry.content)["name"] for entry in batch]
            with host.database.writing() as session:
                exchange.acknowledge(session, [entry.id for entry in batch], host.clock.now())
                batch = exchange.waiting(session) if last_look else []
    assert sorted(seen) == sorted(committed)
    assert len(seen) == len(set(seen))
    naive = len(committed) - len(by_highest)
    if FULL and host.database.engine.dialect.name == "postgresql":
        assert naive > 0  # the danger is real
    what = f"entries of {WRITERS} writers; a reader by the highest number misses {naive}"
    record("T16", host, faults=WRITERS * EACH, acknowledged=len(committed), what=what)


@contextmanager
def receiver(file: Path, token: str = TOKEN) -> Iterator[ThreadingHTTPServer]:
    server = receive(file, 0, token)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def sending(host: Host, server: ThreadingHTTPServer, token: str = TOKEN) -> Host:
    url = f"http://127.0.0.1:{server.server_port}/"
    return replace(host, settings=replace(host.settings, exchange_url=url, exchange_token=token, exchange_sender="云江市"))


def received(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def left(host: Host, state: str = exchange.WAITING) -> int:
    with host.database.reading() as session:
        return session.scalar(select(func.count()).where(OutboxEntry.state == state)) or 0


def test_the_province_hears_of_a_case_from_its_decision_on(host: Host, tmp_path: Path) -> None:
    case = a_case(host)
    case.until("make_decision")
    assert left(host) == 0  # nobody outside looks into an undecided case
    case.until("")
    waiting = left(host)
    file = tmp_path / "province.jsonl"
    with receiver(file) as server:
        assert deliver(sending(host, server)) == waiting > 3
        assert deliver(sending(host, server)) == 0
    told = [row["content"] for row in received(file)]
    assert told[0]["event"] == "decision_made"
    assert {"case_closed", "case_archived"} <= {one["event"] for one in told}
    assert told[0]["penalties"][0]["amount"] == "186000.00"
    with host.database.reading() as session:
        found = find_case(session, case.case_id)
    text = file.read_text(encoding="utf-8")
    assert found.number in text
    assert "味百鲜" in found.title
    assert "味百鲜" not in text  # neither parties nor free texts


def write(host: Host, case_id: int, *names: str) -> None:
    with host.database.writing() as session:
        for name in names:
            exchange.write(session, case_id, {"name": name}, host.clock.now())


@on_both_databases
def test_a_receiver_that_was_away_gets_all_in_order_and_nothing_twice(host: Host, tmp_path: Path) -> None:
    case_id, file = PlainCase(host, tmp_path).id, tmp_path / "province.jsonl"
    names = [str(number) for number in range(exchange.MOST + 50)]
    write(host, case_id, *names)
    with receiver(file) as server:
        away = sending(host, server)
    with pytest.raises(Conflict, match="没有接收"):
        deliver(away)
    assert left(host) == len(names)
    with receiver(file) as server:
        here = sending(host, server)
        assert deliver(here) == len(names)
        with host.database.writing() as session:  # as if the sender had died before it wrote the acknowledgement down
            session.query(OutboxEntry).update({"state": exchange.WAITING})
        assert deliver(here) == len(names)
    assert [row["content"]["name"] for row in received(file)] == names


def test_a_line_that_was_cut_off_is_received_again(host: Host, tmp_path: Path) -> None:
    case_id, file = PlainCase(host, tmp_path).id, tmp_path / "province.jsonl"
    write(host, case_id, "first", "second")
    file.write_text('{"sender": "云江市", "id": 1, "dig', encoding="utf-8")
    with receiver(file) as server:
        assert deliver(sending(host, server)) == 2
    assert [row["content"]["name"] for row in received(file)] == ["first", "second"]


def test_what_the_receiver_refuses_waits_for_a_person(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case_id, file = PlainCase(host, tmp_path).id, tmp_path / "province.jsonl"
    file.write_text('{"sender": "云江市", "id": 1, "digest": "of something else"}\n', encoding="utf-8")
    write(host, case_id, "first", "second")
    monkeypatch.setenv("ZHIFA_DATABASE_URL", host.settings.database_url)
    with receiver(file) as server:
        assert deliver(sending(host, server)) == 1
        assert (left(host), left(host, exchange.REFUSED)) == (0, 1)
        assert main(["outbox", "list", "--refused"]) == 0
        assert "不同的内容" in capsys.readouterr().out
        file.write_text("", encoding="utf-8")
    assert main(["outbox", "resend", "1"]) == 0
    assert main(["outbox", "list"]) == 0
    assert '"first"' in capsys.readouterr().out
    with receiver(file) as server:
        monkeypatch.setenv("ZHIFA_EXCHANGE_URL", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setenv("ZHIFA_EXCHANGE_TOKEN", TOKEN)
        assert main(["outbox", "deliver"]) == 0
    assert [row["content"]["name"] for row in received(file)] == ["first"]
    assert main(["outbox", "acknowledge", "2"]) == 1  # it is acknowledged already


def test_a_stranger_is_not_heard_and_a_wrong_address_is_refused(host: Host, tmp_path: Path) -> None:
    case_id, file = PlainCase(host, tmp_path).id, tmp_path / "province.jsonl"
    write(host, case_id, "first")
    with receiver(file) as server, pytest.raises(Conflict):
        deliver(sending(host, server, token="another"))
    assert not file.exists()
    with pytest.raises(Invalid, match="开头"):
        deliver(replace(host, settings=replace(host.settings, exchange_url="file:///etc/passwd")))
    assert left(host) == 1
