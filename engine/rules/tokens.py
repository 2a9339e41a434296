"""Cuts a FEEL text into tokens: words, numbers, strings and signs; refuses what cannot be seen or is too long."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from engine.rules.feel_types import fault

LONGEST_TEXT: Final = 4000
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANKS = " \t\r\n"
_SIGNS: Final = ("**", "..", "<=", ">=", "!=", "->", *"+-*/()[]{},:.<>=@'")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_CODE_DIGITS: Final = {"u": 4, "U": 6}
KEYWORDS: Final = frozenset(
    {"if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or", "between", "function",
     "true", "false", "null", "not"}
)


@dataclass(frozen=True, slots=True)
class Token:
    """kind: word, number, string, sign or end; text: as written, of a string its value; start: place in the text."""

    kind: str
    text: str
    start: int

    def is_name(self) -> bool:
        """Whether a name may begin here."""
        return self.kind == "word" and self.text not in KEYWORDS


def tokenise(text: str) -> list[Token]:
    """The tokens of a text with a last one of kind end. Raises PackageFault feel.syntax or feel.bounds."""
    check_text(text)
    tokens: list[Token] = []
    place = 0
    while (place := _skip(text, place)) < len(text):
        token, place = _token(text, place)
        tokens.append(token)
    return [*tokens, Token("end", "", len(text))]


def name_tokens(name: str) -> tuple[str, ...]:
    """A declared name as the parser will meet it: 税率 (1/2) is 税率, (, 1, /, 2, )."""
    return tuple(token.text for token in tokenise(name)[:-1])


def check_text(text: str) -> None:
    """Refuse before anything else what is empty, too long or holds characters that nobody can see."""
    if not isinstance(text, str) or not text.strip():
        raise fault("syntax", 0, "表达式是空的")
    if len(text) > LONGEST_TEXT:
        raise fault("bounds", LONGEST_TEXT, f"表达式超过{LONGEST_TEXT}个字符")
    for place, sign in enumerate(text):
        if sign not in _BLANKS and unicodedata.category(sign) in _HIDDEN:
            raise fault("syntax", place, "含有看不见的字符")


def _skip(text: str, place: int) -> int:
    """The next place that is neither blank nor comment."""
    while place < len(text):
        if text[place] in _BLANKS:
            place += 1
        elif text.startswith("//", place):
            line_end = text.find("\n", place)
            place = len(text) if line_end < 0 else line_end
        elif text.startswith("/*", place):
            closing = text.find("*/", place + 2)
            if closing < 0:
                raise fault("syntax", place, "注释没有结束")
            place = closing + 2
        else:
            break
    return place


def _token(text: str, place: int) -> tuple[Token, int]:
    sign = text[place]
    if sign == '"':
        return _string(text, place)
    if sign.isascii() and (sign.isdigit() or (sign == "." and text[place + 1 : place + 2].isdigit())):
        end = _number_end(text, place)
        return Token("number", text[place:end], place), end
    if _begins_word(sign):
        end = place + 1
        while end < len(text) and (_begins_word(text[end]) or text[end].isdigit() or unicodedata.category(text[end])[0] == "M"):
            end += 1
        return Token("word", text[place:end], place), end
    for known in _SIGNS:
        if text.startswith(known, place):
            return Token("sign", known, place), place + len(known)
    raise fault("syntax", place, f"不能识别“{sign}”")


def _begins_word(sign: str) -> bool:
    return sign.isalpha() or sign in "_?" or (ord(sign) >= 0x10000 and unicodedata.category(sign) == "So")


def _number_end(text: str, place: int) -> int:
    def digits(start: int) -> int:
        while start < len(text) and text[start].isascii() and text[start].isdigit():
            start += 1
        return start

    end = digits(place)
    if text[end : end + 1] == "." and digits(end + 1) > end + 1:
        end = digits(end + 1)
    if text[end : end + 1] in ("e", "E"):
        signed = end + 2 if text[end + 1 : end + 2] in ("+", "-") else end + 1
        if digits(signed) > signed:
            return digits(signed)
    return end


def _string(text: str, place: int) -> tuple[Token, int]:
    inner, at = [], place + 1
    while at < len(text) and text[at] != '"':
        if text[at] in "\r\n":
            break
        if text[at] != "\\":
            inner.append(text[at])
            at += 1
            continue
        letter = text[at + 1 : at + 2]
        if letter in _CODE_DIGITS:
            character, at = _code_point(text, at, letter)
            inner.append(character)
            continue
        inner.append(_ESCAPES.get(letter, "\\" + letter))  # what is no escape stays as written, for patterns
        at += 2
    if text[at : at + 1] != '"':
        raise fault("syntax", place, "文本没有结束的引号")
    return Token("string", "".join(inner), place), at + 1


def _code_point(text: str, at: int, letter: str) -> tuple[str, int]:
    end = at + 2 + _CODE_DIGITS[letter]
    digits = text[at + 2 : end]
    try:
        if len(digits) != _CODE_DIGITS[letter] or not digits.isalnum():
            raise ValueError
        character = chr(int(digits, 16))
    except ValueError:
        raise fault("syntax", at, "字符编码应当写作 \\uXXXX 或者 \\UXXXXXX") from None
    if unicodedata.category(character) == "Cs" and text[end : end + 2] == "\\u":
        low = text[end + 2 : end + 6]
        if low[:1] in "dD" and len(low) == 4 and low.isalnum():
            try:
                character = (character + chr(int(low, 16))).encode("utf-16", "surrogatepass").decode("utf-16")
                end += 6
            except (ValueError, UnicodeDecodeError):
                pass
    if unicodedata.category(character) in _HIDDEN and character not in _BLANKS:
        raise fault("syntax", at, "含有看不见的字符")
    return character, end
