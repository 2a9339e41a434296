"""What officers entered for the kinds of documents that are made by hand, cleaned by each kind's own form."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from documents.kinds import DocumentKind, load_kind
from forms.definition import Field, FormGroup
from forms.validation import clean
from tests.documents.sample_snapshot import sample_snapshot
from tests.forms.samples import OFFICERS, national

TEMPLATES = Path(__file__).parents[2] / "processes/national/templates"


@cache
def samples(file: str) -> dict[str, dict[str, Any]]:
    """Kind → what was entered (`entered`) and which words the document must say (`phrases`), from one entered_*.toml."""
    return tomllib.loads((Path(__file__).parent / file).read_text(encoding="utf-8"))


@cache
def all_samples() -> dict[str, dict[str, Any]]:
    """The samples of every file."""
    files = sorted(path.name for path in Path(__file__).parent.glob("entered_*.toml"))
    return {code: sample for file in files for code, sample in samples(file).items()}


@cache
def kind_of(code: str) -> DocumentKind:
    return load_kind((TEMPLATES / f"{code}.toml").read_text(encoding="utf-8"), f"templates/{code}.toml")


def snapshot_for(code: str, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The sample case with the entered values of that kind; a change to None leaves an answer out."""
    kind, snapshot = kind_of(code), sample_snapshot()
    if kind.form:
        form = national(kind.form)
        raw = {**all_samples()[code]["entered"], **(changes or {})}
        values = clean(form, {key: value for key, value in raw.items() if value is not None}, officer_ids=OFFICERS)
        snapshot["entered"] = labelled(form.fields, values)
    return snapshot


def labelled(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with the Chinese labels of their codes beside them, as the case snapshot shows forms."""
    shown = dict(values)
    for field in fields:
        value = values.get(field.key)
        if isinstance(field, FormGroup):
            shown[field.key] = [labelled(field.fields, row) for row in value or ()]
        elif field.choices and value:
            labels = {choice.code: choice.label for choice in field.choices}
            shown[f"{field.key}_name"] = "、".join(labels[code] for code in ([value] if isinstance(value, str) else value))
    return shown
