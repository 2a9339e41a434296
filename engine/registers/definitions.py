"""The registers that there are: their keys, columns and keepers, read from elements.toml and from the register itself."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from engine.errors import Invalid
from engine.registers.agencies import ROLES
from engine.registers.fields import KINDS, Field
from engine.registers.versions import newest

KEY_MARK = "|"
ELEMENT_TYPE = "element_type"
VALID_FROM = Field("valid_from", "生效日期", "date")
VALID_TO = Field("valid_to", "失效日期", "date")
ENDED = Field("ended", "终止", "flag")
TERMS = (VALID_FROM, VALID_TO, ENDED)


@dataclass(frozen=True)
class Definition:
    """One register.

    key: the columns that name a record; subject: the column by which records are looked up the other way round;
    scope: who may keep it (see elements.toml); article: the rule that asks for it; starts: a record must say from when it
    is valid; dated: until when as well.
    """

    name: str
    title: str
    article: str
    key: tuple[str, ...]
    subject: str
    scope: str
    starts: bool
    dated: bool
    fields: tuple[Field, ...]

    def key_of(self, data: Mapping[str, Any]) -> str:
        """The key of a record."""
        return KEY_MARK.join(str(data[part]) for part in self.key)

    def subject_of(self, data: Mapping[str, Any]) -> str | None:
        """What a record is looked up by from the other side; None when it points at nothing."""
        value = data.get(self.subject) if self.subject else None
        return str(value) if value not in (None, "") else None

    def column(self, key: str) -> Field:
        """The column of this key, the terms of validity included."""
        return next(each for each in (*self.fields, *TERMS) if each.key == key)


def definition_of(session: Session, name: str) -> Definition:
    """The register of this name, one of the built-in or one that was added (粤府〔2023〕73号 第十三条第六项); else Invalid."""
    if name in built_in():
        return built_in()[name]
    added = newest(session, ELEMENT_TYPE, name)
    if added is None or added.ended:
        names = "、".join(f"{each.name}（{each.title}）" for each in built_in().values())
        raise Invalid("registers.unknown", f"没有名为“{name[:40]}”的登记簿，现有：{names}")
    return added_definition(added.data)


@cache
def built_in() -> Mapping[str, Definition]:
    """The registers of elements.toml by name."""
    rows = tomllib.loads(files("engine.registers").joinpath("elements.toml").read_text(encoding="utf-8"))
    return MappingProxyType({name: _definition(name, row) for name, row in rows.items()})


def added_definition(data: Mapping[str, Any]) -> Definition:
    """A register that an administrator has described; ValueError with a Chinese reason when the description is wrong.

    columns: a list of {key, title, kind, required, choices, register}; the first column is the key.
    """
    columns = data.get("columns")
    if not isinstance(columns, list) or not columns or not all(isinstance(each, dict) for each in columns):
        raise ValueError("“各列”应当是一个列表，至少一列")
    found = tuple(_added_field(each) for each in columns)
    keys = [each.key for each in found]
    if len(set(keys)) < len(keys) or set(keys) & {each.key for each in TERMS}:
        raise ValueError("列的键不得重复，也不得使用 valid_from、valid_to、ended")
    first = replace(found[0], required=True)
    return Definition(
        name=str(data["name"]), title=str(data["title"]), article="粤府〔2023〕73号 第十三条第六项", key=(first.key,), subject="",
        scope="province", starts=False, dated=False, fields=(first, *found[1:]),
    )


def _definition(name: str, row: Mapping[str, Any]) -> Definition:
    return Definition(
        name=name, title=row["title"], article=row["article"], key=tuple(row["key"]), subject=row.get("subject", ""),
        scope=row["scope"], starts=row.get("starts", row.get("dated", False)), dated=row.get("dated", False),
        fields=tuple(_field(each) for each in row["fields"]),
    )


def _field(row: Mapping[str, Any]) -> Field:
    found = Field(**row)
    return replace(found, choices=ROLES) if found.key == "roles" else found


def _added_field(row: Mapping[str, Any]) -> Field:
    allowed = {"key", "title", "kind", "required", "choices", "register", "hint"}
    if set(row) - allowed or not {"key", "title"} <= set(row):
        raise ValueError(f"每列应当有 key 和 title，可以有 {'、'.join(sorted(allowed - {'key', 'title'}))}")
    kind, choices = row.get("kind", "text"), row.get("choices", {})
    if kind not in KINDS or not isinstance(choices, dict) or (kind in {"reference", "references"} and not row.get("register")):
        raise ValueError(f"列“{row['title']}”的类型有误")
    return Field(
        key=str(row["key"]), title=str(row["title"]), kind=str(kind), required=row.get("required") is True,
        choices={str(code): str(word) for code, word in choices.items()}, register=str(row.get("register", "")),
        hint=str(row.get("hint", "")),
    )
