"""Looks records up while many rows are checked: what is stored, and what stands earlier in the same file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from engine.registers.versions import AT_ONCE, known_keys, newest, on_day

DEEPEST = 12  # steps up a tree at most: a circle must not hold us
REMEMBERED = 50_000  # found records and keys that are kept at most, so that memory stays bounded
TREES = frozenset({"region", "agency", "statute", "document_kind"})  # rows may point at earlier rows of the same file


class Lookup:
    """One view of the registers during one check of rows."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._found: dict[tuple[str, str], Mapping[str, Any] | None] = {}
        self._known: set[tuple[str, str]] = set()
        self._fresh: dict[tuple[str, str], Mapping[str, Any]] = {}

    def find(self, register: str, key: str) -> Mapping[str, Any] | None:
        """The newest values of a record, from the file first; None when there is no such record."""
        if (register, key) in self._fresh:
            return self._fresh[register, key]
        if (register, key) not in self._found:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            record = newest(self.session, register, key)
            self._found[register, key] = record.data if record and not record.ended else None
        return self._found[register, key]

    def find_on(self, register: str, key: str, day: date) -> Mapping[str, Any] | None:
        """The values of a record on a day; what stands earlier in the same file counts as in force."""
        if (register, key) in self._fresh:
            return self._fresh[register, key]
        record = on_day(self.session, register, key, day)
        return record.data if record else None

    def missing(self, register: str, keys: Iterable[str]) -> set[str]:
        """Those keys under which nothing was ever recorded."""
        unknown = sorted({key for key in keys if (register, key) not in self._known and (register, key) not in self._fresh})
        missing: set[str] = set()
        for start in range(0, len(unknown), AT_ONCE):
            part = unknown[start:start + AT_ONCE]
            found = known_keys(self.session, register, part)
            missing |= set(part) - found
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known |= {(register, key) for key in found}
        return missing

    def remember(self, register: str, key: str, data: Mapping[str, Any]) -> None:
        """Let later rows of the same file see this one."""
        if register in TREES:
            self._fresh[register, key] = data
