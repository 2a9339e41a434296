"""T1: a web server that is killed again and again while officers send their forms until they are answered: each step exactly once."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from sqlalchemy import select

from engine.accounts.identities import create_account
from engine.receipts import Receipt
from engine.workflow.tasks import WorkItem
from processes.host import Host
from processes.sample import PASSWORD
from tests.builders import on_both_databases
from tests.faults.clients import Client
from tests.faults.driver import CO, LEAD, Installation
from tests.faults.histories import CONFLICT, OK, unexplained
from tests.faults.proof import FULL, record
from tests.faults.replaying import faults_of
from tests.faults.workers import installed, keys_of, state_of

KILLS = 60 if FULL else 2
EVERY = 1.5


class Server:
    """gunicorn with two worker processes; what is killed is every process that serves, and now and then gunicorn itself."""

    def __init__(self, file: Path, port: int) -> None:
        self._environment = {**os.environ, "INSTALLATION": str(file)}
        self._arguments = ["--workers", "2", "--threads", "2", "--preload", "--log-level", "critical", "--bind", f"127.0.0.1:{port}"]
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", *self._arguments, "tests.faults.server:application()"]
        self._run = subprocess.Popen(command, env=self._environment, start_new_session=True, stderr=subprocess.DEVNULL)

    def kill_workers(self) -> None:
        for pid in Path(f"/proc/{self._run.pid}/task/{self._run.pid}/children").read_text(encoding="ascii").split():
            os.kill(int(pid), signal.SIGKILL)

    def kill(self) -> None:
        os.killpg(self._run.pid, signal.SIGKILL)
        self._run.wait()


@contextmanager
def serving(installation: Installation) -> Iterator[tuple[Server, str]]:
    file = Path(installation.folder) / "installation.json"
    file.write_text(json.dumps(asdict(installation)), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = Server(file, port)
    try:
        yield server, f"http://127.0.0.1:{port}"
    finally:
        server.kill()


@on_both_databases
def test_each_acknowledged_step_happens_exactly_once(host: Host, tmp_path: Path) -> None:
    installation = installed(host, tmp_path, cases=4, until="u04")
    with host.database.writing() as session:
        for officer in (LEAD, CO):
            create_account(session, officer.lower(), officer, PASSWORD, host.clock.now())
    first = {case: state_of(host, case) for case in installation.cases}
    chance, stop = random.Random(1), threading.Event()  # noqa: S311 - chance, not secrets
    with serving(installation) as (server, address):
        clients = [Client(address, officer.lower(), stop) for officer in (LEAD, CO, LEAD, CO)]
        threads = [threading.Thread(target=client.work) for client in clients]
        for thread in threads:
            thread.start()
        for number in range(1, KILLS + 1):
            wait_for_steps(clients, 3)  # it serves again
            time.sleep(EVERY * chance.random())
            if number % 3:
                server.kill_workers()
            else:
                server.kill()
                server.start()
        wait_for_steps(clients, 5)
        stop.set()
        for thread in threads:
            thread.join()
    assert [fault for client in clients for fault in client.faults] == []
    ops = {key: op for client in clients for key, op in client.ops.items()}
    assert {op.outcome for op in ops.values()} <= {OK, CONFLICT}
    with host.database.reading() as session:
        receipts = {row.key: row.answer for row in session.scalars(select(Receipt))}
        case_of = {row.id: row.case_id for row in session.execute(select(WorkItem.id, WorkItem.case_id))}
    acknowledged = {key for key, op in ops.items() if op.outcome == OK}
    assert acknowledged == set(receipts)
    for key in acknowledged:
        ops[key] = replace(ops[key], revision=receipts[key]["revision"], opened=tuple(receipts[key]["opened"]))
    histories = {}
    for case in installation.cases:
        journalled = keys_of(host, case)
        assert sorted(journalled) == sorted(key for key in acknowledged if receipts[key]["case_id"] == case)
        histories[case] = [op for op in ops.values() if case_of[op.item] == case], first[case], journalled
    assert unexplained(histories) == []
    assert faults_of(host, installation.cases) == []
    broken = sum(client.broken for client in clients)
    assert broken > 0  # the kills were felt
    record("T1", host, what=f"kills of the server; {broken} requests without an answer", faults=KILLS, acknowledged=len(acknowledged))


def wait_for_steps(clients: list[Client], more: int) -> None:
    """Until so many more steps are acknowledged than now."""
    until, before = time.monotonic() + 120, sum(len(client.answers) for client in clients)
    while sum(len(client.answers) for client in clients) < before + more:
        assert time.monotonic() < until, [client.faults for client in clients]
        time.sleep(0.05)
