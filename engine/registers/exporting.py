"""Writes a register as it was on a day to a sheet that the import reads back without a change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from engine.registers.definitions import VALID_FROM, VALID_TO, Definition, definition_of
from engine.registers.sheets import write_rows
from engine.registers.versions import all_on


def export_file(session: Session, register: str, path: Path, day: date) -> int:
    """Write every record in force on a day, one row each under the Chinese titles; the number of records is returned."""
    definition = definition_of(session, register)
    return write_rows(path, definition.title, _rows(session, definition, day)) - 1


def export_template(session: Session, register: str, path: Path) -> None:
    """Write an empty sheet with the titles only, to be filled in."""
    definition = definition_of(session, register)
    write_rows(path, definition.title, [_titles(definition)])


def _titles(definition: Definition) -> list[str]:
    return [each.title for each in (*definition.fields, VALID_FROM, VALID_TO)]


def _rows(session: Session, definition: Definition, day: date) -> Iterator[Sequence[str]]:
    yield _titles(definition)
    for record in all_on(session, definition.name, day):
        cells = [each.show(record.data.get(each.key)) for each in definition.fields]
        yield [*cells, VALID_FROM.show(record.valid_from), VALID_TO.show(record.valid_to)]
