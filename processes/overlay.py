"""Lay a package over its parent: a file replaces the parent's file of the same path; nothing else merges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.errors import PackageFault
from processes.manifest import find_package, read_contents, read_manifest

MAXIMUM_DEPTH = 4


def resolve(name: str, shelves: Sequence[Path] = ()) -> dict[str, bytes]:
    """All files of a package with those that it inherits, by path."""
    chain: list[dict[str, bytes]] = []
    seen: list[str] = []
    while name:
        if name in seen or len(seen) == MAXIMUM_DEPTH:
            raise PackageFault("package.extends", f"流程包的继承关系成环或者过深：{' → '.join([*seen, name])}")
        contents = read_contents(find_package(name, shelves))
        chain.append(contents)
        seen.append(name)
        name = read_manifest(contents, f"{name}/package.toml").extends
    merged: dict[str, bytes] = {}
    for contents in reversed(chain):
        merged.update(contents)
    return merged
