"""Modules say what they are for and stay small enough to be read in one sitting."""

from __future__ import annotations

import ast

import pytest

from tests.house.tree import PACKAGES, ROOT, files, modules

LONGEST = 300
MIGRATIONS = "engine/migrations/versions/"


def test_every_module_opens_with_what_it_is_for() -> None:
    silent = []
    for path, tree in modules():
        if path.parts[0] == "tests" and path.name == "__init__.py":
            continue
        words = ast.get_docstring(tree)
        if not words or not words.splitlines()[0].rstrip().endswith((".", ",", ":", ";", "。")):
            silent.append(path.as_posix())
    assert silent == []


def test_no_module_is_longer_than_three_hundred_lines() -> None:
    long = {
        path.as_posix(): lines
        for path, _ in modules()
        if not path.as_posix().startswith(MIGRATIONS)
        and (lines := len((ROOT / path).read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert long == {}


@pytest.mark.parametrize("package", [*PACKAGES, "tests"])
def test_every_folder_with_modules_is_a_package(package: str) -> None:
    folders = {path.parent for path in files() if path.suffix == ".py" and path.parts[0] == package}
    assert sorted(folder.as_posix() for folder in folders if not (ROOT / folder / "__init__.py").exists()) == []


def test_package_files_hold_no_logic() -> None:
    """An __init__.py holds its sentence and, at most, imports and __all__."""
    allowed = (ast.Import, ast.ImportFrom, ast.Expr, ast.Assign)
    busy = [
        path.as_posix()
        for path, tree in modules(*PACKAGES)
        if path.name == "__init__.py" and not all(isinstance(node, allowed) for node in tree.body)
    ]
    assert busy == []
