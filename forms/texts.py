"""Brings typed and pasted text into one clean form before it is judged."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = frozenset("\u200c\u200d\u180e")  # Uyghur and Mongolian are written with them
_NONCHARACTERS = frozenset("\ufffe\uffff")
_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029\u0085]")


def one_line(value: object) -> object:
    """A text in NFC without blanks around it; anything but a text is handed back untouched."""
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value


def many_lines(value: object) -> object:
    """As one_line, with every line end written as a line feed."""
    return one_line(_LINE_ENDS.sub("\n", value)) if isinstance(value, str) else value


def compact(value: object) -> object:
    """A number or code as it is meant: half width, capital letters, no blanks inside."""
    if not isinstance(value, str):
        return value
    return "".join(unicodedata.normalize("NFKC", value).split()).upper()


def amount(value: object) -> object:
    """A number as it is meant: half width, without the commas that part the thousands."""
    written = compact(value)
    if isinstance(written, str) and re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", written):
        return written.replace(",", "")
    return written


def moment(value: object) -> object:
    """A date and time as it is meant: half width, with T between the two."""
    written = one_line(value)
    if isinstance(written, str):
        return re.sub(r"^([0-9]{4}-[0-9]{2}-[0-9]{2}) +(?=[0-9])", r"\1T", unicodedata.normalize("NFKC", written))
    return written


def truth(value: object) -> object:
    """是 and 否 (or true and false as a browser sends them) as a boolean; anything else untouched."""
    written = one_line(value)
    return {"true": True, "是": True, "false": False, "否": False}.get(written, written) \
        if isinstance(written, str) else written


def has_bad_characters(text: str, *, lines: bool) -> bool:
    """Whether a text holds control, invisible or direction-changing characters, which would spoil a document."""
    allowed = "\n\t" if lines else ""
    if text.translate({ord(sign): None for sign in allowed}).isprintable():
        return False  # nearly always, and a hundred times faster than looking at each sign
    return any(
        sign not in allowed and sign not in _JOINERS
        and (sign in _NONCHARACTERS or unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp"))
        for sign in text
    )
