"""Amounts, dates, numerals and numbers are written as documents write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from engine.errors import Invalid, PackageFault
from engine.law.wording import (
    amount_in_capitals,
    article,
    chinese_date,
    chinese_moment,
    chinese_numeral,
    date_in_numerals,
    format_number,
    join_list,
    money_figures,
    money_text,
)


@pytest.mark.parametrize(
    ("amount", "capitals"),
    [
        ("186000", "壹拾捌万陆仟元整"),
        ("17200", "壹万柒仟贰佰元整"),
        ("12000", "壹万贰仟元整"),
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.5", "伍角整"),
        ("0.55", "伍角伍分"),
        ("1", "壹元整"),
        ("10", "壹拾元整"),
        ("100", "壹佰元整"),
        ("101", "壹佰零壹元整"),
        ("110", "壹佰壹拾元整"),
        ("1000.50", "壹仟元伍角整"),
        ("1000.05", "壹仟元零伍分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("1001", "壹仟零壹元整"),
        ("1010", "壹仟零壹拾元整"),
        ("10001", "壹万零壹元整"),
        ("10100", "壹万零壹佰元整"),
        ("100000", "壹拾万元整"),
        ("107000", "壹拾万柒仟元整"),
        ("10000010", "壹仟万零壹拾元整"),
        ("100000000", "壹亿元整"),
        ("100010000", "壹亿零壹万元整"),
        ("100001234", "壹亿零壹仟贰佰叁拾肆元整"),
        ("1000000001", "壹拾亿零壹元整"),
        ("999999999999.99", "玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_amount_in_capitals(amount: str, capitals: str) -> None:
    assert amount_in_capitals(Decimal(amount)) == capitals


@pytest.mark.parametrize("amount", [Decimal("-1"), Decimal("0.001"), Decimal(10**12), Decimal("NaN"), Decimal("Infinity")])
def test_amount_that_cannot_be_written_is_refused(amount: Decimal) -> None:
    with pytest.raises(Invalid):
        amount_in_capitals(amount)


def test_money_in_figures() -> None:
    assert money_text(186000) == "186,000.00元"
    assert money_figures(Decimal("1234567.5")) == "1,234,567.50"


def test_dates() -> None:
    assert chinese_date(date(2026, 5, 12)) == "2026年5月12日"
    assert chinese_date(datetime(2026, 5, 11, 17, 0, tzinfo=UTC)) == "2026年5月12日"
    assert chinese_moment(datetime(2026, 5, 12, 7, 0, tzinfo=UTC)) == "2026年5月12日15时00分"
    assert date_in_numerals(date(2026, 5, 12)) == "二〇二六年五月十二日"
    assert date_in_numerals(date(2030, 10, 31)) == "二〇三〇年十月三十一日"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "零"), (3, "三"), (10, "十"), (15, "十五"), (20, "二十"), (64, "六十四"), (100, "一百"), (105, "一百零五"),
        (110, "一百一十"), (156, "一百五十六"), (1260, "一千二百六十"), (100010, "十万零一十"),
    ],
)
def test_chinese_numerals(number: int, text: str) -> None:
    assert chinese_numeral(number) == text


def test_articles_and_lists() -> None:
    assert article("行政处罚法", 64, item=1) == "行政处罚法 第六十四条第一项"
    assert article("行政处罚法", 57, 2) == "行政处罚法 第五十七条第二款"
    assert join_list(["罚款", "没收违法所得", "没收非法财物"], "和") == "罚款、没收违法所得和没收非法财物"
    assert join_list(["罚款", ""]) == "罚款"
    assert join_list([]) == ""


def test_numbers_from_patterns() -> None:
    tokens = {"abbr": "云望", "dom": "市监", "year": 2026, "seq": 31, "case_no": "999901YWCF2026000027"}
    assert format_number("{abbr}{dom}罚告〔{year}〕{seq}号", **tokens) == "云望市监罚告〔2026〕31号"
    assert format_number("{abbr}{dom}罚告[{year}]{seq}号", **tokens) == "云望市监罚告〔2026〕31号"
    assert format_number("{case_no}-ZJ{seq:03d}", **tokens) == "999901YWCF2026000027-ZJ031"
    assert format_number("登记{year}-{seq:05d}", **tokens) == "登记2026-00031"


@pytest.mark.parametrize("pattern", ["{abbr}{none}号", "{abbr.__class__}", "{abbr!r}", "{seq:>10}", "{", "{0}", "{seq:99999d}"])
def test_pattern_with_anything_else_in_braces_is_refused(pattern: str) -> None:
    with pytest.raises(PackageFault):
        format_number(pattern, abbr="云望", seq=1)


def test_empty_token_is_refused() -> None:
    with pytest.raises(PackageFault, match="没有取值"):
        format_number("{abbr}〔{year}〕1号", abbr="", year=2026)
