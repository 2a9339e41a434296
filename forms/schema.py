"""The front door for form definitions: a form file in, a checked form and its JSON Schema out."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from engine.errors import Fault, PackageFault
from forms.definition import Choice, Condition, Field, Form, FormGroup
from forms.fields import FIELD_TYPES
from forms.reading import CodeLists, FormReader

__all__ = ["Choice", "CodeLists", "Condition", "Field", "Form", "FormGroup", "json_schema", "load_code_lists", "load_form"]

_LARGEST_FILE = 200_000


def load_form(text: str, where: str, code_lists: CodeLists) -> Form:
    """Read one form file (TOML).

    where: the file's path in its package, for the faults; code_lists: list id → code → Chinese label. Raises
    PackageFault (form.package_fault) that lists every Fault with file and field.
    """
    table = _toml(text, where)
    reader = FormReader(where, code_lists)
    form = reader.form(table)
    if reader.faults:
        raise _fault(where, reader.faults)
    # Held against the metaschema by tests: a release has many forms, and each process reads them all.
    return Form(form.id, form.title, form.introduction, form.basis, form.fields, Draft202012Validator(_object(form.fields)))


def load_code_lists(text: str, where: str) -> dict[str, dict[str, str]]:
    """The code lists of a labels file: list id → code → Chinese label, in the order of the file."""
    lists = _toml(text, where).get("code_lists", {})
    faults = []
    if not isinstance(lists, dict):
        raise _fault(where, [Fault(where, "form.bad_labels", "“code_lists”须是表。")])
    for name, labels in lists.items():
        if not isinstance(labels, dict) or not labels:
            faults.append(Fault(f"{where}: {name}", "form.bad_labels", f"代码集“{name}”须是非空的表。"))
        elif not all(isinstance(label, str) and label.strip() for label in labels.values()):
            faults.append(Fault(f"{where}: {name}", "form.bad_labels", f"代码集“{name}”的每个代码都须有中文名称。"))
    if faults:
        raise _fault(where, faults)
    return {name: dict(labels) for name, labels in lists.items()}


def json_schema(form: Form) -> dict[str, Any]:
    """The form as JSON Schema 2020-12, for programs that submit it; conditions are checked beyond the schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:zhifa:form:{form.id}",
        "title": form.title,
        "description": form.introduction,
        **_object(form.fields, described=True),
    }


def _object(fields: Iterable[Field], *, described: bool = False) -> dict[str, Any]:
    chosen = tuple(fields)
    return {
        "type": "object",
        "properties": {field.key: _value(field, described=described) for field in chosen},
        "required": [field.key for field in chosen if field.always_required],
        "additionalProperties": False,
    }


def _value(field: Field, *, described: bool) -> dict[str, Any]:
    notes = {"title": field.label, "description": field.help} if described else {}
    if isinstance(field, FormGroup):
        return {
            **notes,
            "type": "array",
            "items": _object(field.fields, described=described),
            "minItems": field.minimum_rows,
            "maxItems": field.maximum_rows,
        }
    return {**notes, **FIELD_TYPES[field.type].schema(field)}


def _toml(text: str, where: str) -> Mapping[str, Any]:
    if len(text) > _LARGEST_FILE:
        raise _fault(where, [Fault(where, "form.too_large", f"文件“{where}”过大。")])
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _fault(where, [Fault(where, "form.not_toml", f"文件“{where}”不是正确的TOML：{error}。")]) from None


def _fault(where: str, faults: Iterable[Fault]) -> PackageFault:
    every = tuple(faults)
    return PackageFault("form.package_fault", f"“{where}”有{len(every)}处错误：{every[0].message}", faults=every)
