"""`zhifa migrate`: the plan in groups and as files, apply that can be paused, revert."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from processes.host import Host
from tests.migration.bench_cases import ADMIN, published, some_cases, with_new_step
from web.commands.main import main


def test_plan_apply_and_revert(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("ZHIFA_DATABASE_URL", host.settings.database_url)
    monkeypatch.setenv("ZHIFA_FILES_DIR", str(host.settings.files_dir))
    monkeypatch.setenv("ZHIFA_KEYS_DIR", str(host.settings.keys_dir))
    old = published(host, tmp_path, "1")
    some_cases(host, 8)
    renamed = (('"u05"', '"w05"'), ("u05__", "w05__"), ("__u05", "__w05"), (">u05<", ">w05<"))
    edits = with_new_step("review", "u16")
    new = published(host, tmp_path, "2", {"procedures/bench.bpmn": (*edits["procedures/bench.bpmn"], *renamed)})
    # the command reads the real clock, which is long after the installation's
    between = ["bench", "--from", old.digest[:12], "--to", new.digest[:12]]

    assert main(["migrate", "plan", *between, "--json", str(tmp_path / "p.json"), "--csv", str(tmp_path / "p.csv")]) == 0
    told = capsys.readouterr().out
    plans = json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))
    refused = [plan for plan in plans if not plan["can_move"]]
    assert 0 < len(refused) < 8 and f"可以迁移 {8 - len(refused)} 件，不能迁移 {len(refused)} 件" in told
    assert "migration.current_removed，bench.u05" in told and "请在对照表中写明" in told
    table = list(csv.reader((tmp_path / "p.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(table) == 9 and [row[2] for row in table[1:]] == ["能" if plan["can_move"] else "不能" for plan in plans]

    mapping = tmp_path / "mapping.toml"
    mapping.write_text('[renamed.bench]\nu05 = "w05"\n', encoding="utf-8")
    stop = tmp_path / "stop"
    stop.touch()
    act = ["--by", ADMIN, "--reason", "新版增加复核"]
    assert main(["migrate", "apply", *between, *act, "--mapping", str(mapping), "--stop-file", str(stop)]) == 3
    assert "还有 8 件没有处理" in capsys.readouterr().out
    first = plans[0]["case"]
    assert main(["migrate", "apply", *between, *act, "--mapping", str(mapping), "--case", first]) == 0
    assert main(["migrate", "apply", *between, *act]) == (1 if any(plan["case"] != first for plan in refused) else 0)
    assert main(["migrate", "apply", *between, *act, "--mapping", str(mapping)]) == 0
    assert main(["migrate", "revert", *between, *act]) == 0
    assert "共 8 件：已撤回 8 件" in capsys.readouterr().out
    assert main(["journal", "verify"]) == 0


def test_a_mapping_that_is_not_one_is_refused(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIFA_DATABASE_URL", host.settings.database_url)
    monkeypatch.setenv("ZHIFA_FILES_DIR", str(host.settings.files_dir))
    old = published(host, tmp_path, "1")
    new = published(host, tmp_path, "2", with_new_step("review", "u16"))
    mapping = tmp_path / "mapping.toml"
    for text, code in (
        ("[renamed", "mapping.toml"), ("[other]", "mapping.table"), ('[accepted]\nstandards = " "', "mapping.reason"),
        ("[renamed]\nbench = 3", "mapping.table"), ('[renamed.bench]\nu01 = "u02"', "mapping.doubled"),
        ('[renamed.bench]\nu01 = "none"', "mapping.element"), ('[renamed.none]\na = "b"', "mapping.procedure"),
        ("x = " + "[" * 5000, "mapping.toml"),
    ):
        mapping.write_text(text, encoding="utf-8")
        assert main(["migrate", "plan", "bench", "--from", old.digest[:12], "--to", new.digest[:12], "--mapping", str(mapping)]) == 1
        assert f"拒绝（{code}）" in capsys.readouterr().err
