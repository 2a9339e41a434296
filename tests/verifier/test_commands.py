"""`zhifa verify` and `zhifa bpmn sound`: verdicts for people, and as JSON that can be drawn on the diagram."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from processes.manifest import find_package, read_contents
from tests.verifier.drawing import definitions, process
from web.commands.main import main


def test_verify_says_that_the_national_package_is_lawful(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "national"]) == 0
    assert "0 项不成立" in capsys.readouterr().out


def test_verify_gives_a_path_of_ids_and_facts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "lawless"
    for path, data in read_contents(find_package("national")).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data.replace(b">major<", b">major and fast_track<"))
    monkeypatch.setenv("ZHIFA_SHELVES", str(tmp_path))
    assert main(["verify", "lawless", "--json"]) == 1
    found = next(each for each in json.loads(capsys.readouterr().out) if each["verdict"] == "violated")
    assert (found["id"], found["procedure"], found["level"]) == ("INV-P17", "ordinary", "block")
    assert found["path"][-1]["id"] == "decision_approval"
    assert found["path"][-1]["key"] == "decide_case/decision_approval"
    assert any(step["facts"].get("major") is True for step in found["path"])
    assert main(["verify", "lawless"]) == 1
    said = capsys.readouterr().out
    assert "其间没有负责人集体讨论（行政处罚法 第五十七条第二款" in said
    assert main(["check", "lawless"]) == 1
    assert "law.INV-P17" in capsys.readouterr().out


def test_sound_takes_many_files_and_tells_kinds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.bpmn", tmp_path / "bad.bpmn"
    good.write_bytes(definitions(process("p", "s:start a:task e:end", "s>a a>e")))
    bad.write_bytes(definitions(process("p", "s:start x:xor y:and a:task e:end", "s>x x>a x>y a>y y>e")))
    assert main(["bpmn", "sound", str(good), str(bad), "--json"]) == 1
    one, other = json.loads(capsys.readouterr().out)
    assert (one["verdict"], one["kind"], one["path"]) == ("sound", None, [])
    assert (other["verdict"], other["kind"], other["elements"], other["path"]) == ("unsound", "deadlock", ["y"], ["s", "x"])
    assert main(["bpmn", "sound", str(good)]) == 0
    assert "健全" in capsys.readouterr().out
