"""Reads one form file strictly: every word of it is known, every fault is named with its field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from jsonschema import Draft202012Validator

from engine.errors import Fault
from forms.conditions import ConditionFault, compile_field_condition
from forms.definition import Choice, Condition, Field, Form, FormGroup
from forms.fields import FIELD_TYPES, FieldFault

CodeLists = Mapping[str, Mapping[str, str]]

MOST_FIELDS = 120
MOST_ROWS = 500
LONGEST_TEXT = 50_000

_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
_RESERVED = frozenset({"actor", "at", "csrf_token", "revision"})  # the case snapshot and every web form use them
_FORM_WORDS = {"id": str, "title": str, "introduction": str, "basis": str, "field": list}
_FIELD_WORDS: dict[str, type | tuple[type, ...]] = {
    "key": str, "label": str, "type": str, "required": bool, "required_when": str, "shown_when": str, "must": bool,
    "list": str, "choices": list, "help": str, "basis": str, "max_length": int, "minimum": (int, float),
    "maximum": (int, float), "default": object, "not_below": str, "differs_from": str, "field": list,
    "minimum_rows": int, "maximum_rows": int,
}
_ONLY_FOR = {
    "must": {"boolean"}, "list": {"code", "codes"}, "choices": {"code", "codes"}, "max_length": {"text", "longtext"},
    "minimum": {"money", "integer", "decimal"}, "maximum": {"money", "integer", "decimal"},
    "not_below": {"date", "datetime", "money", "integer", "decimal"}, "differs_from": {"officer", "text", "code"},
    "field": {"group"}, "minimum_rows": {"group"}, "maximum_rows": {"group"},
}


class FormReader:
    """Reads the table of one form file and gathers every fault on the way.

    where: the path of the file; faults: what was wrong, in the order of the file.
    """

    def __init__(self, where: str, code_lists: CodeLists) -> None:
        self.where = where
        self.code_lists = code_lists
        self.faults: list[Fault] = []

    def form(self, table: Mapping[str, Any]) -> Form:
        """The form; only to be used when faults is empty."""
        self._words("", table, _FORM_WORDS)
        name = self._word("", table, "id")
        if name and (not _KEY.fullmatch(name) or PurePosixPath(self.where).stem not in (name, self.where)):
            self._fault("id", "form.bad_id", f"表单编号“{name}”须是小写英文字母、数字和下划线，并且与文件名一致。")
        title = self._word("", table, "title")
        fields = self._fields(table.get("field"), "", inside_group=False)
        return Form(name, title, str(table.get("introduction", "")), str(table.get("basis", "")), fields,
                    Draft202012Validator({}))

    def _fields(self, tables: Any, path: str, *, inside_group: bool) -> tuple[Field, ...]:
        tables = tables if isinstance(tables, list) else []
        if not 0 < len(tables) <= MOST_FIELDS:
            self._fault(path, "form.bad_size", f"字段的数目须在1至{MOST_FIELDS}之间。")
            return ()
        raws = [table for table in tables if isinstance(table, dict)]
        if len(raws) < len(tables):
            self._fault(path, "form.wrong_type", "“field”须是字段表的数组。")
        types: dict[str, str] = {}
        for raw in raws:
            key, kind = raw.get("key"), raw.get("type")
            if isinstance(key, str) and isinstance(kind, str):
                if key in types:
                    self._fault(self._path(path, key), "form.duplicate_key", f"字段“{key}”重复出现。")
                types[key] = kind
        return tuple(self._field(raw, path, types, inside_group=inside_group) for raw in raws)

    def _field(self, raw: dict[str, Any], parent: str, types: Mapping[str, str], *, inside_group: bool) -> Field:
        key = str(raw.get("key", "?"))
        path = self._path(parent, key)
        self._words(path, raw, _FIELD_WORDS)
        kind = self._word(path, raw, "type")
        label = self._word(path, raw, "label")
        if not _KEY.fullmatch(key) or key in _RESERVED:
            self._fault(path, "form.bad_key", f"字段名“{key}”须是小写英文字母、数字和下划线，并且不是保留字。")
        if kind and kind not in FIELD_TYPES and (kind != "group" or inside_group):
            self._fault(path, "form.unknown_type", f"字段“{key}”的类型“{kind}”不存在，或者不能用在分组之内。")
        for word, kinds in _ONLY_FOR.items():
            if word in raw and kind not in kinds:
                self._fault(path, "form.misplaced_word", f"“{word}”不适用于{kind}类型的字段“{key}”。")
        must = raw.get("must") is True
        required = raw.get("required") is True or must
        if required and "required_when" in raw:
            self._fault(path, "form.double_required", f"字段“{key}”不能同时写“required”和“required_when”。")
        for word in ("not_below", "differs_from"):
            if word in raw and (raw[word] == key or types.get(str(raw[word])) != kind):
                self._fault(path, "form.unknown_name", f"字段“{key}”的“{word}”须指向同类型的另一个字段。")
        parts: dict[str, Any] = {
            "key": key, "label": label, "type": kind, "required": required, "must": must,
            "required_when": self._condition(raw, "required_when", path, key, types),
            "shown_when": self._condition(raw, "shown_when", path, key, types),
            "help": str(raw.get("help", "")), "basis": str(raw.get("basis", "")),
            "not_below": str(raw.get("not_below", "")), "differs_from": str(raw.get("differs_from", "")),
        }
        if kind == "group":
            return self._group(raw, path, parts, required=required)
        field = Field(**parts, code_list=str(raw.get("list", "")), choices=self._choices(raw, path, kind),
                      max_length=self._bounded(raw, "max_length", path, LONGEST_TEXT),
                      minimum=self._number(raw, "minimum"), maximum=self._number(raw, "maximum"))
        return self._with_default(field, raw, path)

    def _group(self, raw: dict[str, Any], path: str, parts: dict[str, Any], *, required: bool) -> FormGroup:
        fields = self._fields(raw.get("field"), path, inside_group=True)
        always = required and parts["shown_when"] is None
        least = self._bounded(raw, "minimum_rows", path, MOST_ROWS, least=0) or int(always)
        most = self._bounded(raw, "maximum_rows", path, MOST_ROWS) or 50
        if least > most:
            self._fault(path, "form.bad_size", "“minimum_rows”不得大于“maximum_rows”。")
        return FormGroup(**parts, fields=fields, minimum_rows=least, maximum_rows=most)

    def _choices(self, raw: dict[str, Any], path: str, kind: str) -> tuple[Choice, ...]:
        if kind not in ("code", "codes"):
            return ()
        name = raw.get("list")
        labels = self.code_lists.get(name, {}) if isinstance(name, str) else {}
        if not labels:
            self._fault(path, "form.unknown_list", f"代码集“{name}”不存在。")
            return ()
        codes = raw.get("choices", list(labels))
        if not isinstance(codes, list) or not codes or len({str(code) for code in codes}) != len(codes):
            self._fault(path, "form.bad_choices", "“choices”须是不重复的非空数组。")
            return ()
        for code in codes:
            if not isinstance(code, str) or code not in labels:
                self._fault(path, "form.bad_choices", f"代码集“{name}”没有代码“{code}”。")
        return tuple(Choice(code, labels[code]) for code in codes if isinstance(code, str) and code in labels)

    def _condition(
        self, raw: dict[str, Any], word: str, path: str, key: str, types: Mapping[str, str]
    ) -> Condition | None:
        text = raw.get(word)
        if not isinstance(text, str):
            return None
        beside = {name: FIELD_TYPES[kind].feel for name, kind in types.items() if kind in FIELD_TYPES and name != key}
        try:
            return compile_field_condition(text, beside)
        except ConditionFault as fault:
            self._fault(path, "form.bad_condition", f"字段“{key}”的“{word}”不能使用：{fault}")
            return None

    def _with_default(self, field: Field, raw: dict[str, Any], path: str) -> Field:
        kind = FIELD_TYPES.get(field.type)
        if "default" not in raw or kind is None:
            return field
        value = kind.clean(raw["default"])
        try:
            if not Draft202012Validator(kind.schema(field)).is_valid(value):
                raise FieldFault("form.wrong_type", "的类型不对")
            kind.typed(field, value)
        except FieldFault as fault:
            self._fault(path, "form.bad_default", f"字段“{field.key}”的“default”{fault.message}。")
        return replace(field, default=value)

    def _number(self, raw: dict[str, Any], word: str) -> Decimal | None:
        value = raw.get(word)
        return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def _bounded(self, raw: dict[str, Any], word: str, path: str, most: int, *, least: int = 1) -> int | None:
        value = raw.get(word)
        if value is None or not isinstance(value, int) or isinstance(value, bool):
            return None
        if not least <= value <= most:
            self._fault(path, "form.bad_size", f"“{word}”须在{least}至{most}之间。")
            return None
        return value

    def _words(self, path: str, table: Mapping[str, Any], known: Mapping[str, Any]) -> None:
        for word, value in table.items():
            if word not in known:
                self._fault(path, "form.unknown_word", f"“{word}”不是表单文件中的词。")
            elif not isinstance(value, known[word]) or (isinstance(value, bool) and known[word] is not bool
                                                        and word != "default"):
                self._fault(path, "form.wrong_type", f"“{word}”的类型不对。")

    def _word(self, path: str, table: Mapping[str, Any], word: str) -> str:
        value = table.get(word)
        if isinstance(value, str) and value.strip():
            return value
        self._fault(path, "form.missing_word", f"“{word}”须填写。")
        return ""

    def _path(self, parent: str, key: str) -> str:
        return f"{parent}.{key}" if parent else key

    def _fault(self, path: str, code: str, message: str) -> None:
        self.faults.append(Fault(f"{self.where}: {path}" if path else self.where, code, message))
