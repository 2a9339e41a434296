"""The files of the project as the house tests see them: what git would take, nothing that was built or downloaded."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "forms", "documents", "processes", "web")


@cache
def files() -> tuple[Path, ...]:
    """Every file under version control or about to be, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return tuple(sorted(path for name in listed.split("\0") if name and (ROOT / (path := Path(name))).is_file()))


def texts() -> Iterator[tuple[Path, str]]:
    """Every file that is text, with its text."""
    for path in files():
        try:
            yield path, (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def modules(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    """Every Python module below the folders (all of the project without folders), parsed."""
    for path in files():
        if path.suffix == ".py" and (not folders or path.as_posix().startswith(tuple(f"{each}/" for each in folders))):
            yield path, ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))
