"""Writes docs/law-coverage.md: for every time limit that is asked for, where it stands and which due dates prove it.

Run by `make coverage`; with --check it only says whether the file is true.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections import Counter
from collections.abc import Sequence

from engine.law.explaining import UNITS
from engine.law.time_limits import FIXED_DATE, TimeLimit, files_of_limits, load_limits, load_suspensions
from tests.house.coverage import ROOT, Requirement, requirements
from tests.law.due_rows import rows

TARGET = ROOT / "docs" / "law-coverage.md"
FOLDER = "engine/law/time_limits"
NOT_IMPLEMENTED: dict[str, str] = {}  # id → why not, in Chinese; an id stands here or in the tables, never in both
PARTLY = {
    "TL_PEN_CLUE_VERIFY": "只在市场监管领域适用；没有自己规定的领域不套用（行政处罚法 第五十四条只要求及时立案）",
    "TL_PATROL_DEPT_AB": "算出当日结束和黄灯时刻；当日巡查了几次由监督模块清点",
    "TL_INSP_RECHECK": "改正期限以责令改正通知书为准，平台只建议期满后的复查期限",
    "TL_DEMAND_SELF_PROPOSED": "履行期限以催告书为准，这里是建议值",
    "TL_POLICE_REVIEW": "超过三日提醒；超过十日亮红灯由监督模块判断",
}
DIRECTIONS = {
    "within": "内完成", "at_least_before": "以前完成", "not_less_than": "期满方可", "not_more_than": "最长", "party_right": "当事人可以",
}
CONFIDENCE = {"verified": "已核对原文", "summary": "据官方摘要", "memory": "尚未核对", "proposed": "平台建议"}
HEAD = """# 期限与实现对照表

本表由 `make coverage` 生成，请勿手工修改；有测试核对它与期限表、到期日表一致。怎样计算见 [期限怎样计算](time-limits.md)。
“到期日”一栏是 `tests/law/due_dates/` 中以该期限为题的行数，每行写明条文和应得的日期，并由逐日推算复核。
标为“平台建议”和“尚未核对”的数值，启用前应当由本机关法制机构确认。
"""


def report(asked: Sequence[Requirement]) -> str:
    """The text of docs/law-coverage.md. Raises ValueError when a limit is neither implemented nor excused, or both."""
    limits, tried = load_limits(), Counter(row.limit for row in rows())
    missing = [each.id for each in asked if (each.id in limits) == (each.id in NOT_IMPLEMENTED)]
    if missing:
        raise ValueError(f"neither implemented nor excused, or both: {', '.join(missing)}")
    done = [each for each in asked if each.id in limits]
    parts = [HEAD, f"要求{len(asked)}个期限，已实现{len(done)}个，未实现{len(NOT_IMPLEMENTED)}个；到期日共{sum(tried.values())}行。\n"]
    parts.append("| 编号 | 期限 | 依据 | 范围 | 可信度 | 所在文件 | 到期日 |\n|---|---|---|---|---|---|---|")
    parts += [_row(limits[each.id], tried[each.id]) for each in done]
    parts.append("\n## 只实现一部分的\n")
    parts += [f"- {identifier}：{why}。" for identifier, why in PARTLY.items()]
    parts.append("\n## 未实现的\n")
    parts += [f"- {identifier}：{why}。" for identifier, why in NOT_IMPLEMENTED.items()] or ["没有。"]
    parts.append("\n## 存疑的规定\n\n默认按期限表所写，流程包可以用设置采用另一种理解：\n")
    parts.append("| 期限 | 设置 | 存疑之处 |\n|---|---|---|")
    for limit in limits.values():
        parts += [f"| {limit.id} | `{each.setting} = {_value(each.value)}` | {each.why} |" for each in limit.readings]
    parts.append("\n## 不计入期限的期间\n\n| 代码 | 名称 | 依据 | 扣除它的期限 |\n|---|---|---|---|")
    for code, kind in load_suspensions().items():
        using = [limit.id for limit in limits.values() if code in limit.suspensions]
        using += [f"{limit.id}（按设置）" for limit in limits.values() for each in limit.readings
                  if code in each.changes.get("suspensions", ()) and code not in limit.suspensions]
        parts.append(f"| {code} | {kind.name} | {kind.basis} | {'、'.join(using) or '只用于加处罚款'} |")
    return "\n".join(parts) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or with --check compare it; the exit status is 1 when it is not true."""
    parser = argparse.ArgumentParser(prog="python -m tests.house.law_coverage")
    parser.add_argument("--check", action="store_true")
    checking = parser.parse_args(arguments).check
    wanted = report(asked())
    if not checking:
        TARGET.write_text(wanted, encoding="utf-8")
        return 0
    found = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    difference = difflib.unified_diff(found.splitlines(), wanted.splitlines(), "docs/law-coverage.md", "tables", n=0, lineterm="")
    sys.stdout.write("\n".join(difference))
    return int(found != wanted)


def asked() -> list[Requirement]:
    """The time limits among the requirements."""
    return [each for each in requirements() if each.family == "时限"]


def _row(limit: TimeLimit, tried: int) -> str:
    length = f"固定日期 {limit.fixed_on}" if limit.unit == FIXED_DATE else f"{limit.amount}{UNITS[limit.unit]}"
    said = f"{limit.name}：{length}{DIRECTIONS[limit.direction]}"
    file = f"`{FOLDER}/{files_of_limits()[limit.id]}`"
    return f"| {limit.id} | {said} | {limit.basis} | {limit.scope} | {CONFIDENCE[limit.confidence]} | {file} | {tried} |"


def _value(value: bool | str) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


if __name__ == "__main__":
    sys.exit(main())
