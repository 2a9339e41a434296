"""What a package file says, as a tree of named parts: the shape in which two or three versions of it are compared.

A tree knows nothing of its format; `processes/formats.py` turns BPMN, DMN, forms and tables into trees and writes edits back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str, ...]


@dataclass(frozen=True)
class Tree:
    """A part: its values by name and its parts by key, in order; label is its name for people, origin the format's own node.

    ordered: whether the order of the parts means something (rules of a decision table, rows of a form).
    """

    label: str
    values: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, Tree] = field(default_factory=dict)
    ordered: bool = False
    origin: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Difference:
    """One thing that differs: where (keys from the root), what (a value's name, "" for a whole part), before and after.

    None before means added, None after means removed; labels are the names for people along the way.
    """

    where: Path
    what: str
    before: str | None
    after: str | None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edit:
    """What has to be done to the child's file to take over a change of its parent.

    what: name of a value, or "" for the whole part; value: its new text, None removes it; part: a part to insert;
    after: key of the part behind which it stands in the parent, "" for the first place; order: the parts' new order.
    """

    where: Path
    what: str = ""
    value: str | None = None
    part: Tree | None = None
    after: str = ""
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """Where parent and child both changed the same thing: before, and what each made of it (None: removed)."""

    where: Path
    what: str
    before: str | None
    parent: str | None
    child: str | None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Merge:
    """The outcome of comparing three versions: edits for the child's file, and what a person has to decide."""

    edits: tuple[Edit, ...]
    conflicts: tuple[Conflict, ...]


def differences(before: Tree, after: Tree, where: Path = (), labels: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Everything in which two trees differ, in the order of the files; an empty iterator means that they say the same."""
    for name in _union(before.values, after.values):
        if before.values.get(name) != after.values.get(name):
            yield Difference(where, name, before.values.get(name), after.values.get(name), labels)
    for key in _union(before.parts, after.parts):
        old, new = before.parts.get(key), after.parts.get(key)
        if old and new:
            yield from differences(old, new, (*where, key), (*labels, new.label))
        else:
            one = old or new
            assert one is not None  # noqa: S101 - the key comes from one of the two
            was, now = summary(old) if old else None, summary(new) if new else None
            yield Difference((*where, key), "", was, now, (*labels, one.label))
    if before.ordered and _common_order(before, after) != _common_order(after, before):
        yield Difference(where, "次序", "、".join(_common_order(before, after)), "、".join(_common_order(after, before)), labels)


def three_way(before: Tree, parent: Tree, child: Tree) -> Merge:
    """What the parent changed since `before`, as edits of the child; a thing that both changed differently is a conflict."""
    edits: list[Edit] = []
    conflicts: list[Conflict] = []
    _merge(before, parent, child, (), (), edits, conflicts)
    return Merge(tuple(edits), tuple(conflicts))


def summary(tree: Tree) -> str:
    """A part in one line, so that two can be compared and a person sees what it is."""
    own = "，".join(f"{name}={value}" for name, value in tree.values.items())
    inner = "；".join(summary(part) for part in tree.parts.values())
    return f"{tree.label}（{own}{'；' if own and inner else ''}{inner}）" if own or inner else tree.label


def _merge(
    before: Tree, parent: Tree, child: Tree, where: Path, labels: tuple[str, ...], edits: list[Edit], conflicts: list[Conflict]
) -> None:
    for name in _union(before.values, parent.values, child.values):
        old, theirs, ours = (tree.values.get(name) for tree in (before, parent, child))
        if theirs in (old, ours):
            continue
        if ours == old:
            edits.append(Edit(where, name, theirs))
        else:
            conflicts.append(Conflict(where, name, old, theirs, ours, labels))
    for key in _union(before.parts, parent.parts, child.parts):
        _merge_part(before, parent, child, key, where, labels, edits, conflicts)
    if parent.ordered and _common_order(before, parent) != _common_order(parent, before):
        _merge_order(before, parent, child, where, labels, edits, conflicts)


def _merge_part(
    before: Tree, parent: Tree, child: Tree, key: str, where: Path, labels: tuple[str, ...], edits: list[Edit],
    conflicts: list[Conflict],
) -> None:
    old, theirs, ours = before.parts.get(key), parent.parts.get(key), child.parts.get(key)
    place, known = (*where, key), next(tree.label for tree in (ours, theirs, old) if tree)
    names = (*labels, known)
    if theirs and ours:
        _merge(old or Tree(known), theirs, ours, place, names, edits, conflicts)
    elif theirs and not old:
        edits.append(Edit(place, part=theirs, after=_neighbour(parent, key)))
    elif ours and old and not theirs:
        if ours == old:
            edits.append(Edit(place))
        else:
            conflicts.append(Conflict(place, "", summary(old), None, summary(ours), names))
    elif theirs and old and not ours and theirs != old:
        conflicts.append(Conflict(place, "", summary(old), summary(theirs), None, names))


def _merge_order(
    before: Tree, parent: Tree, child: Tree, where: Path, labels: tuple[str, ...], edits: list[Edit], conflicts: list[Conflict]
) -> None:
    shared = [key for key in parent.parts if key in before.parts and key in child.parts]
    ours = [key for key in child.parts if key in shared]
    if ours == shared:
        return
    if ours == [key for key in before.parts if key in shared]:
        edits.append(Edit(where, order=tuple(shared)))
    else:
        was = "、".join(key for key in before.parts if key in shared)
        conflicts.append(Conflict(where, "次序", was, "、".join(shared), "、".join(ours), labels))


def _neighbour(tree: Tree, key: str) -> str:
    keys = list(tree.parts)
    place = keys.index(key)
    return keys[place - 1] if place else ""


def _common_order(tree: Tree, other: Tree) -> list[str]:
    return [key for key in tree.parts if key in other.parts]


def _union(*names: Mapping[str, object]) -> Sequence[str]:
    return list(dict.fromkeys(name for mapping in names for name in mapping))
