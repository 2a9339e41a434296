"""Reads what a browser posts into raw values, and works the add-row and remove-row buttons without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from forms.definition import Field, Form, FormGroup
from forms.fields import FIELD_TYPES

_CELL = re.compile(r"([a-z][a-z0-9_]*)-([0-9]{1,3})-([a-z][a-z0-9_]*)")
_ADD = re.compile(r"add:([a-z][a-z0-9_]*)")
_BETWEEN = re.compile(r"[\s,，、;；]+")  # several officers typed into one line
_REMOVE = re.compile(r"remove:([a-z][a-z0-9_]*)-([0-9]{1,3})")


class Posted(Protocol):
    """What a web framework hands over: names, each with one or several texts."""

    def keys(self) -> Iterable[str]:
        """The posted names."""
        ...

    def getlist(self, key: str, /) -> list[str]:
        """Every text posted under a name, empty when there is none."""
        ...


@dataclass(frozen=True)
class RowCommand:
    """A pressed button that shows the form again: add a row, remove the row at a place (counted from 0), or neither.

    group: the key of the group, empty when the form is only to be shown again (after the Enter key).
    """

    group: str = ""
    remove: int | None = None


def row_command(posted: Posted) -> RowCommand | None:
    """The pressed button that only shows the form again (add:evidence, remove:evidence-2, refresh), else None."""
    for name in posted.keys():  # noqa: SIM118 - Posted promises keys(), not iteration
        if add := _ADD.fullmatch(name):
            return RowCommand(add[1])
        if remove := _REMOVE.fullmatch(name):
            return RowCommand(remove[1], int(remove[2]))
    return RowCommand() if posted.getlist("refresh") else None


def parse_posted(form: Form, posted: Posted) -> dict[str, object]:
    """The posted answers as raw values for clean(): names that the form does not know and blank rows are left out."""
    raw = _answers(form.fields, posted, "")
    for field in form.fields:
        if isinstance(field, FormGroup) and (rows := [row for row in _rows(field, posted) if row]):
            raw[field.key] = rows
    return raw


def with_row_command(form: Form, posted: Posted, command: RowCommand) -> dict[str, object]:
    """The posted answers as raw values for showing again after a row button: blank rows are kept."""
    raw = _answers(form.fields, posted, "")
    for field in form.fields:
        if not isinstance(field, FormGroup):
            continue
        rows = _rows(field, posted)
        if field.key == command.group and command.remove is None and len(rows) < field.maximum_rows:
            rows.append({})
        elif field.key == command.group and command.remove is not None and command.remove < len(rows):
            rows.pop(command.remove)
        raw[field.key] = rows
    return raw


def _rows(group: FormGroup, posted: Posted) -> list[dict[str, object]]:
    names = (_CELL.fullmatch(name) for name in posted.keys())  # noqa: SIM118
    places = sorted({int(name[2]) for name in names if name and name[1] == group.key})
    return [_answers(group.fields, posted, f"{group.key}-{place}-") for place in places]


def _answers(fields: Iterable[Field], posted: Posted, prefix: str) -> dict[str, object]:
    raw: dict[str, object] = {}
    for field in fields:
        if isinstance(field, FormGroup):
            continue
        texts = [text for text in posted.getlist(prefix + field.key) if text.strip()]
        if field.type == "officers":
            texts = [number for text in texts for number in _BETWEEN.split(text.strip()) if number]
        if texts:
            raw[field.key] = texts if FIELD_TYPES[field.type].several else _single(field, texts[0])
    return raw


def _single(field: Field, text: str) -> object:
    return FIELD_TYPES[field.type].clean(text) if field.type == "boolean" else text
