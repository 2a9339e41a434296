"""Compares what was handed in with the JSON Schema of its form, and puts every difference into Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema.exceptions import ValidationError

from engine.errors import Fault
from forms.definition import Field, Form, FormGroup
from forms.fields import FIELD_TYPES

_MOST_ROWS = 1000
_CHOSEN = frozenset({"boolean", "code", "codes", "officer", "officers"})


def structural_faults(form: Form, given: Mapping[str, object]) -> Iterable[Fault]:
    """The faults that the JSON Schema finds, in our words."""
    for error in form.validator.iter_errors(given):
        fields, field, where = _located(form, list(error.absolute_path))
        if error.validator == "additionalProperties":
            known = {each.key for each in fields}
            for key in error.instance:
                if key not in known:
                    yield Fault(f"{where}{key}", "form.unknown_field", f"表单没有字段“{str(key)[:60]}”，不能提交。")
        elif error.validator == "required":
            for each in fields:
                if each.always_required and each.key not in error.instance:
                    yield Fault(where + each.key, "form.missing", f"“{each.label}”{missing_words(each)}。")
        elif field is None:
            yield Fault(where.rstrip("."), "form.wrong_type", "这一行须是各字段的对照表。")
        else:
            code, message = _words(error, field)
            yield Fault(where, code, f"“{field.label}”{message}。")


def _located(form: Form, path: list[str | int]) -> tuple[tuple[Field, ...], Field | None, str]:
    """Where a schema error lies: the fields of its level, the field (None for the level itself), and the path."""
    fields, where = form.fields, ""
    while path:
        field = next(each for each in fields if each.key == path[0])
        if not isinstance(field, FormGroup) or len(path) == 1:
            return fields, field, where + field.key
        fields, where = field.fields, f"{where}{field.key}[{path[1]}]."
        path = path[2:]
    return fields, None, where


def _words(error: ValidationError, field: Field) -> tuple[str, str]:
    """Code and message (after the label) of a schema error at a field."""
    bound: Any = error.validator_value
    size = len(error.instance) if isinstance(error.instance, str | list) else 0
    known = {
        "maxLength": ("form.too_long", f"不得超过{bound}字，现有{size}字"),
        "enum": ("form.not_a_choice", "须从列出的选项中选择"),
        "const": ("form.must_confirm", "必须确认"),
        "minItems": ("form.too_few_rows", f"至少要有{bound}行，现有{size}行"),
        "maxItems": ("form.too_many_rows", f"最多{bound}行，现有{size}行"),
        "uniqueItems": ("form.repeated", "不得重复选择"),
        "type": ("form.wrong_type", "的内容类型不对"),
    }
    if error.validator in known:
        return known[str(error.validator)]
    if field.type == "money" and str(error.instance).strip().startswith("-"):
        return "form.bad_money", "不得为负数"
    return FIELD_TYPES[field.type].pattern_fault


def tidied(fields: Iterable[Field], raw: Mapping[str, object]) -> dict[str, object]:
    """The raw answers with each text tidied after its type; empty answers are left out."""
    known = {field.key: field for field in fields}
    tidy: dict[str, object] = {}
    for key, value in raw.items():
        field = known.get(key)
        if isinstance(field, FormGroup) and isinstance(value, list):
            value = [tidied(field.fields, row) if isinstance(row, Mapping) else row for row in value]
        elif field is not None and field.type in FIELD_TYPES:
            value = FIELD_TYPES[field.type].clean(value)
        if value is not None and value != "" and value != []:
            tidy[key] = value
    return tidy


def named_officers(form: Form, raw: Mapping[str, object]) -> frozenset[str]:
    """The ids that stand in the form's officer fields, not checked yet, so that only these need to be looked up."""
    found: set[str] = set()
    if isinstance(raw, Mapping):
        _gather(form.fields, raw, found)
    return frozenset(found)


def _gather(fields: Iterable[Field], raw: Mapping[str, object], found: set[str]) -> None:
    for field in fields:
        given = raw.get(field.key)
        several = given if isinstance(given, list | tuple) else [given]
        if isinstance(field, FormGroup):
            for row in several[:_MOST_ROWS]:
                if isinstance(row, Mapping):
                    _gather(field.fields, row, found)
        elif field.type in ("officer", "officers"):
            tidy = FIELD_TYPES[field.type].clean(given)
            found.update(one for one in (tidy if isinstance(tidy, list) else [tidy])[:_MOST_ROWS] if isinstance(one, str) and one)


def is_shallow(value: object, depth: int) -> bool:
    """Whether a value nests no deeper than that, with text keys, and holds no list or number without measure."""
    if isinstance(value, Mapping):
        return depth >= 0 and all(isinstance(key, str) and is_shallow(one, depth - 1) for key, one in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return depth >= 0 and len(value) <= _MOST_ROWS and all(is_shallow(one, depth - 1) for one in value)
    return not isinstance(value, int) or isinstance(value, bool) or abs(value) < 10**18


def missing_words(field: Field) -> str:
    """What is said, after the label, when a question was not answered."""
    return "必须确认" if field.must else "必须选择" if field.type in _CHOSEN else "必须填写"
