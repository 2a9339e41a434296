"""docs/coverage.md tells the truth about the rule markers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.house import coverage
from tests.house.coverage import Requirement


def test_coverage_document_agrees_with_the_markers() -> None:
    command = [sys.executable, "-m", "tests.house.coverage", "--check"]
    answer = subprocess.run(command, cwd=coverage.ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert answer.returncode == 0, f"run `make coverage`\n{answer.stdout[-4000:]}\n{answer.stderr[-4000:]}"


def test_every_requirement_has_an_id_of_its_own_and_a_known_family() -> None:
    known = coverage.requirements()
    assert len({each.id for each in known}) == len(known) > 500
    assert {each.family for each in known} == set(coverage.FAMILIES.values())


def test_a_marker_with_an_unknown_id_is_refused() -> None:
    with pytest.raises(ValueError, match="R-NOBODY"):
        coverage.report([Requirement("R-GD-3", "粤 第3条", "text")], {"R-NOBODY": {"tests/test_x.py::test_y"}})


def test_a_proved_requirement_names_its_tests_and_an_open_one_stands_below() -> None:
    known = [Requirement("R-GD-3", "粤 第3条", "a | b"), Requirement("TL_PAY", "行政处罚法 第六十七条", "缴款")]
    text = coverage.report(known, {"TL_PAY": {"tests/law/test_deadlines.py::test_pay"}})
    proved, unproved = text.split("## 尚待证明：平台规则")
    assert "| TL_PAY | 行政处罚法 第六十七条 | 缴款 | `law/test_deadlines.py::test_pay` |" in proved
    assert "a \\| b" in unproved
    assert "TL_PAY" not in unproved
