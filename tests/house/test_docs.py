"""What the documents promise exists: paths, commands, settings, links, versions."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from engine.settings import Settings
from tests.house.tree import ROOT, files, texts

DOCUMENTS = sorted(path for path in files() if path.suffix == ".md" and path.parts[0] in {"README.md", "CHANGELOG.md", "docs"})
PATH = re.compile(r"`([A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.*{}<>-]+)+/?)`")


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["README.md", "docs/tour.md", "docs/packages.md"])
def test_every_path_named_exists(name: str) -> None:
    named = {path for path in PATH.findall(_read(name)) if not set("<>{}*") & set(path) and not path.startswith("var/")}
    assert named
    built = ("web/static/dist", ".venv")
    assert [path for path in sorted(named) if not path.startswith(built) and not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "docs/operations.md"])
def test_every_make_target_named_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", _read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]+)", _read(name), re.MULTILINE))
    assert named
    assert sorted(named - targets) == []


def test_every_command_named_exists() -> None:
    commands = "\n".join(text for path, text in texts() if path.as_posix().startswith("web/commands/"))
    named = {word for path in DOCUMENTS for word in re.findall(r"zhifa ([a-z][a-z-]+)", _read(path.as_posix()))}
    assert sorted(word for word in named if f'"{word}"' not in commands) == []


def test_every_setting_is_documented() -> None:
    text = _read("docs/operations.md")
    assert [field.name for field in fields(Settings) if f"`ZHIFA_{field.name.upper()}`" not in text] == []


def test_no_setting_is_documented_that_does_not_exist() -> None:
    known = {f"ZHIFA_{field.name.upper()}" for field in fields(Settings)} | {"ZHIFA_PROVE", "ZHIFA_FONTS_DEB", "ZHIFA_DMN_KIT"}
    assert set(re.findall(r"ZHIFA_[A-Z_]+", _read("docs/operations.md"))) <= known


def test_changelog_tells_of_this_version() -> None:
    assert tomllib.loads(_read("pyproject.toml"))["project"]["version"] in _read("CHANGELOG.md")


def test_decisions_are_numbered_without_gaps_and_say_what_they_cost() -> None:
    decisions = [path for path in files() if path.as_posix().startswith("docs/decisions/")]
    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    for path in decisions:
        text = _read(path.as_posix())
        assert text.startswith("# ")
        assert all(f"## {heading}" in text for heading in ("Context", "Decision", "What it costs")), path


@pytest.mark.parametrize("path", DOCUMENTS, ids=Path.as_posix)
def test_links_between_documents_resolve(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", _read(path.as_posix()))
    inside = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in inside if not (ROOT / path.parent / link).exists()] == []
