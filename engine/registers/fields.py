"""Columns of a register: how a cell is read from a sheet, what it must look like, and how it is shown again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from engine.clock import LEGAL_TIME_ZONE, legal_time

LIST_MARK = "；"
TRUE, FALSE = frozenset({"是", "true", "1", "yes"}), frozenset({"否", "false", "0", "no"})
EMPTY: Mapping[str, Any] = {"text": "", "reference": "", "choice": "", "flag": False}
LISTS = frozenset({"choices", "references", "words"})
KINDS = frozenset({"text", "whole", "date", "moment", "flag", "choice", "choices", "reference", "references", "words", "plain"})
_DAY = re.compile(r"([0-9]{4})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})日?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONGEST_WORD, _MOST_WORDS, _LONGEST_PLAIN = 200, 5000, 100_000


@dataclass(frozen=True)
class Field:
    """One column.

    kind: one of KINDS; longest: most characters of a text; choices: code → Chinese word; register: which one a reference
    points into; unique: no two records may share the value; owned: kept by the source system of a synchronised record.
    """

    key: str
    title: str
    kind: str = "text"
    required: bool = False
    longest: int = 200
    choices: Mapping[str, str] = field(default_factory=dict)
    register: str = ""
    unique: bool = False
    owned: bool = False
    default: Any = None
    pattern: str = ""
    hint: str = ""

    def read(self, raw: object) -> Any:
        """The value of a cell or of a plain datum; ValueError with a Chinese reason when it cannot be one."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return self.empty
        value = getattr(self, f"_read_{self.kind}")(raw)
        if self.pattern and not re.fullmatch(self.pattern, str(value)):
            raise ValueError(f"“{value}”的格式有误" + (f"（{self.hint}）" if self.hint else ""))
        return value

    def show(self, value: Any) -> str:
        """The value as a cell that `read` understands."""
        if value is None or value in ("", []):
            return ""
        if self.kind == "flag":
            return "是" if value else "否"
        if self.kind == "choice":
            return self.choices.get(value, value)
        if self.kind in LISTS:
            return LIST_MARK.join(self.choices.get(each, each) for each in value)
        if self.kind == "plain":
            return json.dumps(value, ensure_ascii=False)
        if self.kind == "moment":
            return legal_time(value).isoformat()
        return value.isoformat() if isinstance(value, date) else str(value)

    @property
    def empty(self) -> Any:
        """What an empty cell means."""
        if self.default is not None:
            return self.default
        return [] if self.kind in LISTS else EMPTY.get(self.kind)

    def _read_text(self, raw: object) -> str:
        text = _text(raw)
        if len(text) > self.longest:
            raise ValueError(f"共{len(text)}字，超过{self.longest}字")
        if _CONTROL.search(text):
            raise ValueError("含有不可见的控制字符")
        return text

    def _read_reference(self, raw: object) -> str:
        return self._read_text(raw)

    def _read_whole(self, raw: object) -> int:
        text = _text(raw)
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise ValueError(f"“{text[:40]}”不是整数")
        return int(text)

    def _read_flag(self, raw: object) -> bool:
        if isinstance(raw, bool):
            return raw
        text = _text(raw).lower()
        if text not in TRUE | FALSE:
            raise ValueError(f"“{text[:40]}”应当填“是”或者“否”")
        return text in TRUE

    def _read_date(self, raw: object) -> date:
        if isinstance(raw, datetime):
            return raw.date()
        if isinstance(raw, date):
            return raw
        found = _DAY.fullmatch(_text(raw))
        try:
            return date(*(int(part) for part in found.groups())) if found else date.fromisoformat(_text(raw))
        except ValueError:
            raise ValueError(f"“{_text(raw)[:40]}”不是日期，应当写作 2026-03-02") from None

    def _read_moment(self, raw: object) -> datetime:
        try:
            moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(_text(raw))
        except ValueError:
            raise ValueError(f"“{_text(raw)[:40]}”不是时间，应当写作 2026-03-02T09:00") from None
        return legal_time(moment) if moment.tzinfo else moment.replace(tzinfo=LEGAL_TIME_ZONE)

    def _read_choice(self, raw: object) -> str:
        return self._code(_text(raw))

    def _read_choices(self, raw: object) -> list[str]:
        return sorted({self._code(word) for word in _words(raw)})

    def _read_references(self, raw: object) -> list[str]:
        return _words(raw)

    def _read_words(self, raw: object) -> list[str]:
        return _words(raw)

    def _read_plain(self, raw: object) -> Any:
        try:
            text = raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False, allow_nan=False)
            if len(text) > _LONGEST_PLAIN:
                raise ValueError("too long")
            return json.loads(text, parse_float=str, parse_constant=_refuse_constant)
        except (ValueError, TypeError, RecursionError):
            raise ValueError("不是有效的 JSON 文本") from None

    def _code(self, word: str) -> str:
        if word in self.choices:
            return word
        for code, title in self.choices.items():
            if word == title:
                return code
        raise ValueError(f"“{word[:40]}”不在可选范围内（{'、'.join(list(self.choices.values())[:12])}）")


def _text(raw: object) -> str:
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return str(raw).strip()


def _words(raw: object) -> list[str]:
    words = raw if isinstance(raw, list | tuple) else re.split("[；;]", _text(raw))
    found = [str(word).strip() for word in words if str(word).strip()]
    if len(found) > _MOST_WORDS or any(len(word) > _LONGEST_WORD or _CONTROL.search(word) for word in found):
        raise ValueError(f"每项不超过{_LONGEST_WORD}字，总共不超过{_MOST_WORDS}项，各项用“；”分开")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)
