"""Our engine passes the DMN Technology Compatibility Kit, which is read where ZHIFA_DMN_KIT says and never copied."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.rules.models import definitions, literal, table
from web.commands.decisions import run_folder
from web.commands.main import main

KIT = os.environ.get("ZHIFA_DMN_KIT", "")
CASES_OF_LEVEL_2 = 116
TESTS = """<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:xsd="http://www.w3.org/2001/XMLSchema"><modelName>own.dmn</modelName>
  <testCase id="001"><resultNode name="和" type="decision"><expected><value xsi:type="xsd:decimal">3</value></expected></resultNode>
  </testCase>
  <testCase id="002"><resultNode name="名单" type="decision"><expected><list><item><value xsi:type="xsd:string">甲</value></item>
  <item><value xsi:nil="true"/></item></list></expected></resultNode></testCase>
  <testCase id="003"><resultNode name="错" type="decision"><expected><value xsi:nil="true"/></expected></resultNode></testCase>
  <testCase id="004"><resultNode name="和" type="decision"><expected><value xsi:type="xsd:decimal">4</value></expected></resultNode>
  </testCase></testCases>"""


@pytest.mark.skipif(not KIT, reason="ZHIFA_DMN_KIT names no folder with the kit's tests of level 2")
def test_every_case_of_level_2_passes() -> None:
    outcomes = list(run_folder(Path(KIT)))
    assert len({(outcome.model, outcome.case) for outcome in outcomes}) == CASES_OF_LEVEL_2
    assert [outcome for outcome in outcomes if not outcome.passed] == []


@pytest.fixture
def own_kit(tmp_path: Path) -> Path:
    model = definitions(literal("和", "1 + 2") + literal("名单", '["甲", null]') + literal("错", "没有的名称 + 1"))
    (tmp_path / "own.dmn").write_bytes(model)
    (tmp_path / "own-test-01.xml").write_text(TESTS, encoding="utf-8")
    return tmp_path


def test_the_command_tells_passed_and_failed_by_case(own_kit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dmn", "test", str(own_kit)]) == 1
    printed = capsys.readouterr().out
    assert "通过 3，不符 1（passed 3, failed 1）" in printed
    assert "不符  own.dmn 004 和：应当是 4，实为 3" in printed


def test_the_command_speaks_json(own_kit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dmn", "test", str(own_kit), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["passed"], told["failed"]) == (3, 1)
    assert [case["passed"] for case in told["cases"]] == [True, True, True, False]


def test_a_folder_without_tests_has_not_passed(tmp_path: Path) -> None:
    assert main(["dmn", "test", str(tmp_path)]) == 1
    assert main(["dmn", "test", str(tmp_path / "nowhere")]) == 1


def test_check_prints_gaps_with_their_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "tiers.dmn"
    path.write_bytes(table([("罚款金额（元）", "number")], ["档次"], [["<= 50000", '"低"'], [">= 50000", '"高"']]))
    assert main(["dmn", "check", str(path)]) == 1
    assert "tiers.dmn#d：决策“结果”：罚款金额恰好为50000元时，第1行与第2行同时命中（dmn.overlap）" in capsys.readouterr().out
    path.write_bytes(table([("罚款金额（元）", "number")], ["档次"], [["< 50000", '"低"'], [">= 50000", '"高"']]))
    assert main(["dmn", "check", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"faults": []}
