"""Writes docs/coverage.md: which rule, invariant or time limit is proved by which tests, and which are still open.

Run by `make coverage`; with --check it only says whether the file is true.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import difflib
import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "coverage.md"
REQUIREMENTS = Path(__file__).with_name("requirements.csv")
FAMILIES = {"R": "平台规则", "INV": "法定不变量", "TL": "时限"}
HEAD = """# 规则与测试对照表

本表由 `make coverage` 根据测试上的 `@pytest.mark.rule("编号")` 标记生成，请勿手工修改；有测试核对它与标记一致。
一条标记只写在能够证明该规则结果的测试上。规则原文见编号所指的规章条款。
"""


@dataclass(frozen=True)
class Requirement:
    """One thing that the platform must prove: its id, the article it stems from, and what it asks."""

    id: str
    source: str
    text: str

    @property
    def family(self) -> str:
        """平台规则, 法定不变量 or 时限, told from the id's first part."""
        return FAMILIES[self.id.replace("_", "-").split("-", 1)[0]]


@dataclass
class Markers:
    """A pytest plugin that keeps, for every id on a rule marker, the tests that carry it."""

    tests: dict[str, set[str]] = field(default_factory=dict)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Called by pytest when every test is known."""
        for item in session.items:
            name = item.nodeid.split("[", 1)[0]
            for marker in item.iter_markers("rule"):
                for identifier in marker.args:
                    self.tests.setdefault(str(identifier), set()).add(name)


def requirements() -> list[Requirement]:
    """Every rule, invariant and time limit, in the order of the table."""
    with REQUIREMENTS.open(encoding="utf-8", newline="") as lines:
        return [Requirement(**row) for row in csv.DictReader(lines)]


def collect() -> dict[str, set[str]]:
    """The rule markers of the whole test tree: id → tests. Raises RuntimeError when a test module cannot be read."""
    markers, printed = Markers(), io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", str(ROOT / "tests")], plugins=[markers])
    if status != pytest.ExitCode.OK:
        raise RuntimeError(printed.getvalue())
    return markers.tests


def report(known: Sequence[Requirement], tests: Mapping[str, set[str]]) -> str:
    """The text of docs/coverage.md. Raises ValueError when a marker names an id that nobody knows."""
    if strange := sorted(tests.keys() - {each.id for each in known}):
        raise ValueError(f"rule markers with unknown ids: {', '.join(strange)}")
    parts = [HEAD, "| 类别 | 总数 | 已有测试证明 | 尚待证明 |\n|---|---|---|---|"]
    for family in FAMILIES.values():
        ours = [each for each in known if each.family == family]
        proved = sum(each.id in tests for each in ours)
        parts.append(f"| {family} | {len(ours)} | {proved} | {len(ours) - proved} |")
    parts.append("\n## 已有测试证明\n\n| 编号 | 依据 | 内容 | 测试 |\n|---|---|---|---|")
    for each in known:
        if each.id in tests:
            names = "<br>".join(f"`{name.removeprefix('tests/')}`" for name in sorted(tests[each.id]))
            parts.append(f"| {each.id} | {_cell(each.source)} | {_cell(each.text)} | {names} |")
    for family in FAMILIES.values():
        parts.append(f"\n## 尚待证明：{family}\n\n| 编号 | 依据 | 内容 |\n|---|---|---|")
        parts += [
            f"| {each.id} | {_cell(each.source)} | {_cell(each.text)} |"
            for each in known
            if each.family == family and each.id not in tests
        ]
    return "\n".join(parts) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or with --check compare it; the exit status is 1 when it is not true."""
    parser = argparse.ArgumentParser(prog="python -m tests.house.coverage")
    parser.add_argument("--check", action="store_true")
    checking = parser.parse_args(arguments).check
    wanted = report(requirements(), collect())
    if not checking:
        TARGET.write_text(wanted, encoding="utf-8")
        return 0
    found = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    difference = difflib.unified_diff(found.splitlines(), wanted.splitlines(), "docs/coverage.md", "markers", n=0, lineterm="")
    sys.stdout.write("\n".join(difference))
    return int(found != wanted)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
