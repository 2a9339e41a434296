"""Start a department's package: a folder on a shelf that runs as its parent does until something is put into it."""

from __future__ import annotations

from pathlib import Path

import tomlkit

from engine.errors import Conflict, PackageFault
from engine.files import digest_of as file_digest
from engine.workflow.releases import digest_of
from processes.overlay import resolve

CHANGELOG = """# 变更说明

## {version}

- 在“{parent}”的基础上建立。
"""


def package_digest(contents: dict[str, bytes]) -> str:
    """The digest that a package's resolved files have when they are published."""
    return digest_of({path: file_digest(data) for path, data in contents.items()})


def start_package(name: str, title: str, parent: str, shelf: Path, shelves: tuple[Path, ...]) -> Path:
    """Make the folder with its manifest and change log; the name must be new on the shelf (Conflict)."""
    if not name.isidentifier() or not name.isascii():
        raise PackageFault("package.name", f"流程包名称“{name}”只能由英文字母、数字和下划线组成")
    folder = shelf / name
    if folder.exists():
        raise Conflict("package.exists", f"书架上已有“{name}”，请换一个名称")
    based_on = package_digest(resolve(parent, shelves))
    folder.mkdir(parents=True)
    (folder / "package.toml").write_text(
        tomlkit.dumps({"name": name, "title": title, "version": "0.1.0", "extends": parent, "based_on": based_on}), encoding="utf-8"
    )
    (folder / "CHANGELOG.md").write_text(CHANGELOG.format(version="0.1.0", parent=parent), encoding="utf-8")
    return folder
