"""`zhifa migrate`: plan, apply and take back the move of running cases to another version of their package."""

from __future__ import annotations

import argparse
import csv
import json
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.cases.cases import find_by_number
from engine.errors import Invalid
from engine.settings import Settings
from engine.workflow import releases
from engine.workflow.mapping import Renaming, read_renaming
from engine.workflow.moves import moved_between, running_under
from processes.host import Host, open_host
from processes.migrating import MOVED, OVERTAKEN, REVERTED, WORDS, Result, apply_all, revert_all
from processes.migration_plans import CasePlan, Planner, plan_all, planner

EVERY = 50
SAMPLES = 5


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("migrate", help="把在办案件迁移到流程包的另一个版本")
    actions = parser.add_subparsers(dest="action", required=True, metavar="操作")
    plan = _command(actions, "plan", "逐案说明能否迁移、理由和影响，不改变任何数据", _plan)
    apply = _command(actions, "apply", "迁移可以迁移的案件，每案一个事务；Ctrl-C 在两案之间停下，再次运行接着迁移", _apply)
    revert = _command(actions, "revert", "撤回迁移：迁移后没有新的办理的案件恢复原状", _revert)
    for each in (plan, apply):
        each.add_argument("--mapping", type=Path, help="对照表（TOML）：改名的环节和认可的理由")
    plan.add_argument("--json", type=Path, help="把逐案的计划写入 JSON 文件")
    plan.add_argument("--csv", type=Path, help="把逐案的计划写入 CSV 文件")
    for each in (apply, revert):
        each.add_argument("--by", required=True, help="操作人编号")
        each.add_argument("--reason", required=True, help="理由，写入每个案件的全过程记录")
        each.add_argument("--stop-file", type=Path, help="出现这个文件就停下")


def _command(actions: Any, name: str, words: str, run: Callable[[Host, argparse.Namespace], int]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=words)
    parser.add_argument("package", help="流程包名称")
    parser.add_argument("--from", dest="before", required=True, help="现在的版本：摘要的前若干位")
    parser.add_argument("--to", dest="after", required=True, help="迁移到的版本：摘要的前若干位")
    parser.add_argument("--case", action="append", default=[], help="只处理这个编号的案件，可以写多次")
    parser.set_defaults(run=lambda arguments: _with_host(run, arguments))
    return parser


def _with_host(run: Callable[[Host, argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    host = open_host(Settings.from_environment())
    try:
        return run(host, arguments)
    finally:
        host.close()


def _planner(host: Host, arguments: argparse.Namespace) -> Planner:
    renaming = Renaming()
    if arguments.mapping:
        try:
            renaming = read_renaming(arguments.mapping.read_bytes(), str(arguments.mapping))
        except OSError:
            raise Invalid("mapping.file", f"对照表“{arguments.mapping}”无法读取") from None
    with host.database.reading() as session:
        return planner(host, session, arguments.package, arguments.before, arguments.after, renaming)


def _plan(host: Host, arguments: argparse.Namespace) -> int:
    found = _planner(host, arguments)
    plans = [plan for plan in plan_all(host, found) if not arguments.case or plan.number in arguments.case]
    print(f"{found.before.title}：{found.before.version}（{found.before.digest[:12]}）→ {found.after.version}（{found.after.digest[:12]}）")
    for line in _table(plans):
        print(line)
    if arguments.json:
        arguments.json.write_text(json.dumps([plan.as_data() for plan in plans], ensure_ascii=False, indent=1), encoding="utf-8")
    if arguments.csv:
        with arguments.csv.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(_rows(plans))
    return 0


def _table(plans: Sequence[CasePlan]) -> Iterator[str]:
    """One group per verdict: how many cases, some of their numbers, why and what to do; then what else is touched."""
    movable = [plan for plan in plans if plan.verdict.can_move]
    yield f"在办案件 {len(plans)} 件：可以迁移 {len(movable)} 件，不能迁移 {len(plans) - len(movable)} 件"
    groups: dict[Any, list[str]] = {}
    for plan in plans:
        for one in plan.verdict.hindrances:
            groups.setdefault(one, []).append(plan.number)
    for one, numbers in sorted(groups.items(), key=lambda group: -len(group[1])):
        yield f"\n不能迁移 {len(numbers)} 件（{one.code}，{one.where}）"
        yield f"  理由：{one.message}{f'（{one.article}）' if one.article else ''}"
        yield f"  办法：{one.remedy}"
        yield f"  案件：{_some(numbers)}"
    steps = Counter(pair for plan in movable for pair in plan.verdict.moved)
    if steps:
        yield "\n可以迁移的案件所处的位置"
        for (old, new), count in steps.most_common():
            yield f"  {count:>6} 处  {old}{'' if old == new else f' → {new}'}"
    notes: dict[str, list[str]] = {}
    for plan in movable:
        for note in plan.verdict.notes:
            notes.setdefault(note, []).append(plan.number)
    if notes:
        yield "\n迁移的影响"
        for note, numbers in sorted(notes.items(), key=lambda each: -len(each[1])):
            yield f"  {len(numbers):>6} 件  {note}（{_some(numbers)}）"


def _some(numbers: Sequence[str]) -> str:
    more = f" 等 {len(numbers)} 件" if len(numbers) > SAMPLES else ""
    return "、".join(numbers[:SAMPLES]) + more


def _rows(plans: Iterable[CasePlan]) -> Iterator[list[str]]:
    yield ["案件编号", "程序", "能否迁移", "所处位置", "理由", "办法", "影响"]
    for plan in plans:
        found = plan.verdict
        yield [_plain(cell) for cell in (
            plan.number, plan.procedure, "能" if found.can_move else "不能", "；".join(f"{old} → {new}" for old, new in found.moved),
            "；".join(one.message for one in found.hindrances), "；".join(one.remedy for one in found.hindrances), "；".join(found.notes),
        )]


def _plain(text: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def _apply(host: Host, arguments: argparse.Namespace) -> int:
    found = _planner(host, arguments)
    with host.database.reading() as session:
        cases = _chosen(session, running_under(session, found.before.digest), arguments.case)
    with _stopping(arguments.stop_file) as stop:
        return _report(apply_all(host, found, cases, arguments.by, arguments.reason, stop), len(cases))


def _revert(host: Host, arguments: argparse.Namespace) -> int:
    with host.database.reading() as session:
        before, after = (releases.find(session, arguments.package, each).digest for each in (arguments.before, arguments.after))
        cases = _chosen(session, moved_between(session, before, after), arguments.case)
    with _stopping(arguments.stop_file) as stop:
        return _report(revert_all(host, cases, after, arguments.by, arguments.reason, stop), len(cases))


def _chosen(session: Any, cases: list[int], numbers: Sequence[str]) -> list[int]:
    if not numbers:
        return cases
    found = {number: find_by_number(session, number) for number in numbers}
    unknown = [number for number, case in found.items() if case is None or case.id not in cases]
    if unknown:
        raise Invalid("case.unknown", f"案件“{unknown[0]}”不在这个版本下办理，或者没有这个案件")
    return [case.id for case in found.values() if case is not None]


def _report(results: Iterator[Result], total: int) -> int:
    """Print the progress and what did not go; 0 when every case was done, 1 when some were refused, 3 when it was stopped."""
    counted: Counter[str] = Counter()
    for result in results:
        counted[result.outcome] += 1
        if result.outcome not in (MOVED, REVERTED):
            reason = "" if result.outcome == OVERTAKEN else f"：{result.message}"
            print(f"  {result.number}  {WORDS[result.outcome]}{reason}")
        if (done := counted.total()) % EVERY == 0:
            print(f"  {done}/{total}", flush=True)
    told = "，".join(f"{WORDS[outcome].partition('，')[0]} {count} 件" for outcome, count in counted.items())
    left = total - counted.total()
    print(f"共 {total} 件{f'：{told}' if told else ''}{f'；已停下，还有 {left} 件没有处理，再次运行即可接着处理' if left else ''}")
    return 3 if left else 0 if counted[MOVED] + counted[REVERTED] == total else 1


@contextmanager
def _stopping(file: Path | None) -> Iterator[Callable[[], bool]]:
    """Ctrl-C or the stop file ends the batch between two cases, never within one."""
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    try:
        yield lambda: bool(asked) or (file is not None and file.exists())
    finally:
        signal.signal(signal.SIGINT, before)
