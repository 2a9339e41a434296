"""Forms, document kinds, labels and manifests (TOML) as trees; comments and layout of an edited file stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError, TOMLKitError
from tomlkit.items import AoT

from engine.errors import Fault, PackageFault
from processes.trees import Edit, Path, Tree

KEYS = ("key", "name", "id", "code", "element")  # what tells one row of an array of tables from another
NAMES = ("label", "title", "name")


def read_toml_tree(data: bytes, where: str) -> Tree:
    """A TOML file as a tree: tables are parts by name, rows of an array of tables are parts by their key."""
    return _tree(_parse(data, where), where)


def edit_toml(data: bytes, where: str, edits: Sequence[Edit]) -> bytes:
    """The file with the edits carried out."""
    document = _parse(data, where)
    for edit in edits:
        _edit(document, edit)
    return tomlkit.dumps(document).encode()


def _parse(data: bytes, where: str) -> Any:
    try:
        return tomlkit.parse(data.decode("utf-8"))
    except (ParseError, TOMLKitError) as error:
        message = f"文件 {where} 不是有效的 TOML：{error}"
        raise PackageFault("toml.malformed", message, faults=(Fault(where, "toml.malformed", message),)) from error


def _tree(table: Mapping[str, Any], label: str, ordered: bool = False) -> Tree:
    values: dict[str, str] = {}
    parts: dict[str, Tree] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            parts[name] = _tree(value, name)
        elif _is_rows(value):
            rows = {_key(row, number): row for number, row in enumerate(value)}
            parts[name] = Tree(name, {}, {key: _tree(row, _label(row, key)) for key, row in rows.items()}, ordered=True, origin=value)
        else:
            values[name] = tomlkit.item(value).as_string() if not hasattr(value, "as_string") else value.as_string()
    return Tree(label, values, parts, ordered, table)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _key(row: Mapping[str, Any], number: int) -> str:
    return next((str(row[name]) for name in KEYS if name in row), f"第{number + 1}行")


def _label(row: Mapping[str, Any], key: str) -> str:
    return next((str(row[name]) for name in NAMES if name in row), key)


def _edit(document: Any, edit: Edit) -> None:
    if edit.order:
        _reorder(_find(document, edit.where), edit.order)
    elif edit.what:
        table = _find(document, edit.where)
        if edit.value is None:
            table.remove(edit.what)
        else:
            table[edit.what] = tomlkit.value(edit.value)
    elif edit.part is None:
        holder = _find(document, edit.where[:-1])
        if isinstance(holder, list):
            del holder[_place(holder, edit.where[-1])]
        else:
            holder.remove(edit.where[-1])
    else:
        _insert(document, edit.where, edit.part, edit.after)


def _insert(document: Any, where: Path, part: Tree, after: str) -> None:
    holder = _find(document, where[:-1])
    if isinstance(holder, list):
        place = _place(holder, after) + 1 if after and _has(holder, after) else 0 if not after else len(holder)
        holder.insert(place, _copied(part.origin))
    else:
        holder[where[-1]] = _copied(part.origin)


def _copied(origin: Any) -> Any:
    """A value of another document as one of our own, or its whitespace would come along in pieces."""
    text = tomlkit.dumps({"part": origin.unwrap() if hasattr(origin, "unwrap") else origin})
    return tomlkit.parse(text)["part"]


def _find(document: Any, where: Path) -> Any:
    found = document
    for key in where:
        found = found[_place(found, key)] if isinstance(found, list) else found[key]
    return found


def _has(rows: Sequence[Mapping[str, Any]], key: str) -> bool:
    return any(_key(row, number) == key for number, row in enumerate(rows))


def _place(rows: Sequence[Mapping[str, Any]], key: str) -> int:
    return next(number for number, row in enumerate(rows) if _key(row, number) == key)


def _reorder(rows: Any, order: Sequence[str]) -> None:
    """Put the rows named into this order, in the places that they hold together; the others stay where they are."""
    copies = [_copied(row) for row in rows]
    keys = [_key(row, number) for number, row in enumerate(copies)]
    wanted = iter(order)
    sorted_rows = [copies[keys.index(next(wanted))] if key in order else copies[place] for place, key in enumerate(keys)]
    if isinstance(rows, AoT):
        while len(rows):
            del rows[0]
        for row in sorted_rows:
            rows.append(row)
    else:
        rows[:] = sorted_rows
