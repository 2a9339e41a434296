"""What one act changed in a case, written into the journal so that going back can undo exactly that and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from engine.cases.cases import Case
from engine.cases.document_records import DocumentRecord
from engine.cases.limits import CaseLimit
from engine.cases.superseding import Supersedable, supersede, table_of
from engine.database import Base

CHANGEABLE: tuple[type[Any], ...] = (Case, CaseLimit, DocumentRecord)

Change = list[Any]  # the value before and after


@dataclass
class Effects:
    """facts: routing facts, key → [before, after]; rows: new rows of the record, table → ids; changed: table → id → column → change."""

    facts: dict[str, Change] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)
    changed: dict[str, dict[str, dict[str, Change]]] = field(default_factory=dict)

    def as_facts(self) -> dict[str, Any]:
        """Plain data for the journal; empty parts are left out."""
        return {name: part for name, part in (("facts", self.facts), ("rows", self.rows), ("changed", self.changed)) if part}


@contextmanager
def recording(session: Session, facts: Mapping[str, Any]) -> Iterator[Effects]:
    """Write down what is added and changed inside the block; complete when the block has ended."""
    effects, before = Effects(), dict(facts)

    def changes(flushing: Session, *_: Any) -> None:
        for row in flushing.dirty:
            if isinstance(row, CHANGEABLE):
                _note_changes(effects, row)

    def additions(flushing: Session, *_: Any) -> None:
        for row in flushing.new:
            if isinstance(row, Supersedable):
                effects.rows.setdefault(table_of(row), []).append(row.id)

    session.flush()
    event.listen(session, "before_flush", changes)
    event.listen(session, "after_flush", additions)
    try:
        yield effects
        session.flush()
    finally:
        event.remove(session, "before_flush", changes)
        event.remove(session, "after_flush", additions)
    effects.facts = {key: [before.get(key), value] for key, value in facts.items() if before.get(key) != value}


def undo(
    session: Session, case: Case, facts: dict[str, Any], acts: Sequence[tuple[bool, Mapping[str, Any]]], at: datetime, by: str
) -> dict[str, list[int]]:
    """Undo the acts that fall, newest first; a value that a later standing act has set stays. The rows put out of force are returned.

    acts: all acts of the case with recorded effects, oldest first, each with whether it falls.
    """
    kept: set[tuple[str, ...]] = set()
    rows: dict[str, list[int]] = {}
    tables = {each.__tablename__: each for each in CHANGEABLE}
    for falling, effects in reversed(acts):
        for key, (before, _) in effects.get("facts", {}).items():
            if not falling:
                kept.add(("fact", key))
            elif ("fact", key) not in kept:
                facts[key] = before
        for table, changed in effects.get("changed", {}).items():
            for row_id, columns in changed.items():
                _undo_row(session, tables[table], row_id, columns, kept, falling=falling)
        if falling:
            for table, ids in effects.get("rows", {}).items():
                rows.setdefault(table, []).extend(ids)
    session.flush()
    supersede(session, case.id, rows, at, by)
    return rows


def _undo_row(
    session: Session, table: type[Base], row_id: str, columns: Mapping[str, Change], kept: set[tuple[str, ...]], *, falling: bool
) -> None:
    row = session.get_one(table, int(row_id))
    for column, (before, _) in columns.items():
        place = (table.__tablename__, row_id, column)
        if not falling:
            kept.add(place)
        elif place not in kept:
            setattr(row, column, before)


def _note_changes(effects: Effects, row: Any) -> None:
    state = inspect(row)
    for attribute in state.mapper.column_attrs:
        history = state.attrs[attribute.key].history
        if not history.has_changes():
            continue
        before, after = history.deleted[0] if history.deleted else None, history.added[0] if history.added else None
        columns = effects.changed.setdefault(row.__tablename__, {}).setdefault(str(row.id), {})
        columns[attribute.key] = [columns[attribute.key][0] if attribute.key in columns else before, after]
