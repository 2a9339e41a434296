"""The FEEL language beyond conditions: each expression equals the plainer one beside it, in value and in kind."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.rules.decisions import plain
from engine.rules.feel import compile_part
from engine.rules.feel_types import FeelType
from engine.rules.names import Binding, Names
from engine.rules.values import Scope, Work


def value(text: str) -> Any:
    """The value as the standard has it: what is faulty is null."""
    part, _ = compile_part(text, Names(strict=False))
    return plain(part.run(Scope({}, Work())))


EQUAL = """
for i in 1..5 return i * 2 | [2, 4, 6, 8, 10]
for i in 3..1 return i | [3, 2, 1]
for i in [1..3] return i | [1, 2, 3]
for i in [1, 2], j in [i, 9] return i * j | [1, 9, 4, 18]
for i in 1..4 return if i = 1 then 1 else i * partial[-1] | [1, 2, 6, 24]
for d in @"2026-01-31"..@"2026-02-01" return d.day | [31, 1]
some x in [1, 2, 3] satisfies x > 2 | true
some x in [1, null] satisfies x > 2 | null
every x in [] satisfies false | true
every x in [1, 2], y in [2, 3] satisfies x <= y | true
{a: 1, b: a + 1}.b | 2
{"税 率": 0.1, 税额: 税 率 * 100}.税额 | 10
{foo+bar: 1}.foo+bar | 1
{a: 1, a: 2} | null
[{a: 1, b: 2}, {a: 2, b: 3}][a = 2].b | [3]
[{a: 1}, {a: 2}].a | [1, 2]
[1, 2, 3, 4][item > 2] | [3, 4]
[1, 2, 3][-1] | 3
[1, 2, 3][4] | null
100[1] | 100
[[1, 2], [3]][1] | [1, 2]
[{item: 1}, {item: 2}][item = 2] | [{item: 2}]
[1, 2, 3][item = 2 and (some x in [2] satisfies x = 2)] | [2]
5 in [1..5[ | false
5 in (1..5] | true
5 in (< 3, > 4) | true
5 in ((1..3), [5..6]) | true
1 in [2, 3] | false
(> 3) = (> 3) | true
[1..5).end included | false
(1..5].start | 1
1 = "1" | null
null != 1 | true
true and null | null
false and null | false
true or "x" | true
if null then 1 else 2 | 2
1 < "a" | null
-2 ** 2 | 4
2 ** -1 | 0.5
1 / 0 | null
1 / 3 * 3 | 0.9999999999999999999999999999999999
0.1 + 0.2 | 0.3
1e3 + .5 | 1000.5
"a" + "b" | "ab"
"a" + 1 | null
"\\u4e2d" + "\\"" | "中" + "\\""
没有的名称 + 1 | null
没有的函数(1) | null
// 说明
1 /* 中间 */ + 1 | 2
date("2026-01-31") + duration("P1M") | @"2026-02-28"
date("2026-03-01") - date("2026-02-01") | @"P28D"
@"2026-03-01T10:00:00" - @"2026-03-01T08:30:00" | @"PT1H30M"
time("23:00:00") + @"PT3H" | @"02:00:00"
@"P1Y" * 2.5 | @"P2Y6M"
@"P1Y" / @"P1M" | 12
@"P1D" / 2 | @"PT12H"
-@"P1Y3M" | @"-P15M"
@"P1Y2M3D" | null
date("2026-02-30") | null
date(2026, 3, 5) | @"2026-03-05"
date and time(date("2026-03-05"), time("10:00:00")) | @"2026-03-05T10:00:00"
time(11, 59, 45, @"PT8H") | @"11:59:45+08:00"
@"2026-01-01T10:00:00+08:00" = @"2026-01-01T02:00:00Z" | true
@"2026-01-01T10:00:00" < @"2026-01-01T10:00:00Z" | null
@"10:30:05@Asia/Shanghai".timezone | "Asia/Shanghai"
@"10:30:05+08:00".time offset | @"PT8H"
@"P1DT2H3M4S".minutes | 3
@"2026-03-05".weekday | 4
years and months duration(date("2020-01-31"), date("2021-03-30")) | @"P1Y1M"
day of year(date(2019, 9, 17)) | 260
day of week(date(2019, 9, 17)) | "Tuesday"
month of year(date(2019, 9, 17)) | "September"
week of year(date(2003, 12, 29)) | 1
is(@"10:00:00Z", @"10:00:00+00:00") | true
string(1.50) | "1.50"
string([1, "a", {x: null}]) | "[1, \\"a\\", {x: null}]"
string(@"P1Y2M") | "P1Y2M"
string(@"2026-03-05T10:00:00.5+08:00") | "2026-03-05T10:00:00.5+08:00"
number("1 000,5", " ", ",") | 1000.5
number("1e-2") | 0.01
number("1,5", null, ",") | 1.5
number("1.500", ".", null) | null
string join(["a", "b"], null) | "ab"
floor(1.5, null) | null
number("abc") | null
substring("foobar", -2, 1) | "a"
substring("行政处罚", 3) | "处罚"
string length("\\U01F40Eab") | 3
upper case("aBc4") | "ABC4"
substring before("foobar", "bar") | "foo"
substring after("foobar", "ob") | "ar"
replace("abcd", "(ab)|(a)", "[1=$1][2=$2]") | "[1=ab][2=]cd"
replace("abc", "x*", "-") | null
matches("FOOBAR", "^fo*b", "i") | true
matches("abc", "(") | null
split("甲、乙、丙", "、") | ["甲", "乙", "丙"]
string join(["a", null, "c"], "-") | "a-c"
list contains([1, null], null) | true
count([1, 2, 3]) | 3
min(1, 2, 3) | 1
max([]) | null
max("a", "b") | "b"
sum([1, "a"]) | null
mean([1, 2, 6]) | 3
all([true, null]) | null
any([true, null]) | true
sublist([4, 5, 6], 1, 2) | [4, 5]
append([1], 2, [3]) | [1, 2, [3]]
concatenate([1, 2], [[3]]) | [1, 2, [3]]
insert before([1, 3], 1, 2) | [2, 1, 3]
remove([1, 2, 3], 2) | [1, 3]
reverse([1, 2, 3]) | [3, 2, 1]
index of([1, 2, 3, 2], 2) | [2, 4]
union([1, 2], [2, 3]) | [1, 2, 3]
distinct values([1, 2, 1]) | [1, 2]
flatten([[1, 2], [[3]], 4]) | [1, 2, 3, 4]
product(2, 3, 4) | 24
median([6, 1, 2, 3]) | 2.5
decimal(stddev(2, 4, 7, 5), 4) | 2.0817
mode([6, 1, 9, 6, 1]) | [1, 6]
sort([3, 1, 4], function(x, y) x < y) | [1, 3, 4]
sort(list: [3, 1, 4], precedes: function(x, y) x > y) | [4, 3, 1]
list replace([2, 4, 7], 2, 5) | [2, 5, 7]
list replace([2, 4, 7], function(item, new) item < new, 5) | [5, 5, 7]
decimal(2.5, 0) | 2
floor(-1.56, 1) | -1.6
ceiling(-1.5) | -1
round up(-5.1, 0) | -6
round down(-1.126, 2) | -1.12
round half up(-2.5, 0) | -3
round half down(5.5, 0) | 5
modulo(-12, 5) | 3
modulo(10.1, -4.5) | -3.4
decimal(sqrt(2), 6) | 1.414214
decimal(log(10), 6) | 2.302585
decimal(exp(1), 6) | 2.718282
odd(5) and even(-2) | true
abs(@"-P1D") | @"P1D"
before([1..5), [5..10]) | true
before(point: 1, range: [2..3]) | true
for f in [min, max] return f([1, 2]) | [1, 2]
concatenate([1], null) | null
after(10, [1..5]) | true
meets([1..5], [5..10]) | true
met by([5..10], [1..5)) | false
overlaps([1..5], [3..8]) | true
overlaps before([1..5], [3..8]) | true
overlaps after([3..8], [1..5]) | true
finishes(5, [1..5]) | true
finished by([1..5], (2..5]) | true
includes([1..10], [4..6]) | true
during(5, [1..5)) | false
starts([1..5], [1..10]) | true
started by([1..10], [1..5]) | true
coincides([1..5], [1..5]) | true
get value({k: "v"}, "k") | "v"
get entries({a: 1}) | [{key: "a", value: 1}]
context([{key: "a", value: 1}]) | {a: 1}
context put({x: {y: 1}}, ["x", "y"], 2) | {x: {y: 2}}
context merge([{x: 1}, {x: 2, y: 3}]) | {x: 2, y: 3}
(function(a, b) a + b)(1, 2) | 3
{f: function(x: number) x * x, r: f(x: 3)}.r | 9
{f: function(x: number) x, r: f("a")}.r | null
[1] instance of list<number> | true
{a: 1} instance of context<a: string> | false
@"P1D" instance of days and time duration | true
[1..2] instance of range<number> | true
null instance of number | false
(function() 1) instance of function<> -> number | true
"""
ROWS = [line.rsplit(" | ", 1) for line in EQUAL.replace("// 说明\n", "// 说明\x01").strip().splitlines()]


@pytest.mark.parametrize(("text", "plainer"), ROWS, ids=[row[0] for row in ROWS])
def test_expression_equals_the_plainer_one(text: str, plainer: str) -> None:
    got, wanted = value(text.replace("\x01", "\n")), value(plainer)
    assert got == wanted
    assert got.__class__ is wanted.__class__


def test_the_table_is_not_made_of_nulls() -> None:
    assert sum(value(plainer) is None for _, plainer in ROWS) < len(ROWS) / 5


def _evaluated(text: str, facts: dict[str, tuple[FeelType, Any]]) -> Any:
    layer = [Binding(name, kind, lambda values, name=name: values[name]) for name, (kind, _) in facts.items()]
    part, _ = compile_part(text, Names().with_layer(layer))
    return part.run(Scope({name: given for name, (_, given) in facts.items()}, Work()))


def test_the_longest_declared_name_wins() -> None:
    named = {"罚款": 1, "罚款 - 减免": 2, "减免": 4, "年收入 (万元)": 8, "income and expense": 16}
    numbers: dict[str, tuple[FeelType, Any]] = {name: (FeelType.NUMBER, Decimal(given)) for name, given in named.items()}
    numbers["approved/declined"] = (FeelType.STRING, "a")
    assert _evaluated("罚款-减免", numbers) == 2
    assert _evaluated("罚款 +减免", numbers) == 5
    assert _evaluated("年收入 (万元) * 2", numbers) == 16
    assert _evaluated('approved/declined = "a" and income and expense > 1', numbers) is True
