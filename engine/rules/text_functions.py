"""FEEL's functions of texts. Patterns run in RE2, whose time grows with the text alone, never explosively."""

from __future__ import annotations

from typing import Any, Final

import re2

from engine.rules.declaring import Builtin, builtin
from engine.rules.feel_types import FeelType
from engine.rules.values import Work

_BOOLEAN, _STRING, _NUMBER, _LIST = FeelType.BOOLEAN, FeelType.STRING, FeelType.NUMBER, FeelType.LIST
LONGEST_PATTERN: Final = 500
_PATTERN_MEMORY: Final = 1 << 20
_FLAGS: Final = frozenset("imsx")


def _substring(work: Work, text: str, start: Any, length: Any) -> str | None:
    first = int(start)
    if first == 0 or first > len(text) or (length is not None and length < 1):
        return None
    begin = first - 1 if first > 0 else max(0, len(text) + first)
    return work.write(text[begin:] if length is None else text[begin : begin + int(length)])


def _before(work: Work, text: str, match: str) -> str:
    found = text.find(match)
    return work.write(text[:found] if found > 0 else "")


def _after(work: Work, text: str, match: str) -> str:
    found = text.find(match)
    return work.write(text[found + len(match) :] if found >= 0 else "")


def _compiled(work: Work, pattern: str, flags: str) -> Any:
    """The pattern in RE2; None when it is faulty, too long or uses what RE2 has not (back references, look-around)."""
    if len(pattern) > LONGEST_PATTERN or not set(flags) <= _FLAGS:
        work.note("正则表达式过长，或者标志有误")
        return None
    work.spend(len(pattern) + 10)
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    options.case_sensitive = "i" not in flags
    options.dot_nl = "s" in flags
    if "x" in flags:
        pattern = "".join(pattern.split())
    if "m" in flags:
        pattern = f"(?m){pattern}"
    try:
        return re2.compile(pattern, options)
    except re2.error:
        work.note(f"正则表达式“{pattern[:40]}”有误，或者含有不支持的写法")
        return None


def _matches(work: Work, text: str, pattern: str, flags: str | None) -> bool | None:
    compiled = _compiled(work, pattern, flags or "")
    work.spend(1 + len(text) // 10)
    return None if compiled is None else compiled.search(text) is not None


def _replace(work: Work, text: str, pattern: str, replacement: str, flags: str | None) -> str | None:
    compiled = _compiled(work, pattern, flags or "")
    if compiled is None or compiled.search("") is not None:
        return None  # a pattern that matches nothing at all has no replacement (XPath: FORX0003)
    parts, place = [], 0
    for found in compiled.finditer(text):
        piece = _filled(replacement, found)
        if piece is None:
            return None
        parts += [text[place : found.start()], piece]
        place = found.end()
        work.spend(1 + len(piece) // 50)
    return work.write("".join([*parts, text[place:]]))


def _filled(replacement: str, found: Any) -> str | None:
    """The replacement with $0 to $9 filled in; a backslash protects $ and itself."""
    text, place = "", 0
    while place < len(replacement):
        sign, following = replacement[place], replacement[place + 1 : place + 2]
        if sign == "\\" and following in ("$", "\\"):
            text, place = text + following, place + 2
        elif sign == "$":
            if not (following.isascii() and following.isdigit()):
                return None
            number = int(following)
            text += (found.group(number) or "") if number <= found.re.groups else ""
            place += 2
        else:
            text, place = text + sign, place + 1
    return text


def _split(work: Work, text: str, delimiter: str) -> tuple[str, ...] | None:
    compiled = _compiled(work, delimiter, "")
    if compiled is None or compiled.search("") is not None:
        return None
    parts, place = [], 0
    for found in compiled.finditer(text):
        parts.append(text[place : found.start()])
        place = found.end()
    return work.make((*parts, text[place:]))


def _join(work: Work, texts: tuple[Any, ...], delimiter: str | None) -> str | None:
    if any(each is not None and each.__class__ is not str for each in texts):
        return None
    kept = [each for each in texts if each is not None]
    work.spend(1 + (sum(map(len, kept)) + len(kept) * len(delimiter or "")) // 50)
    return work.write((delimiter or "").join(kept))


FUNCTIONS: Final[tuple[Builtin, ...]] = (
    builtin("contains(string: string, match: string)", _BOOLEAN, lambda _, text, match: match in text),
    builtin("starts with(string: string, match: string)", _BOOLEAN, lambda _, text, match: text.startswith(match)),
    builtin("ends with(string: string, match: string)", _BOOLEAN, lambda _, text, match: text.endswith(match)),
    builtin("string length(string: string)", _NUMBER, lambda _, text: len(text)),
    builtin("upper case(string: string)", _STRING, lambda work, text: work.write(text.upper())),
    builtin("lower case(string: string)", _STRING, lambda work, text: work.write(text.lower())),
    builtin("substring(string: string, start position: number, length?: number)", _STRING, _substring),
    builtin("substring before(string: string, match: string)", _STRING, _before),
    builtin("substring after(string: string, match: string)", _STRING, _after),
    builtin("matches(input: string, pattern: string, flags??: string)", _BOOLEAN, _matches),
    builtin("replace(input: string, pattern: string, replacement: string, flags??: string)", _STRING, _replace),
    builtin("split(string: string, delimiter: string)", _LIST, _split),
    builtin("string join(list: list, delimiter??: string)", _STRING, _join),
)
