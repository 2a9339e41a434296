"""How amounts, dates, numbers and articles are written in a Chinese legal document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from engine.clock import legal_time
from engine.errors import Invalid, PackageFault

_CAPITALS = "零壹贰叁肆伍陆柒捌玖"
_CAPITAL_PLACES = ("仟", "佰", "拾", "")
_NUMERALS = "〇一二三四五六七八九"
_COUNTING = "零一二三四五六七八九"
_COUNTING_PLACES = ("千", "百", "十", "")
_SECTIONS = ("亿", "万", "")
_HIGHEST_AMOUNT = Decimal("999999999999.99")
_TOKEN = re.compile(r"\{([a-z_]+)(?::0([1-9])d)?\}")


def amount_in_capitals(amount: Decimal | int) -> str:
    """An amount in yuan in capitals (大写), e.g. 186000 → 壹拾捌万陆仟元整; up to 9999亿 with two decimals.

    A zero between digits is written once; 整 follows 元 and 角, nothing follows 分.
    """
    cents = _cents(amount)
    yuan, rest = divmod(cents, 100)
    tenths, hundredths = divmod(rest, 10)
    text = f"{_counted(yuan, _CAPITALS, _CAPITAL_PLACES)}元" if yuan or not rest else ""
    if not rest:
        return f"{text}整"
    if tenths:
        text += f"{_CAPITALS[tenths]}角"
    elif text:
        text += "零"
    return f"{text}{_CAPITALS[hundredths]}分" if hundredths else f"{text}整"


def money_figures(amount: Decimal | int) -> str:
    """An amount in figures with the thousands parted, e.g. 186,000.00."""
    return f"{Decimal(_cents(amount)) / 100:,.2f}"


def money_text(amount: Decimal | int) -> str:
    """An amount in figures with its unit, e.g. 186,000.00元."""
    return f"{money_figures(amount)}元"


def chinese_date(day: date) -> str:
    """A date as documents write it: 2026年5月12日; a moment is taken in the legal time zone."""
    day = _legal_day(day)
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_moment(at: datetime) -> str:
    """A moment as records write it, in the legal time zone: 2026年5月12日15时00分."""
    at = legal_time(at)
    return f"{chinese_date(at)}{at.hour}时{at.minute:02d}分"


def date_in_numerals(day: date) -> str:
    """A date in Chinese numerals as under a decision: 二〇二六年五月十二日."""
    day = _legal_day(day)
    year = "".join(_NUMERALS[int(digit)] for digit in f"{day.year:04d}")
    return f"{year}年{chinese_numeral(day.month)}月{chinese_numeral(day.day)}日"


def chinese_numeral(number: int) -> str:
    """A whole number from 0 to 9999亿 in Chinese numerals, as article numbers are written: 64 → 六十四."""
    if not 0 <= number <= int(_HIGHEST_AMOUNT):
        raise Invalid("wording.number", f"数字{number}超出可以书写的范围", number=number)
    text = _counted(number, _COUNTING, _COUNTING_PLACES)
    return text.removeprefix("一") if text.startswith("一十") else text


def article(statute: str, number: int, paragraph: int = 0, item: int = 0) -> str:
    """An article as it is cited: article("行政处罚法", 64, item=1) → 行政处罚法 第六十四条第一项."""
    text = f"{statute} 第{chinese_numeral(number)}条"
    if paragraph:
        text += f"第{chinese_numeral(paragraph)}款"
    return f"{text}第{chinese_numeral(item)}项" if item else text


def join_list(parts: Iterable[str], last: str = "、") -> str:
    """Parts joined with 、; last is what stands before the final one, e.g. 和."""
    words = [part for part in parts if part]
    return "、".join(words) if len(words) < 2 else f"{'、'.join(words[:-1])}{last}{words[-1]}"


def format_number(pattern: str, **tokens: object) -> str:
    """A document or case number from a pattern, e.g. {abbr}{dom}罚告〔{year}〕{seq}号 or {case_no}-ZJ{seq:03d}.

    Only named tokens with an optional width are known; square brackets around the year become 〔〕.
    Raises PackageFault when the pattern names a token that is not given or holds anything else in braces.
    """

    def value(found: re.Match[str]) -> str:
        name, width = found.group(1), found.group(2)
        if tokens.get(name) in (None, ""):
            raise PackageFault("number.token", f"文号格式“{pattern}”中的“{name}”没有取值", token=name)
        return f"{tokens[name]:0{width}d}" if width else str(tokens[name])

    if re.search(r"[{}]", _TOKEN.sub("", pattern)):
        raise PackageFault("number.pattern", f"文号格式“{pattern}”有误：花括号内只能是名称和位数")
    bracketed = re.sub(r"[\[【［](\{year\})[\]】］]", r"〔\1〕", pattern)
    return _TOKEN.sub(value, bracketed)


def _cents(amount: Decimal | int) -> int:
    try:
        exact = Decimal(amount).quantize(Decimal("0.01"))
    except (InvalidOperation, TypeError, ValueError):
        raise Invalid("wording.amount", f"金额“{amount}”无法书写", amount=str(amount)) from None
    if exact != amount or not 0 <= exact <= _HIGHEST_AMOUNT:
        raise Invalid("wording.amount", f"金额“{amount}”应当不小于零、最多两位小数、低于一万亿元", amount=str(amount))
    return int(exact * 100)


def _legal_day(day: date) -> date:
    return legal_time(day).date() if isinstance(day, datetime) else day


def _counted(number: int, digits: str, places: tuple[str, ...]) -> str:
    """A whole number below 10000亿 in words; zeros inside are written once."""
    if number == 0:
        return digits[0]
    sections = ((number // 10**8) % 10**4, (number // 10**4) % 10**4, number % 10**4)
    text, zero = "", False
    for section, unit in zip(sections, _SECTIONS, strict=True):
        if section == 0:
            zero = bool(text)
            continue
        if text and (zero or section < 1000):
            text += digits[0]
        text += _section(section, digits, places) + unit
        zero = False
    return text


def _section(section: int, digits: str, places: tuple[str, ...]) -> str:
    text, zero = "", False
    for digit, place in zip(f"{section:04d}", places, strict=True):
        if digit == "0":
            zero = bool(text)
            continue
        text += (digits[0] if zero else "") + digits[int(digit)] + place
        zero = False
    return text
