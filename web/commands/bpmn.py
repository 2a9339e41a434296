"""`zhifa bpmn check` and `zhifa bpmn run`: any BPMN file held against the rules and tried out, without package or database."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.errors import Invalid, PackageFault, ZhifaError
from engine.workflow.trials import Report, check_files, run_file
from web.commands.soundness import add_sound

STATES = {"completed": "已走完", "waiting": "停在", "refused": "拒绝"}


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("bpmn", help="流程图文件")
    actions = parser.add_subparsers(dest="action", required=True, metavar="操作")
    check = actions.add_parser("check", help="检查 BPMN 文件能不能打开、能不能运行")
    check.add_argument("file", type=Path, nargs="+", help="BPMN 文件；互相调用的一并给出")
    check.add_argument("--json", action="store_true", help="输出 JSON")
    check.set_defaults(run=_check)
    run = actions.add_parser("run", help="用给定的事实试走一个流程")
    run.add_argument("file", type=Path, nargs="+", help="BPMN 文件；第一个是要走的，其余是它调用的")
    run.add_argument("--facts", type=Path, help="事实文件（JSON）")
    run.add_argument("--process", default="", help="要走的流程的标识")
    run.add_argument("--trace", action="store_true", help="逐行输出走过的元素标识")
    run.add_argument("--json", action="store_true", help="输出 JSON")
    run.set_defaults(run=_run)
    add_sound(actions)


def _check(arguments: argparse.Namespace) -> int:
    files = {str(path): _read(path) for path in arguments.file}
    reports = check_files(files)
    if arguments.json:
        _print_json([_plain(report) for report in reports])
    else:
        for report in reports:
            _print(report)
    return 0 if all(report.runs for report in reports) else 1


def _run(arguments: argparse.Namespace) -> int:
    files = {str(path): _read(path) for path in arguments.file}
    facts = _read(arguments.facts) if arguments.facts else b"{}"
    try:
        outcome = run_file(files, facts, str(arguments.facts or "facts"), arguments.process)
    except (PackageFault, Invalid) as error:
        if not arguments.json:
            raise
        faults = [{"where": fault.where, "rule": fault.code, "text": fault.message} for fault in error.facts.get("faults", ())]
        _print_json({"status": "refused", "rule": error.code, "reason": error.message, "faults": faults, "trace": []})
        return 1
    if arguments.json:
        _print_json(
            {"status": outcome.status, "trace": outcome.trace, "ended": outcome.ended, "waiting": outcome.waiting,
             "sent": outcome.sent, "reason": outcome.reason, "facts": outcome.facts,
             "clock": outcome.clock.isoformat() if outcome.clock else None}
        )
        return 0 if outcome.status == "completed" else 1
    if arguments.trace:
        for element in outcome.trace:
            print(element)
    named = outcome.ended if outcome.status == "completed" else outcome.waiting if outcome.status == "waiting" else (outcome.reason,)
    print(f"状态：{outcome.status}（{STATES[outcome.status]}）{'、'.join(named)}")
    return 0 if outcome.status == "completed" else 1


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        print(f"无法读取 {path}：{error.strerror}", file=sys.stderr)
        raise SystemExit(2) from error


def _plain(report: Report) -> dict[str, Any]:
    return {
        "file": report.where, "opens": report.opens, "runs": report.runs, "diagram": report.diagram,
        "processes": list(report.processes), "notes": list(report.notes),
        "faults": [
            {"element": each.element, "name": each.name, "rule": each.rule, "text": each.text, "remedy": each.remedy}
            for each in report.faults
        ],
    }


def _print(report: Report) -> None:
    state = "能打开，能运行" if report.runs else "能打开，不能运行" if report.opens else "打不开"
    print(f"{report.where}：{state}")
    for fault in report.faults:
        print(f"  {fault.element or '文件'}：{fault.text}。改正：{fault.remedy}（{fault.rule}）")
    for note in report.notes:
        print(f"  注意：{note}")


def _print_json(value: dict[str, Any] | Sequence[Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_json))


def _json(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise ZhifaError("run.json", f"不能输出 {type(value).__name__}")
