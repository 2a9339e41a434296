"""Clean values are stored as plain data and come back typed."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import Invalid
from forms.validation import clean, from_plain, to_plain
from tests.forms.samples import LISTS, SHANGHAI, a_form

WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=30)
EVERYTHING = [
    'key = "name"\nlabel = "名称"\ntype = "text"', 'key = "story"\nlabel = "经过"\ntype = "longtext"',
    'key = "day"\nlabel = "日期"\ntype = "date"', 'key = "moment"\nlabel = "时间"\ntype = "datetime"',
    'key = "sum"\nlabel = "金额"\ntype = "money"', 'key = "count"\nlabel = "数目"\ntype = "integer"',
    'key = "ratio"\nlabel = "比例"\ntype = "decimal"', 'key = "agreed"\nlabel = "同意"\ntype = "boolean"',
    'key = "colours"\nlabel = "颜色"\ntype = "codes"\nlist = "COLOUR"',
    'key = "rows"\nlabel = "行"\ntype = "group"\n[[field.field]]\nkey = "name"\nlabel = "名称"\ntype = "text"\n'
    '[[field.field]]\nkey = "sum"\nlabel = "金额"\ntype = "money"',
]
MONEY = st.decimals(min_value=0, max_value=10**12, places=2).map(lambda amount: format(amount, "f"))
MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2199, 12, 30), timezones=st.just(SHANGHAI)  # noqa: DTZ001
                       ).map(lambda moment: moment.isoformat())
RAW = st.fixed_dictionaries({}, optional={
    "name": WORDS, "story": WORDS, "day": st.dates(date(1950, 1, 1), date(2199, 12, 31)).map(str), "moment": MOMENTS,
    "sum": MONEY, "count": st.integers(-(10**9), 10**9), "ratio": st.decimals(-1000, 1000, places=6).map(
        lambda number: format(number, "f")),
    "agreed": st.booleans(), "colours": st.lists(st.sampled_from(sorted(LISTS["COLOUR"])), unique=True),
    "rows": st.lists(st.fixed_dictionaries({}, optional={"name": WORDS, "sum": MONEY}), max_size=3),
})


@settings(max_examples=150, deadline=None)
@given(raw=RAW)
def test_plain_values_come_back_typed(raw: dict[str, object]) -> None:
    form = a_form(*EVERYTHING)
    values = clean(form, raw, officer_ids=None)
    plain = to_plain(values)
    assert from_plain(form, plain) == values
    assert to_plain(from_plain(form, plain)) == plain
    assert clean(form, {key: one for key, one in plain.items() if one is not None}, officer_ids=None) == values


def test_stored_values_that_do_not_fit_are_refused() -> None:
    form = a_form(*EVERYTHING)
    assert from_plain(form, {})["rows"] is None
    for broken in ({"day": "yesterday"}, {"sum": "much"}, {"rows": [3]}, {"day": 3}):
        with pytest.raises(Invalid) as caught:
            from_plain(form, broken)
        assert caught.value.code == "form.stored_values"
