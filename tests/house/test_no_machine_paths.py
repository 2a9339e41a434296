"""Nothing in the tree depends on one machine, one network or one mirror."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tree import texts

MACHINE_PATH = re.compile(r"(?<![\w./<{~-])/(?:root|work|Users|home/[a-z])/?(?=[\w.-])")
REGISTRY = re.compile(
    r"pypi\.(?:org|tuna)|pythonhosted\.org|registry\.npm|npmmirror|npmjs\.(?:org|com)/|deb\.debian\.org|archive\.ubuntu\.com"
    r"|mirrors?\.(?:aliyun|tuna|ustc|cloud|huawei|163)|cdn\.jsdelivr|unpkg\.com|cdnjs\.|fonts\.googleapis|index-url",
    re.IGNORECASE,
)
LOCKED_ADDRESS = re.compile(r'"resolved"\s*:\s*"http')
DIRECT_REFERENCE = re.compile(r"^\s*[A-Za-z0-9._-]+(?:\[[^]]*\])?\s*@\s*\S+", re.MULTILINE)
OURSELVES = Path("tests/house/test_no_machine_paths.py")


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.as_posix()}:{number}: {line.strip()[:120]}"
        for path, text in texts()
        if path != OURSELVES
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY, LOCKED_ADDRESS], ids=["machine path", "registry", "lock file"])
def test_nothing_names_a_machine_or_a_mirror(pattern: re.Pattern[str]) -> None:
    assert _lines_with(pattern) == []


def test_constraints_are_names_and_versions_only() -> None:
    text = dict(texts())[Path("constraints.txt")]
    assert DIRECT_REFERENCE.search(text) is None
    assert [line for line in text.splitlines() if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("open('/home/zhang/zhifa/x')", True),
        ("see /root/.config", True),
        ("/usr/bin/python3", False),
        ("web/home/page.html", False),
        ("https://example.test/home/index", False),
    ],
)
def test_the_machine_path_pattern_itself(line: str, caught: bool) -> None:
    assert bool(MACHINE_PATH.search(line)) is caught
