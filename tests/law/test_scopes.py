"""Of several limits the nearest one holds; whoever sets an own length is only stricter, unless an article allows more."""

from __future__ import annotations

import pytest

from engine.cases.cases import Case
from engine.cases.limits import holding_limits
from engine.errors import Invalid, Unlawful
from engine.law.calendar import WorkingCalendar
from engine.law.deadlines import compute, in_time, lamp
from engine.law.scopes import OwnLength, Scope, check_limit_settings, limits_for
from engine.law.time_limits import load_limits
from engine.registers.agencies import Agency
from tests.law.builders import day, moment

MARKETS = Scope(domain="market_regulation")
FARMS = Scope(domain="agriculture")


@pytest.mark.rule("R-FJ-17b", "TL_BACKFILL_GD", "TL_BACKFILL_FJ")
def test_provinces_differ_by_data() -> None:
    """粤府〔2023〕73号 第二十二条: 3 working days; 福建省人民政府令第242号 第十七条: 5 after the cause has ended."""
    guangdong = limits_for(Scope(province="guangdong"))["TL_BACKFILL"]
    fujian = limits_for(Scope(province="fujian"))["TL_BACKFILL"]
    assert (guangdong.amount, guangdong.start_event) == (3, "paper_act_performed")
    assert (fujian.amount, fujian.start_event) == (5, "paper_cause_ended")
    assert compute(guangdong, moment("2026-03-02"), WorkingCalendar()).due_on == day("2026-03-05")
    deadline = compute(fujian, moment("2026-03-02"), WorkingCalendar())
    assert in_time(deadline, moment("2026-03-09T23:59"))
    assert lamp(deadline, moment("2026-03-09T23:59")) == "yellow"
    assert not in_time(deadline, moment("2026-03-10"))
    assert lamp(deadline, moment("2026-03-10")) == "red"
    assert "TL_BACKFILL" not in limits_for(Scope(province="hunan"))


def test_the_order_is_item_domain_city_prefecture_province_nation() -> None:
    scope = Scope("440001", "price", "shenzhen", "aba", "sichuan")
    assert scope.names() == (
        "item:440001", "domain:price", "city:shenzhen", "prefecture:aba", "province:sichuan", "national"
    )
    assert MARKETS.names() == ("domain:market_regulation", "national")


def test_a_domain_comes_before_the_nation_and_a_prefecture_before_its_province() -> None:
    assert limits_for(FARMS)["TL_PEN_DECISION"].id == "TL_PEN_DECISION_AGRI"
    assert limits_for(Scope(domain="transport"))["TL_PEN_DECISION"].id == "TL_PEN_DECISION_TRANSPORT"
    assert limits_for(MARKETS)["TL_PEN_DECISION"].id == "TL_PEN_DECISION"
    assert limits_for(FARMS)["TL_DEFENCE_WINDOW"].amount == 3
    assert limits_for(Scope(province="sichuan"))["TL_CAT_APPLY"].id == "TL_CAT_APPLY_SC"
    assert limits_for(Scope(province="sichuan", prefecture="aba"))["TL_CAT_APPLY"].id == "TL_CAT_APPLY_AB"


@pytest.mark.rule("TL_PUBLICITY_MAX", "TL_PUBLICITY_SAMR_NORMAL")
def test_the_ministry_rule_comes_before_the_province_on_publicity() -> None:
    """福建省人民政府令第242号 第二十一条 yields to rules; 市场监督管理行政处罚信息公示规定 第十三条: three years."""
    assert limits_for(Scope(province="fujian"))["TL_PUBLICITY_MAX"].amount == 2
    both = limits_for(Scope(domain="market_regulation", province="fujian"))["TL_PUBLICITY_MAX"]
    assert (both.id, both.amount) == ("TL_PUBLICITY_SAMR_NORMAL", 3)


def test_limits_of_elsewhere_do_not_hold_here() -> None:
    here = limits_for(Scope(domain="market_regulation", province="guangdong"))
    assert {"TL_CAT_APPLY", "TL_PATROL_DEPT_AB", "TL_DATA_AGGREGATE_XA", "TL_PUBLICITY_MIN"}.isdisjoint(here)
    assert "TL_LAW_TEXT" in here
    assert "TL_COURT_ACCEPT" in here


@pytest.mark.parametrize(
    ("code", "scope"),
    [
        ("440000", Scope(domain="d", province="guangdong")), ("440304", Scope(domain="d", province="guangdong", city="shenzhen")),
        ("513221", Scope(domain="d", province="sichuan", prefecture="aba")), ("610102", Scope(domain="d", city="xian")),
        ("350000", Scope(domain="d", province="fujian")), ("999901", Scope(domain="d")),
    ],
)
def test_a_division_code_tells_the_place(code: str, scope: Scope) -> None:
    assert Scope.of("d", code) == scope


@pytest.mark.rule("INV-A12")
def test_the_nearest_own_length_wins_and_is_only_stricter() -> None:
    scope = Scope(item="440001", domain="market_regulation", province="guangdong")
    own = [
        OwnLength("TL_CASE_REVIEW", "item:440001", 5), OwnLength("TL_CASE_REVIEW", "domain:market_regulation", 8),
        OwnLength("TL_CASE_REVIEW", "province:guangdong", 3), OwnLength("TL_CASE_REVIEW", "province:fujian", 1),
    ]
    assert limits_for(scope, own=own)["TL_CASE_REVIEW"].amount == 5
    assert limits_for(scope, own=own[1:])["TL_CASE_REVIEW"].amount == 8
    nearer = [OwnLength("TL_CASE_REVIEW", "domain:market_regulation", 8), OwnLength("TL_CASE_REVIEW", "item:440001", 9)]
    assert limits_for(scope, own=nearer)["TL_CASE_REVIEW"].amount == 9  # stricter than the law, that is enough
    assert limits_for(scope, own=nearer[::-1])["TL_CASE_REVIEW"].amount == 9
    assert limits_for(scope, own=own[2:])["TL_CASE_REVIEW"].amount == 10  # a province does not reach over a ministry's rule
    assert limits_for(scope, own=[OwnLength("TL_PAY", "province:guangdong", 20)])["TL_PAY"].amount == 20
    with pytest.raises(Unlawful) as laxer:
        limits_for(scope, own=[OwnLength("TL_CASE_REVIEW", "item:440001", 11)])
    assert laxer.value.article == load_limits()["TL_CASE_REVIEW"].basis
    with pytest.raises(Unlawful):
        limits_for(scope, own=[OwnLength("TL_PAY", "province:guangdong", 14)])


def test_only_a_cited_article_may_be_laxer_or_count_otherwise() -> None:
    cited = OwnLength("TL_CASE_REVIEW", "item:440001", 15, "calendar_day", "某省行政执法条例 第三十条")
    found = limits_for(Scope(item="440001", domain="market_regulation"), own=[cited])["TL_CASE_REVIEW"]
    assert (found.amount, found.unit) == (15, "calendar_day")
    assert found.basis.startswith("某省行政执法条例 第三十条")
    for wrong in (
        OwnLength("TL_CASE_REVIEW", "item:440001", 15, "", "本局内部通知"),
        OwnLength("TL_CASE_REVIEW", "item:440001", 5, "calendar_day"),
        OwnLength("TL_CASE_REVIEW", "item:440001", 5, "week", "某省行政执法条例 第三十条"),
        OwnLength("TL_NOBODY", "item:440001", 5),
    ):
        with pytest.raises((Unlawful, Invalid)):
            limits_for(Scope(item="440001", domain="market_regulation"), own=[wrong])


def test_a_package_sets_its_own_length_by_the_name_of_the_limit() -> None:
    found = limits_for(MARKETS, {"TL_CASE_REVIEW": 6, "measure_period_rolls": True})
    assert found["TL_CASE_REVIEW"].amount == 6
    cited = {"value": 15, "unit": "calendar_day", "article": "某省行政执法条例 第三十条"}
    assert limits_for(MARKETS, {"TL_CASE_REVIEW": cited})["TL_CASE_REVIEW"].amount == 15
    assert limits_for(FARMS, {"TL_CASE_REVIEW": 6})["TL_CASE_REVIEW"].amount == 5  # never laxer than the domain's own row
    assert limits_for(MARKETS, {"TL_DEFENCE_WINDOW": 3})["TL_DEFENCE_WINDOW"].amount == 5
    with pytest.raises(Invalid, match="整数"):
        limits_for(MARKETS, {"TL_CASE_REVIEW": "6"})


@pytest.mark.parametrize("limit", ["TL_CREDIT_NORMAL_MIN", "TL_PUBLICITY_SAMR_NORMAL", "TL_RECON_DECISION"])
def test_some_lengths_are_nobodys_to_change(limit: str) -> None:
    subject, amount = load_limits()[limit].subject, load_limits()[limit].amount
    domain = "domain:market_regulation"
    assert limits_for(MARKETS, own=[OwnLength(subject, domain, amount)])[subject].amount == amount
    for other in (amount - 1, amount + 1):
        with pytest.raises(Unlawful, match="不同于"):
            limits_for(MARKETS, own=[OwnLength(subject, domain, other)])


def test_running_cases_know_a_limit_by_the_name_that_procedures_use() -> None:
    """A diagram says TL_PEN_DECISION; a farm case runs by 农业行政处罚程序规定 第五十八条 all the same."""
    case = Case(agency=Agency(domain="agriculture"), region_code="440304", item_code="X-1")
    holding = holding_limits(case, load_limits(), {"limits": {"TL_PAY": 20}})
    assert holding["TL_PAY"].amount == 20
    assert holding["TL_PEN_DECISION"].id == "TL_PEN_DECISION_AGRI"
    assert holding["TL_DEFENCE_WINDOW"].amount == 3
    assert holding["TL_BACKFILL_GD"].amount == 3
    assert "TL_PEN_DECISION_AGRI" not in holding
    for days, amount in ((5, 5), (7, 7), (2, 3), ({"value": 6, "article": "某省行政执法条例 第三十条"}, 6)):
        window = holding_limits(case, load_limits(), {"defence_window_working_days": days})["TL_DEFENCE_WINDOW"]
        assert window.amount == amount


@pytest.mark.rule("TL_PEN_DECISION")
def test_only_a_rule_of_the_domain_suspends_or_extends_the_time_to_decide() -> None:
    """行政处罚法 第六十条 excepts only what laws and rules say; 市场监督管理行政处罚程序规定 第六十四条 is one of market regulation."""
    markets = limits_for(MARKETS)["TL_PEN_DECISION"]
    assert "SUSP_TEST" in markets.suspensions
    assert len(markets.extensions) == 2
    towns = limits_for(Scope(domain="town_management"))["TL_PEN_DECISION"]
    assert (towns.amount, towns.suspensions, towns.extensions) == (90, (), ())
    chosen = limits_for(Scope(domain="town_management"), {"decision_rules_of_market_regulation": True})["TL_PEN_DECISION"]
    assert (chosen.suspensions, chosen.extensions) == (markets.suspensions, markets.extensions)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("TL_CASE_REVIEW", 6, ""), ("TL_PAY", 20, ""), ("measure_period_rolls", True, ""), ("measure_period_rolls", False, ""),
        ("hearing_stop_ends", "hearing_held", ""), ("TL_CASE_REVIEW", {"value": 15, "article": "某省行政执法条例 第三十条"}, ""),
        ("TL_CASE_REVIEW", 11, "长于法定"), ("TL_PAY", 14, "短于法定"), ("TL_NOBODY", 3, "既不是期限编号"), ("TL_PAY", "20", "整数"),
        ("TL_PAY", True, "整数"), ("TL_PAY", {"value": 14}, "短于法定"), ("TL_PAY", {"days": 20}, "整数"),
        ("TL_CASE_REVIEW", {"value": 15, "article": "内部通知"}, "长于法定"), ("measure_period_rolls", "yes", "只能是 true"),
        ("hearing_stop_ends", True, "只能是 hearing_held"), ("TL_PEN_DECISION", 91, "长于法定"),
        ("TL_ANNUAL_REPORT_AB", 5, "法定"),
    ],
)
def test_what_a_package_may_choose_about_limits_is_checked(key: str, value: object, said: str) -> None:
    faults = check_limit_settings({key: value})
    assert [fault.code for fault in faults] == (["settings.limit"] if said else [])
    assert all(said in fault.message and key in fault.where for fault in faults)
    assert [fault.code for fault in check_limit_settings([key])] == ["settings.limit"]
