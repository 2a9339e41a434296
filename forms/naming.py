"""Gives clean values their Chinese names, for documents and for reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from forms.definition import Field, Form, FormGroup


def with_names(form: Form, values: Mapping[str, object], officer_names: Mapping[str, str]) -> dict[str, object]:
    """The values, and beside each code or officer of key k its name under k_name (a list of names where k is a list).

    officer_names: officer id → name; an officer who is not in it keeps the id. Rows of groups are named likewise.
    """
    return _named(form.fields, values, officer_names)


def _named(fields: Iterable[Field], values: Mapping[str, object], officers: Mapping[str, str]) -> dict[str, object]:
    named = dict(values)
    for field in fields:
        value = values.get(field.key)
        if isinstance(field, FormGroup):
            if isinstance(value, list):
                named[field.key] = [_named(field.fields, row, officers) for row in value]
            continue
        if field.type in ("code", "codes"):
            names: Mapping[str, str] = {choice.code: choice.label for choice in field.choices}
        elif field.type in ("officer", "officers"):
            names = officers
        else:
            continue
        if isinstance(value, list):
            named[f"{field.key}_name"] = [names.get(one, one) for one in value]
        else:
            named[f"{field.key}_name"] = names.get(value, value) if isinstance(value, str) else None
    return named
