"""kill -9 at random points of concurrent cases: afterwards every case is in a state that its journal explains, nothing lost or doubled."""

from __future__ import annotations

import random
import time
from pathlib import Path

from processes.host import Host
from tests.builders import on_both_databases
from tests.faults.histories import OK, unexplained
from tests.faults.proof import FULL, record
from tests.faults.replaying import faults_of
from tests.faults.workers import WORKERS, Workers, installed

KILLS = 200 if FULL else 8
AGAIN = 0.98 if FULL else 0.7  # so that no case is at its end before the last kill


@on_both_databases
def test_every_case_is_where_its_journal_says(host: Host, tmp_path: Path) -> None:
    chance = random.Random(9)  # noqa: S311 - chance, not secrets
    with Workers(host, installed(host, tmp_path, cases=12, again=AGAIN)) as workers:
        for _ in range(KILLS):
            time.sleep(0.05 + chance.random() * 0.35)
            workers.kill_one(chance)
        time.sleep(0.3)
        workers.stop()
    assert faults_of(host, workers.installation.cases) == []
    histories = workers.histories()
    acknowledged = [op.key for ops, _, _ in histories.values() for op in ops if op.outcome == OK]
    journalled = [key for _, _, keys in histories.values() for key in keys]
    assert sorted(acknowledged) == sorted(journalled)
    assert len(acknowledged) > KILLS
    assert len(set(journalled)) == len(journalled)
    assert unexplained(histories) == []
    record("kill -9", host, what=f"kills of {WORKERS} workers on 12 cases", faults=KILLS, acknowledged=len(acknowledged))
