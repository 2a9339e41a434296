"""`zhifa dmn`: run conformance tests against our decision engine, and look for gaps and overlaps in decision tables."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.clock import SystemClock
from engine.errors import Fault, Invalid, PackageFault
from engine.rules.conformance import CaseOutcome, model_name, run_tests
from engine.rules.decisions import read_decisions


def add_to(families: Any) -> None:
    """Add this family of commands."""
    family = families.add_parser("dmn", help="决策表：运行符合性测试，检查缺口和重叠")
    actions = family.add_subparsers(dest="action", required=True, metavar="操作")
    test = actions.add_parser("test", help="运行 DMN 兼容性测试（TCK）格式的测试文件")
    test.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="含有 *-test-*.xml 和 .dmn 文件的文件夹")
    test.add_argument("--json", action="store_true", help="输出 JSON")
    test.set_defaults(run=_test)
    check = actions.add_parser("check", help="检查决策表的缺口、重叠和永远不会命中的行")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="DMN 文件")
    check.add_argument("--json", action="store_true", help="输出 JSON")
    check.set_defaults(run=_check)


def run_folder(folder: Path) -> Iterator[CaseOutcome]:
    """The outcomes of every test file below a folder, in the order of their paths; the model lies beside the file."""
    at = SystemClock().now()
    for path in sorted(_existing(folder, Path.is_dir).rglob("*-test-*.xml")):
        tests = path.read_bytes()
        model = path.parent / model_name(tests, path.name)
        yield from run_tests(tests, path.name, model.read_bytes() if model.is_file() else None, at)


def _test(arguments: argparse.Namespace) -> int:
    outcomes = [outcome for folder in arguments.folders for outcome in run_folder(folder)]
    cases: dict[tuple[str, str], list[CaseOutcome]] = {}
    for outcome in outcomes:
        cases.setdefault((outcome.model, outcome.case), []).append(outcome)
    passed = sum(all(each.passed for each in case) for case in cases.values())
    failed = len(cases) - passed
    if arguments.json:
        rows = [
            {"model": model, "case": name, "passed": all(each.passed for each in case), "results": [asdict(each) for each in case]}
            for (model, name), case in cases.items()
        ]
        print(json.dumps({"passed": passed, "failed": failed, "cases": rows}, ensure_ascii=False, indent=1))
    else:
        for (model, name), case in cases.items():
            problems = "；".join(f"{each.decision}：{each.problem}" for each in case if not each.passed)
            print(f"{'通过' if not problems else '不符'}  {model} {name}{' ' if problems else ''}{problems}")
        print(f"通过 {passed}，不符 {failed}（passed {passed}, failed {failed}）")
    return 1 if failed or not cases else 0


def _check(arguments: argparse.Namespace) -> int:
    faults: list[Fault] = []
    for file in arguments.files:
        try:
            faults += read_decisions(_existing(file, Path.is_file).read_bytes(), file.name).check()
        except PackageFault as error:
            faults += error.faults or [Fault(file.name, error.code, error.message)]
    if arguments.json:
        print(json.dumps({"faults": [asdict(fault) for fault in faults]}, ensure_ascii=False, indent=1))
    else:
        for fault in faults:
            print(f"{fault.where}：{fault.message}（{fault.code}）")
        print("没有发现缺口和重叠" if not faults else f"发现 {len(faults)} 处问题")
    return 1 if faults else 0


def _existing(path: Path, is_there: Any) -> Path:
    if not is_there(path):
        raise Invalid("dmn.no_file", f"找不到“{path}”")
    return path
