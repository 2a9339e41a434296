"""kill -9 in the middle of the demonstration: it goes on from the last completed step, nothing lost or doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from engine import journal
from engine.cases.document_records import DocumentRecord
from engine.cases.submissions import Submission
from engine.database import Database
from tests.builders import EMERGENCY, ORDINARY, script
from tests.faults.proof import FULL, record

KILLS = 20 if FULL else 3


def demonstration(folder: Path, fonts: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "web.commands.main", "demo", "--folder", str(folder), *more], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        env={**os.environ, "ZHIFA_FONTS_DIR": str(fonts), "PYTHONUNBUFFERED": "1"},
    )


def kill_somewhere(folder: Path, fonts: Path, chance: random.Random) -> str:
    """Start or go on, kill -9 at a random moment some steps later; the last line printed is returned."""
    run = demonstration(folder, fonts, "--resume")
    assert run.stdout
    last, steps, wanted = "", 0, chance.randint(2, 12)
    for line in run.stdout:
        last = line
        steps += "秒" in line
        if steps >= wanted:
            time.sleep(chance.random() * 0.8)
            break
    os.killpg(run.pid, signal.SIGKILL)
    run.stdout.close()
    run.wait()
    return last


def test_it_goes_on_after_kill_9(tmp_path: Path, fonts: Path) -> None:
    chance = random.Random(20261124)  # noqa: S311 - chance, not secrets
    folder = tmp_path / "demo"
    for _ in range(KILLS):
        kill_somewhere(folder, fonts, chance)
    final = demonstration(folder, fonts, "--resume")
    output = final.communicate()[0]
    assert final.returncode == 0, output[-3000:]
    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    expected = {"DEMO-1": ORDINARY, "DEMO-2": EMERGENCY}
    database = Database(f"sqlite:///{folder}/zhifa.db")
    with database.reading() as session:
        assert journal.verify(session)[1] == []
        submitted = [row.step for row in session.query(Submission).order_by(Submission.id)]
        numbers = [row.number for row in session.query(DocumentRecord) if row.number and row.version == 1]
        unfinished = [row.title for row in session.query(DocumentRecord) if not row.final]
    database.close()
    assert submitted == [step.id for name in expected.values() for step in script(name).steps]
    assert len(numbers) == len(set(numbers))
    assert unfinished == []
    for key, case in summary["cases"].items():
        assert (case["status"], case["journal"]) == ("archived", "intact"), key
        assert {document["seal"] for document in case["documents"]} == {"valid", "none"}
    record("kill -9", "sqlite", what="kills of the demonstration with documents and seals", faults=KILLS, acknowledged=len(submitted))


@pytest.mark.rule("R-GD-27")
def test_the_decisions_carry_the_expected_numbers(tmp_path: Path, fonts: Path) -> None:
    run = demonstration(tmp_path / "demo", fonts)
    output = run.communicate()[0]
    assert run.returncode == 0, output[-3000:]
    cases = json.loads((tmp_path / "demo" / "summary.json").read_text())["cases"]
    assert [case["number"] for case in cases.values()] == ["999901YWCF2026000027", "999901YWCF2026000041"]
    decisions = [d for case in cases.values() for d in case["documents"] if d["kind"] == "DOC-45"]
    assert [d["number"] for d in decisions] == ["云望市监处罚〔2026〕27号", "云望市监处罚〔2026〕41号"]
    for case, kinds in (("DEMO-1", 27), ("DEMO-2", 22)):
        assert len({d["kind"] for d in cases[case]["documents"]}) >= kinds
    # a second tool reads the same: pdfsig sees a valid signature over the whole document
    path = tmp_path / "demo" / "cases" / "DEMO-1" / decisions[0]["file"]
    said = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in said
    assert "Total document signed" in said
    data = bytearray(path.read_bytes())
    place = data.find(b"stream") + 40
    data[place] ^= 1
    path.write_bytes(data)
    said = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" not in said
    ours = subprocess.run(
        [sys.executable, "-m", "web.commands.main", "document", "verify", str(path)], capture_output=True, text=True,
        check=False, env={**os.environ, "ZHIFA_KEYS_DIR": str(tmp_path / "demo" / "keys")},
    )
    assert ours.returncode == 1
    assert "验证不通过" in ours.stdout
