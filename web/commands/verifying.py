"""`zhifa verify`: hold a package against the law, run by run, and show how it breaks it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from engine.settings import Settings
from engine.verifier.exploring import Bounds
from engine.verifier.verdicts import Verdict
from processes.invariants import hold_against_law
from processes.overlay import resolve

WORDS = {"holds": "成立", "violated": "违反", "unknown": "不能断定"}


def add_to(families: Any) -> None:
    """Add this family of commands."""
    verifying = families.add_parser("verify", help="推演流程包是否满足每一条法定不变量")
    verifying.add_argument("package", help="流程包名称，例如 national")
    verifying.add_argument("--json", action="store_true", help="输出 JSON")
    verifying.add_argument("--all", action="store_true", help="成立的也列出")
    verifying.add_argument("--states", type=int, default=200_000, help="最多推演的状态数")
    verifying.add_argument("--seconds", type=float, default=60.0, help="每次推演最多的秒数")
    verifying.set_defaults(run=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    contents = resolve(arguments.package, Settings.from_environment().shelves)
    found = hold_against_law(contents, bounds=Bounds(arguments.states, arguments.seconds))
    if arguments.json:
        print(json.dumps([each.plain() for each in found], ensure_ascii=False, indent=2))
    else:
        for each in found:
            if arguments.all or each.outcome != "holds":
                _tell(each)
        holding = sum(each.outcome == "holds" for each in found)
        print(f"推演 {len(found)} 项：{holding} 项成立，{len(found) - holding} 项不成立或者不能断定")
    return 1 if any(each.refuses for each in found) else 0


def _tell(verdict: Verdict) -> None:
    level = "" if verdict.outcome == "holds" else "（不得发布）" if verdict.refuses else "（提醒）"
    print(f"{WORDS[verdict.outcome]}{level}  {verdict.id}  {verdict.procedure or '全包'}  {verdict.text}（{verdict.article}）")
    if verdict.sentence:
        print(f"  {verdict.sentence}")
    if verdict.path:
        print(f"  路径：{' → '.join(step.key for step in verdict.path)}")
    if verdict.reason:
        print(f"  {verdict.reason}")
