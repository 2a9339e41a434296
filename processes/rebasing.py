"""What the parent changed, brought into a child package: per file three ways, taking over what does not conflict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from processes.comparing import compare_file, is_layout, location
from processes.formats import TEXTS, edit_file, has_tree, read_tree
from processes.overlay import MANIFEST, OWN, adds_rows, lay_over
from processes.paragraphs import merge_templates
from processes.sequences import merge_sequences
from processes.trees import Conflict, three_way

INHERITED, UNTOUCHED, TAKEN_OVER, CONFLICT, SAME = "inherited", "untouched", "taken_over", "conflict", "same"
WORDS = {
    INHERITED: "沿用上级", UNTOUCHED: "上级未改", TAKEN_OVER: "已经采纳", CONFLICT: "需要决定", SAME: "改得相同",
}


@dataclass(frozen=True)
class FileReport:
    """How one file fares: its verdict, what was taken over, and what a person has to decide, as Chinese lines.

    contents: the child's new file; None removes it (the parent's is inherited again).
    """

    path: str
    verdict: str
    taken: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    contents: bytes | None = field(default=None, repr=False)


def rebase(before: Mapping[str, bytes], parent: Mapping[str, bytes], child: Mapping[str, bytes]) -> list[FileReport]:
    """One report a file that the parent changed or that the child has; nothing of the child's is ever dropped.

    before, parent: all files of the parent as the child knew it and as it is now; child: the child's own files.
    """
    reports = []
    for path in sorted({*before, *parent, *child} - OWN - {MANIFEST}):
        old, theirs, ours = before.get(path), parent.get(path), child.get(path)
        if ours is None:
            if old != theirs:
                reports.append(FileReport(path, INHERITED, _inherited(path, old, theirs)))
        elif theirs == old:
            reports.append(FileReport(path, UNTOUCHED, contents=ours))
        else:
            reports.append(_rebase_file(path, old, theirs, ours))
    if MANIFEST in child:
        reports.append(FileReport(MANIFEST, UNTOUCHED, contents=child[MANIFEST]))
    return reports


def rebased(reports: list[FileReport], child: Mapping[str, bytes]) -> dict[str, bytes]:
    """The child's own files after the rebase."""
    changed = {report.path: report.contents for report in reports if report.path in child}
    return {path: kept for path in child if (kept := changed.get(path, child[path])) is not None}


def _rebase_file(path: str, old: bytes | None, theirs: bytes | None, ours: bytes) -> FileReport:
    if theirs is not None and old is not None and adds_rows(path):
        return _rebase_rows(path, old, theirs, ours)
    if theirs == ours:
        return FileReport(path, SAME, ("上级的文件与本包的文件已经相同，删除本包的副本，改为沿用",))
    if theirs is None:
        if ours == old:
            return FileReport(path, TAKEN_OVER, ("上级删除了这个文件，本包没有改动过它，一并删除",))
        return FileReport(path, CONFLICT, (), ("上级删除了这个文件，本包改动过它：保留本包的，请决定去留",), ours)
    if old is None:
        return FileReport(path, CONFLICT, (), ("上级新增了同名文件，内容与本包的不同：保留本包的，请比对后决定",), ours)
    if ours == old:
        return FileReport(path, TAKEN_OVER, ("本包没有改动过这个文件，删除副本，改为沿用上级的新文件",))
    if has_tree(path):
        return _rebase_tree(path, old, theirs, ours)
    if PurePosixPath(path).suffix in TEXTS:
        return _rebase_text(path, old, theirs, ours)
    return _rebase_template(path, old, theirs, ours)


def _rebase_rows(path: str, old: bytes, theirs: bytes, ours: bytes) -> FileReport:
    """A file whose rows are laid over the parent's: rows that the child does not name are inherited, changed or not."""
    whole = lay_over({path: old}, {path: ours})[path]
    outcome = three_way(read_tree(path, old), read_tree(path, theirs), read_tree(path, whole))
    told = tuple(_told(clash) for clash in outcome.conflicts)
    return FileReport(path, CONFLICT if told else TAKEN_OVER, _inherited(path, old, theirs), told, ours)


def _rebase_tree(path: str, old: bytes, theirs: bytes, ours: bytes) -> FileReport:
    outcome = three_way(read_tree(path, old), read_tree(path, theirs), read_tree(path, ours))
    clashing = [clash for clash in outcome.conflicts if not is_layout(clash.where)]  # the child's own drawing stays
    contents = edit_file(path, ours, outcome.edits) if outcome.edits else ours
    taken = [change.sentence().removeprefix(f"{path}：") for change in compare_file(path, ours, contents) if not change.layout]
    return FileReport(
        path, CONFLICT if clashing else TAKEN_OVER, tuple(taken), tuple(_told(clash) for clash in clashing), contents
    )


def _rebase_text(path: str, old: bytes, theirs: bytes, ours: bytes) -> FileReport:
    lines, clashes = merge_sequences(*(data.decode("utf-8").splitlines() for data in (old, theirs, ours)))
    contents = ("\n".join(lines) + "\n").encode()
    taken = tuple(change.sentence().removeprefix(f"{path}：") for change in compare_file(path, ours, contents))
    told = tuple(_both("一段文字", "\n".join(c.before), "\n".join(c.parent), "\n".join(c.child)) for c in clashes)
    return FileReport(path, CONFLICT if told else TAKEN_OVER, taken, told, contents)


def _rebase_template(path: str, old: bytes, theirs: bytes, ours: bytes) -> FileReport:
    contents, clashes = merge_templates(old, theirs, ours, path)
    taken = tuple(change.sentence().removeprefix(f"{path}：") for change in compare_file(path, ours, contents))
    told = tuple(_both("一段", "\n".join(c.before), "\n".join(c.parent), "\n".join(c.child)) for c in clashes)
    return FileReport(path, CONFLICT if told else TAKEN_OVER, taken if contents != ours else (), told, contents)


def _inherited(path: str, old: bytes | None, theirs: bytes | None) -> tuple[str, ...]:
    if old is None:
        return ("上级新增",)
    if theirs is None:
        return ("上级删除",)
    return tuple(change.sentence().removeprefix(f"{path}：") for change in compare_file(path, old, theirs) if not change.layout)


def _told(clash: Conflict) -> str:
    return _both(location(clash.where, clash.labels, clash.what), clash.before, clash.parent, clash.child)


def _both(place: str, before: str | None, parent: str | None, child: str | None) -> str:
    return f"{place}：原为{_quoted(before)}，上级{_made(parent)}，本包{_made(child)}；保留本包的，请决定"


def _made(text: str | None) -> str:
    return "删除了它" if text is None else f"改为{_quoted(text)}"


def _quoted(text: str | None) -> str:
    return "没有" if text is None else f"“{text[:200]}”"
