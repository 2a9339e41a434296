"""Three versions of a sequence (paragraphs of a template, lines of a text) brought together where changes do not meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True)
class Clash:
    """A stretch that parent and child both changed: as it was, and what each made of it."""

    before: tuple[str, ...]
    parent: tuple[str, ...]
    child: tuple[str, ...]


def merge_sequences(
    before: Sequence[str], parent: Sequence[str], child: Sequence[str]
) -> tuple[list[str], list[Clash]]:
    """The child's sequence with the parent's changes taken over; where both changed a stretch, the child's stays and is named."""
    merged: list[str] = []
    clashes: list[Clash] = []
    at = (0, 0, 0)
    for start, length, in_parent, in_child in (*_agreed(before, parent, child), (len(before), 0, len(parent), len(child))):
        old, theirs, ours = before[at[0]:start], parent[at[1]:in_parent], child[at[2]:in_child]
        if list(ours) == list(old):
            merged += theirs
        else:
            merged += ours
            if list(theirs) not in (list(old), list(ours)):
                clashes.append(Clash(tuple(old), tuple(theirs), tuple(ours)))
        merged += before[start:start + length]
        at = (start + length, in_parent + length, in_child + length)
    return merged, clashes


def changed_stretches(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each stretch that differs, as it was and as it is."""
    for tag, low, high, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield tuple(before[low:high]), tuple(after[start:end])


def _agreed(before: Sequence[str], parent: Sequence[str], child: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Stretches that all three share: start in before, length, start in parent, start in child."""
    ours = SequenceMatcher(None, before, child, autojunk=False).get_matching_blocks()
    for one in SequenceMatcher(None, before, parent, autojunk=False).get_matching_blocks():
        for other in ours:
            start, end = max(one.a, other.a), min(one.a + one.size, other.a + other.size)
            if start < end:
                yield start, end - start, one.b + start - one.a, other.b + start - other.a
