"""What is handed in is either clean or refused with every fault at once."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import Invalid
from forms.validation import clean, from_plain, to_plain
from tests.forms.samples import FORM_IDS, SHANGHAI, a_form, answers, codes, faults, national


def one(kind: str, more: str = "") -> object:
    return a_form(f'key = "value"\nlabel = "某项"\ntype = "{kind}"\nrequired = true\n{more}')


def value(kind: str, raw: object, more: str = "") -> object:
    return clean(one(kind, more), {"value": raw}, officer_ids=None)["value"]  # type: ignore[arg-type]


def code(kind: str, raw: object, more: str = "") -> str:
    found = codes(one(kind, more), {"value": raw})  # type: ignore[arg-type]
    assert [where.split("[")[0] for where, _ in found] == ["value"]
    return found[0][1]


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        ("text", "  云江市\u3000", "云江市"),
        ("text", "e\u0301", "\u00e9"),
        ("longtext", "甲\r\n乙\r丙\u2028丁", "甲\n乙\n丙\n丁"),
        ("boolean", True, True),
        ("boolean", "否", False),
        ("date", "2026-03-02", date(2026, 3, 2)),
        ("datetime", "2026-03-02T10:15", datetime(2026, 3, 2, 10, 15, tzinfo=SHANGHAI)),
        ("datetime", "2026-03-02 10:15:30", datetime(2026, 3, 2, 10, 15, 30, tzinfo=SHANGHAI)),
        ("datetime", "2026-03-02T02:15:00Z", datetime(2026, 3, 2, 10, 15, tzinfo=SHANGHAI)),
        ("datetime", "2026-03-02T10:15:00+08:00", datetime(2026, 3, 2, 10, 15, tzinfo=SHANGHAI)),
        ("money", "186000", Decimal("186000.00")),
        ("money", "186,000.5", Decimal("186000.50")),
        ("money", 17200, Decimal("17200.00")),
        ("money", 0.1, Decimal("0.10")),
        ("integer", "-3", -3),
        ("integer", 7, 7),
        ("decimal", "0.71", Decimal("0.71")),
        ("identity_number", " 99990119900824264x ", "99990119900824264X"),
        ("identity_number", "９９９９０１ 19850312 3512", "999901198503123512"),
        ("credit_code", "91999901ma0wbx001n", "91999901MA0WBX001N"),
        ("phone", "139 0000 0001", "13900000001"),
        ("officer", "yjwh0101", "YJWH0101"),
        ("officers", ["YJWH0101", "YJWH0102"], ["YJWH0101", "YJWH0102"]),
    ],
)
def test_good_input_becomes_a_typed_value(kind: str, raw: object, expected: object) -> None:
    found = value(kind, raw)
    assert found == expected
    assert type(found) is type(expected)
    if isinstance(found, datetime):
        assert found.tzinfo == SHANGHAI


@pytest.mark.parametrize(
    ("kind", "raw", "expected"),
    [
        ("text", "a\x00b", "form.bad_characters"),
        ("text", "a\nb", "form.bad_characters"),
        ("text", "a\u202eb", "form.bad_characters"),
        ("text", "a\u200bb", "form.bad_characters"),
        ("text", "a\ud800b", "form.bad_characters"),
        ("text", "a\uffffb", "form.bad_characters"),
        ("longtext", "a\x1bb", "form.bad_characters"),
        ("text", "长" * 201, "form.too_long"),
        ("longtext", "长" * 5001, "form.too_long"),
        ("text", 5, "form.wrong_type"),
        ("text", ["a"], "form.wrong_type"),
        ("text", {"a": 1}, "form.wrong_type"),
        ("boolean", "maybe", "form.wrong_type"),
        ("boolean", 1, "form.wrong_type"),
        ("date", "2026-02-30", "form.bad_date"),
        ("date", "2026-2-3", "form.bad_date"),
        ("date", "20260302", "form.bad_date"),
        ("date", "2026-03-02T10:00", "form.bad_date"),
        ("date", "0001-01-01", "form.out_of_range"),
        ("date", 20260302, "form.wrong_type"),
        ("datetime", "2026-02-30T10:00", "form.bad_datetime"),
        ("datetime", "2026-03-02T25:00", "form.bad_datetime"),
        ("datetime", "2026-03-02", "form.bad_datetime"),
        ("datetime", "0001-01-01T00:00+14:00", "form.out_of_range"),
        ("datetime", "9999-12-31T23:59-12:00", "form.out_of_range"),
        ("datetime", "2026-03-02T10:15+99:99", "form.bad_datetime"),
        ("money", "-1", "form.bad_money"),
        ("money", -1, "form.bad_money"),
        ("money", "1.005", "form.bad_money"),
        ("money", 1.005, "form.bad_number"),
        ("money", "NaN", "form.bad_money"),
        ("money", "Infinity", "form.bad_money"),
        ("money", "1e999", "form.bad_money"),
        ("money", float("nan"), "form.bad_number"),
        ("money", float("inf"), "form.bad_money"),
        ("money", float("-inf"), "form.bad_money"),
        ("money", "１８万", "form.bad_money"),
        ("money", "18,60,00", "form.bad_money"),
        ("money", 10**17, "form.bad_money"),
        ("money", True, "form.wrong_type"),
        ("integer", "1.5", "form.bad_number"),
        ("integer", 1.5, "form.wrong_type"),
        ("integer", "1e3", "form.bad_number"),
        ("decimal", "0.1234567", "form.bad_number"),
        ("identity_number", "999901198503123511", "form.bad_identity_number"),
        ("identity_number", "12345", "form.bad_identity_number"),
        ("credit_code", "91999901MA0WBX001M", "form.bad_credit_code"),
        ("phone", "12345", "form.bad_phone"),
        ("officer", "林望舒", "form.bad_officer"),
        ("officers", ["YJWH0101", "YJWH0101"], "form.repeated"),
        ("officers", "YJWH0101", "form.wrong_type"),
        ("officers", [["YJWH0101"]], "form.wrong_type"),
    ],
)
def test_bad_input_is_refused(kind: str, raw: object, expected: str) -> None:
    assert code(kind, raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"), [("BLUE", "form.not_a_choice"), ("red", "form.not_a_choice"), (["RED"], "form.wrong_type")]
)
def test_a_code_is_one_of_its_list(raw: object, expected: str) -> None:
    assert value("code", "RED", 'list = "COLOUR"') == "RED"
    assert code("code", raw, 'list = "COLOUR"') == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [(["RED", "RED"], "form.repeated"), (["BLUE"], "form.not_a_choice"), ("RED", "form.wrong_type"), ([], "form.missing")],
)
def test_codes_are_several_of_a_list(raw: object, expected: str) -> None:
    assert value("codes", ["RED", "GREEN"], 'list = "COLOUR"') == ["RED", "GREEN"]
    assert code("codes", raw, 'list = "COLOUR"') == expected


def test_bounds_of_numbers() -> None:
    assert code("money", "0.99", "minimum = 1\nmaximum = 10") == "form.out_of_range"
    assert code("integer", "11", "minimum = 1\nmaximum = 10") == "form.out_of_range"
    assert value("decimal", "10", "minimum = 1\nmaximum = 10") == 10


@pytest.mark.parametrize("blank", ["", "  ", "\u3000", None])
def test_blank_is_no_answer(blank: object) -> None:
    form = a_form('key = "name"\nlabel = "名称"\ntype = "text"', 'key = "sum"\nlabel = "金额"\ntype = "money"')
    assert clean(form, {"name": blank, "sum": blank}, officer_ids=None) == {"name": None, "sum": None}
    assert code("text", blank) == "form.missing"


ROWS = 'key = "rows"\nlabel = "行"\ntype = "group"\nrequired = true\nmaximum_rows = 2\n[[field.field]]\n' \
       'key = "name"\nlabel = "名称"\ntype = "text"\nrequired = true\n[[field.field]]\n' \
       'key = "when"\nlabel = "日期"\ntype = "date"'


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], [("rows", "form.missing")]),
        ("x", [("rows", "form.wrong_type")]),
        ([1], [("rows[0]", "form.wrong_type")]),
        ([{}], [("rows[0].name", "form.missing")]),
        ([{"name": "甲"}, {"name": "乙", "when": "2026-02-30"}], [("rows[1].when", "form.bad_date")]),
        ([{"name": "甲", "colour": 1}], [("rows[0].colour", "form.unknown_field")]),
        ([{"name": "甲"}] * 3, [("rows", "form.too_many_rows")]),
        ([{"name": "甲"}, {"name": "\x00", "when": 3}],
         [("rows[1].name", "form.bad_characters"), ("rows[1].when", "form.wrong_type")]),
    ],
)
def test_rows_are_checked_one_by_one(rows: object, expected: list[tuple[str, str]]) -> None:
    assert codes(a_form(ROWS), {"rows": rows}) == expected


def test_a_fault_in_a_row_says_in_which() -> None:
    found = faults(a_form(ROWS), {"rows": [{"name": "甲"}, {}]})
    assert [fault.message for fault in found] == ["“行”第2行：“名称”必须填写。"]


@pytest.mark.parametrize("key", ["rows[²].name", "rows[0].name", "nobody[0].x", "rows[", "\ud800", "a" * 500, ""])
def test_strange_names_are_unknown_fields(key: str) -> None:
    found = codes(a_form(ROWS), {"rows": [{"name": "甲"}], key: "x"})
    assert found == [(key, "form.unknown_field")]


def test_all_faults_are_told_at_once_in_the_order_of_the_form() -> None:
    form = national("register_source")
    raw = {**answers(form, last=True), "hack": "1", "received_at": "2026-02-30T10:00", "violation_to": "2026-03-01",
           "party_code": "91999901MA0WBX001M", "party_phone": "1", "handling_opinion": ""}
    found = faults(form, raw)
    assert [fault.where for fault in found] == ["hack", "received_at", "violation_to", "party_code", "party_phone",
                                                "handling_opinion"]
    assert all(fault.message.endswith("。") for fault in found)
    assert "“统一社会信用代码”" in found[3].message
    assert not any("91999901MA0WBX001M" in fault.message for fault in found)


def test_an_officer_has_to_be_one_of_those_offered() -> None:
    form = one("officer")
    assert codes(form, {"value": "YJWH0101"}, ("YJWH0101",)) == []  # type: ignore[arg-type]
    assert codes(form, {"value": "YJWH0101"}, ()) == [("value", "form.unknown_officer")]  # type: ignore[arg-type]
    assert codes(one("officers"), {"value": ["YJWH0101", "YJWH0102"]}, ("YJWH0101",)) == [  # type: ignore[arg-type]
        ("value", "form.unknown_officer")
    ]


def test_what_hangs_on_a_wrong_answer_is_not_judged() -> None:
    form = national("confirm_address")
    assert codes(form, {**answers(form, yes=True), "electronic_consent": "perhaps"}) == [
        ("electronic_consent", "form.wrong_type")
    ]


def _deep(depth: int) -> object:
    junk: object = "x"
    for _ in range(depth):
        junk = [junk]
    return junk


@pytest.mark.parametrize(
    "raw",
    [
        {"name": _deep(5)}, {"name": _deep(100_000)}, {1: "x"}, {"name": {"a": {"b": {"c": {"d": 1}}}}},
        {"name": 10**5000}, {f"k{number}": 1 for number in range(500)}, {"rows": ["x"] * 1001}, [], "x", None,
    ],
    ids=lambda raw: type(raw).__name__,
)
def test_junk_is_refused_as_a_whole(raw: object) -> None:
    with pytest.raises(Invalid) as caught:
        clean(national("review_filing"), raw, officer_ids=None)  # type: ignore[arg-type]
    assert [fault.code for fault in caught.value.faults] == ["form.wrong_type"]


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.binary(max_size=3),
                    st.sampled_from(["2026-03-02", "2026-03-02T10:15", "1e5", "AGREE", "FINE", "PERSON"]))
JUNK = st.recursive(SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3),
                                                    st.dictionaries(st.text(max_size=5), inner, max_size=3)), max_leaves=8)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), form_id=st.sampled_from(FORM_IDS))
def test_any_json_is_clean_or_refused(data: st.DataObject, form_id: str) -> None:
    form = national(form_id)
    keys = st.sampled_from([field.key for field in form.fields]) | st.text(max_size=5)
    raw = {**answers(form), **data.draw(st.dictionaries(keys, JUNK, max_size=4))}
    try:
        values = clean(form, raw, officer_ids=None)
    except Invalid as error:
        assert error.faults
    else:
        assert from_plain(form, to_plain(values)) == values
