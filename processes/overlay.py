"""Lay a package over its parent: a file replaces the parent's file of the same path; tables, labels and the manifest add rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import tomlkit

from engine.errors import PackageFault
from processes.formats_table import merge_rows
from processes.manifest import find_package, read_contents, read_manifest, read_toml

MAXIMUM_DEPTH = 8
MANIFEST, LABELS = "package.toml", "labels.toml"
IDENTITY = frozenset({"name", "title", "version", "extends", "based_on"})
# Of the package itself, not of what is laid over it.
OWN = frozenset({"CHANGELOG.md"})


def resolve(name: str, shelves: Sequence[Path] = ()) -> dict[str, bytes]:
    """All files of a package with those that it inherits, by path, as they run."""
    merged: dict[str, bytes] = {}
    for _, contents in reversed(lineage(name, shelves)):
        merged = lay_over(merged, contents)
    return merged


def lineage(name: str, shelves: Sequence[Path] = ()) -> list[tuple[str, dict[str, bytes]]]:
    """A package's own files, then its parent's, up to the root; PackageFault for a cycle or a chain that is too long."""
    chain: list[tuple[str, dict[str, bytes]]] = []
    while name:
        seen = [known for known, _ in chain]
        if name in seen or len(seen) == MAXIMUM_DEPTH:
            raise PackageFault("package.extends", f"流程包的继承关系成环或者过深：{' → '.join([*seen, name])}")
        contents = read_contents(find_package(name, shelves))
        chain.append((name, contents))
        name = read_manifest(contents, f"{name}/package.toml").extends
    return chain


def adds_rows(path: str) -> bool:
    """Whether a file's rows are laid over the parent's, instead of the whole file over the whole."""
    return path in (MANIFEST, LABELS) or PurePosixPath(path).suffix == ".csv"


def lay_over(parent: Mapping[str, bytes], child: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a parent with those of a child over them."""
    merged = {path: data for path, data in parent.items() if path not in OWN}
    for path, data in child.items():
        if adds_rows(path) and path in merged:
            merge = merge_rows if path.endswith(".csv") else _add_rows
            merged[path] = merge(merged[path], data, path)
        else:
            merged[path] = data
    return merged


def _add_rows(parent: bytes, child: bytes, where: str) -> bytes:
    """Two TOML files of tables: rows of a new key are added, those of a known key replace the parent's."""
    merged, own = read_toml(parent, where), read_toml(child, where)
    if where == MANIFEST:
        merged = {key: value for key, value in merged.items() if key not in IDENTITY}
    _add(merged, own)
    ordered = {key: merged[key] for key in sorted(merged, key=lambda key: isinstance(merged[key], dict))}
    return tomlkit.dumps(ordered).encode()


def _add(rows: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(rows.get(key), dict):
            _add(rows[key], value)
        else:
            rows[key] = value
