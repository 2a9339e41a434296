"""The facts file of a trial run: what is known at the start, what each task adds, which messages arrive."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from engine.clock import LEGAL_TIME_ZONE
from engine.errors import Invalid
from engine.rules.feel_types import TYPE_NAMES, FeelType

MAXIMUM_BYTES: Final = 1_000_000
DEEPEST: Final = 10
KEYS: Final = frozenset({"facts", "tasks", "messages", "signals", "process", "start"})
EARLIEST: Final = datetime(2026, 1, 5, 9, tzinfo=LEGAL_TIME_ZONE)

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Delivery:
    """A message or signal that arrives once somebody waits for it, with the facts that it brings."""

    name: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """A whole facts file. tasks: element id → facts added at each visit (the last goes on); None: never completed.

    types: the FEEL types of the facts named anywhere (a text that could be a date has none yet); start: where the simulated clock begins.
    """

    facts: Facts = field(default_factory=dict)
    tasks: Mapping[str, tuple[Facts | None, ...]] = field(default_factory=dict)
    deliveries: tuple[Delivery, ...] = ()
    process: str = ""
    start: datetime = EARLIEST
    types: Mapping[str, FeelType] = field(default_factory=dict)

    def at(self, element: str, visit: int) -> Facts | None:
        """What a task is completed with at its visit (from 0): nothing new when the file does not name it."""
        given = self.tasks.get(element, ({},))
        return given[min(visit, len(given) - 1)] if given else {}


def read_answers(data: bytes, where: str) -> Answers:
    """Read a facts file (JSON); Invalid facts.* names what is wrong. An object without our keys is taken as facts alone."""
    if len(data) > MAXIMUM_BYTES:
        raise Invalid("facts.too_large", f"事实文件 {where} 超过 {MAXIMUM_BYTES} 字节的上限")
    try:
        given = json.loads(data, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise Invalid("facts.malformed", f"事实文件 {where} 不是有效的 JSON：{error}") from error
    return make_answers(given, where)


def make_answers(given: object, where: str = "facts") -> Answers:
    """The answers of a value as read from JSON."""
    if not isinstance(given, Mapping):
        raise Invalid("facts.malformed", f"事实文件 {where} 应当是一个对象")
    structured = given.keys() <= KEYS and any(isinstance(given.get(key), Mapping | list) for key in KEYS)
    whole = given if structured else {"facts": given}
    facts = _facts(whole.get("facts", {}), "facts")
    tasks = {name: _visits(entry, name) for name, entry in _object(whole.get("tasks", {}), "tasks").items()}
    deliveries = tuple(_delivery(each) for key in ("messages", "signals") for each in _list(whole.get(key, []), key))
    types = _types([facts, *(visit for visits in tasks.values() for visit in visits if visit), *(each.facts for each in deliveries)])
    return Answers(facts, tasks, deliveries, str(whole.get("process", "")), _start(whole.get("start")), types)


def _visits(entry: object, name: str) -> tuple[Facts | None, ...]:
    visits = entry if isinstance(entry, list) else [entry]
    return tuple(None if each is None else _facts(each, f"tasks.{name}") for each in visits)


def _delivery(entry: object) -> Delivery:
    if isinstance(entry, str):
        return Delivery(entry)
    found = _object(entry, "messages")
    name = found.get("name", found.get("message", found.get("signal", "")))
    if not isinstance(name, str) or not name:
        raise Invalid("facts.message", "messages 的每一项应当是消息名称，或者 {\"name\": 名称, \"facts\": {…}}")
    return Delivery(name, _facts(found.get("facts", {}), f"messages.{name}"))


def _facts(entry: object, where: str) -> Facts:
    return {name: _value(value, f"{where}.{name}") for name, value in _object(entry, where).items() if value is not None}


def _value(value: object, where: str, depth: int = 0) -> object:
    if isinstance(value, bool | int | Decimal | str) or (value is None and depth):
        return value
    if depth < DEEPEST and isinstance(value, list):
        return tuple(_value(each, where, depth + 1) for each in value)
    if depth < DEEPEST and isinstance(value, Mapping):
        return {name: _value(each, f"{where}.{name}", depth + 1) for name, each in value.items()}
    raise Invalid("facts.value", f"{where} 应当是是非、数字、文本、列表或者对象，嵌套不超过 {DEEPEST} 层")


def _types(all_facts: Sequence[Facts]) -> dict[str, FeelType]:
    types: dict[str, FeelType] = {}
    for facts in all_facts:
        for name, value in facts.items():
            if isinstance(value, str) and _is_date(value):
                continue
            kind = _type(value)
            if types.setdefault(name, kind) is not kind:
                raise Invalid("facts.type", f"事实“{name}”有时是{TYPE_NAMES[types[name]]}，有时是{TYPE_NAMES[kind]}")
    return types


def _type(value: object) -> FeelType:
    if isinstance(value, bool):
        return FeelType.BOOLEAN
    if isinstance(value, str):
        return FeelType.STRING
    if isinstance(value, Mapping):
        return FeelType.CONTEXT
    return FeelType.LIST if isinstance(value, tuple) else FeelType.NUMBER


def _is_date(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _start(value: object) -> datetime:
    if value is None:
        return EARLIEST
    try:
        moment = datetime.fromisoformat(str(value))
        if not 1900 <= moment.year <= 2200:
            raise ValueError(value)
    except ValueError:
        raise Invalid("facts.start", f"start“{str(value)[:40]}”不是 1900 年到 2200 年间的时刻，例如 2026-03-05T09:00:00+08:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=LEGAL_TIME_ZONE)


def _object(entry: object, where: str) -> Mapping[str, Any]:
    if not isinstance(entry, Mapping):
        raise Invalid("facts.malformed", f"{where} 应当是一个对象")
    return entry


def _list(entry: object, where: str) -> list[Any]:
    if not isinstance(entry, list):
        raise Invalid("facts.malformed", f"{where} 应当是一个列表")
    return entry


def _no_constant(word: str) -> object:
    raise ValueError(f"不接受 {word}")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("有重复的键")
    return found
