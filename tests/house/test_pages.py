"""Templates and static files keep to the content security policy: nothing inline, nothing from outside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, texts

INLINE = re.compile(r"""<[^>{%]*\s(?:style|on[a-z]+)\s*=|<style\b|javascript:""", re.IGNORECASE)
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE)
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
OUTSIDE = re.compile(r"""(?:src|href|action|url\()\s*=?\s*["']?(?:https?:)?//""", re.IGNORECASE)
SMALLEST = 1.0
DECORATION = "content:"  # a sign drawn by the style sheet is not text


def _templates() -> list[tuple[Path, str]]:
    found = [(path, COMMENT.sub("", text)) for path, text in texts() if path.suffix == ".html" and path.parts[0] == "web"]
    assert found
    return found


@pytest.mark.parametrize("pattern", [INLINE, INLINE_SCRIPT, OUTSIDE], ids=["inline style", "inline script", "outside"])
def test_templates_keep_the_policy(pattern: re.Pattern[str]) -> None:
    assert [(path.as_posix(), hit[0]) for path, text in _templates() if (hit := pattern.search(text))] == []


def test_every_form_that_posts_carries_the_token() -> None:
    forms = [
        (path.as_posix(), form)
        for path, text in _templates()
        for form in re.findall(r"<form\b[^>]*method=\"?post.*?</form>", text, re.IGNORECASE | re.DOTALL)
    ]
    assert forms
    assert [(path, form[:80]) for path, form in forms if "csrf_token" not in form] == []


def test_style_sheets_ask_for_nothing_outside_and_for_no_small_text() -> None:
    sheets = [path for path in files() if path.suffix == ".css"]
    assert sheets
    for path in sheets:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert OUTSIDE.search(text) is None
        assert "@import" not in text
        for rule in re.findall(r"\{([^{}]*)\}", text):
            for size in re.findall(r"font-size:\s*([0-9.]+)rem", rule):
                assert float(size) >= SMALLEST or DECORATION in rule, f"{path}: {rule.strip()}"
