"""`zhifa bpmn sound`: whether BPMN files are sound, whoever drew them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from engine.verifier.assessing import Assessment, assess
from engine.verifier.exploring import Bounds

WORDS = {"sound": "健全", "unsound": "不健全", "unknown": "不能断定"}
KINDS = {
    "deadlock": "死锁", "dead element": "永远到不了的环节", "improper completion": "结束时有遗留",
    "lack of synchronisation": "并行分支没有汇合", "livelock": "走不出的循环",
}


def add_sound(actions: Any) -> None:
    """Add `sound` to the commands about BPMN files."""
    sound = actions.add_parser("sound", help="推演流程或者协作图是否健全")
    sound.add_argument("files", nargs="+", type=Path, metavar="FILE")
    sound.add_argument("--json", action="store_true", help="输出 JSON")
    sound.add_argument("--states", type=int, default=200_000, help="最多推演的状态数")
    sound.add_argument("--seconds", type=float, default=60.0, help="最多推演的秒数")
    sound.set_defaults(run=_sound)


def _sound(arguments: argparse.Namespace) -> int:
    files = {str(path): path.read_bytes() for path in arguments.files}
    found = assess(files, Bounds(arguments.states, arguments.seconds))
    if arguments.json:
        print(json.dumps([each.plain() for each in found], ensure_ascii=False, indent=2))
    else:
        for each in found:
            _tell(each)
    return 0 if all(each.verdict == "sound" for each in found) else 1


def _tell(assessment: Assessment) -> None:
    print(f"{assessment.file}：{WORDS[assessment.verdict]}（{assessment.states} 个状态）{assessment.reason}")
    for flaw in assessment.flaws:
        print(f"  {KINDS[flaw.kind]}：{flaw.reason}")
        if flaw.path:
            print(f"    路径：{' → '.join(flaw.path)}")
    if assessment.verdict == "sound" and assessment.messages_left:
        print("  结束时可能有没有人接收的消息")
