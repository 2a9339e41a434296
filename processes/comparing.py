"""Two versions of a package side by side: what was added, removed and changed, told in the words of the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath

from processes.formats import has_tree, read_tree
from processes.paragraphs import paragraph_texts
from processes.sequences import changed_stretches
from processes.trees import differences

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
WORDS = {ADDED: "新增", REMOVED: "删除", CHANGED: "改为"}
LAYOUT = ("BPMNDiagram", "DMNDI")
LONGEST = 120


@dataclass(frozen=True)
class Change:
    """One change of a file: path, kind (added, removed, changed), where in the file, and the texts before and after.

    layout: whether it only moves a drawing and changes nothing that runs.
    """

    path: str
    kind: str
    where: str
    before: str
    after: str
    layout: bool = False

    def sentence(self) -> str:
        """The change in one Chinese line."""
        place = f"{self.path}：{self.where}" if self.where else self.path
        if self.kind == CHANGED:
            return f"{place} 由“{_short(self.before)}”改为“{_short(self.after)}”"
        text = self.after if self.kind == ADDED else self.before
        return f"{place} {WORDS[self.kind]}{f'：{_short(text)}' if text else ''}"

    def as_data(self) -> dict[str, object]:
        """The change for programs."""
        return asdict(self)


def compare(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[Change]:
    """All changes between two packages' files, in the order of their paths."""
    changes: list[Change] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old is None or new is None:
            changes.append(Change(path, ADDED if old is None else REMOVED, "", "", ""))
        elif old != new:
            changes += compare_file(path, old, new)
    return changes


def compare_file(path: str, before: bytes, after: bytes) -> list[Change]:
    """The changes of one file; when nothing that means anything changed, there are none."""
    if has_tree(path):
        return [
            Change(
                path, ADDED if one.before is None else REMOVED if one.after is None else CHANGED,
                location(one.where, one.labels, one.what), one.before or "", one.after or "", layout=is_layout(one.where),
            )
            for one in differences(read_tree(path, before), read_tree(path, after))
        ]
    return list(_stretches(path, before, after))


def location(where: tuple[str, ...], labels: tuple[str, ...], what: str) -> str:
    """Where in a file something stands, for people: the last two names along the way, the last key, the value's name."""
    names = "›".join(labels[-2:])
    key = where[-1].split(" ", 1)[-1] if where else ""
    place = f"“{names}”（{key}）" if names and key and key != labels[-1] else f"“{names}”" if names else ""
    return f"{place}的 {what}" if what and place else what or place


def is_layout(where: tuple[str, ...]) -> bool:
    """Whether a place belongs to the drawing alone."""
    return any(key.startswith(LAYOUT) for key in where)


def _stretches(path: str, before: bytes, after: bytes) -> Iterator[Change]:
    docx = PurePosixPath(path).suffix == ".docx"
    old, new = (paragraph_texts(data, path) if docx else data.decode("utf-8").splitlines() for data in (before, after))
    changed = False
    for was, now in changed_stretches(old, new):
        changed = True
        kind = ADDED if not was else REMOVED if not now else CHANGED
        yield Change(path, kind, "段落" if docx else "文字", "\n".join(was), "\n".join(now))
    if docx and not changed:
        yield Change(path, CHANGED, "版式", "原版式", "新版式")


def _short(text: str) -> str:
    line = " / ".join(part for part in text.splitlines() if part.strip())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
