"""Start date → due date, with the article on which each limit rests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from engine.errors import Unlawful
from engine.law.calendar import HOLIDAY, WORKDAY, WorkingCalendar
from engine.law.deadlines import (
    Extension,
    compute,
    counted_days,
    lamp,
    load_limits,
)
from tests.law.builders import day, due, moment, stop


@pytest.mark.parametrize(
    "limit_id",
    [
        pytest.param(each, marks=pytest.mark.rule(each))
        for each in ("TL_FAST_REVIEW_PROPOSED", "TL_FAST_RECORD_PROPOSED", "TL_EVID_REGISTER_REPORT")
    ],
)
def test_hours_run_on_the_clock_through_rest_days(limit_id: str) -> None:
    deadline = due(limit_id, "2026-04-03T16:30")
    assert deadline.due_at == moment("2026-04-04T16:30")
    assert deadline.due_on == day("2026-04-04")
    assert deadline.warn_at == moment("2026-04-04T10:30")
    assert lamp(deadline, moment("2026-04-04T16:29")) == "yellow"
    assert lamp(deadline, moment("2026-04-04T16:30")) == "red"


def test_a_moment_elsewhere_is_taken_in_the_legal_time_zone() -> None:
    late = datetime.fromisoformat("2026-03-04T17:30:00+00:00")
    assert compute(load_limits()["TL_PAY"], late, WorkingCalendar()).due_on == day("2026-03-20")
    with pytest.raises(ValueError, match="naive"):
        compute(load_limits()["TL_PAY"], late.replace(tzinfo=None), WorkingCalendar())


# Suspensions: 市场监督管理行政处罚程序规定 第六十四条第二款

TEST = ("SUSP_TEST", "2026-03-06", "2026-03-16")
HEARING = ("SUSP_HEARING", "2026-04-02", "2026-04-28")


@pytest.mark.rule("TL_PEN_DECISION")
@pytest.mark.parametrize(
    ("stops", "end"),
    [
        ([], "2026-06-03"),
        ([TEST], "2026-06-15"),
        ([TEST, HEARING], "2026-07-09"),
        ([TEST, TEST], "2026-06-15"),
        ([TEST, ("SUSP_STAY", "2026-03-10", "2026-03-20")], "2026-06-17"),
        ([("SUSP_DEFER", "2026-03-06", "2026-03-16")], "2026-06-03"),
        ([("SUSP_TEST", "2026-06-10", "2026-06-20")], "2026-06-03"),
        ([("SUSP_TEST", "2026-02-20", "2026-03-10")], "2026-06-08"),
        ([("SUSP_TEST", "2026-03-06", "2026-03-06")], "2026-06-03"),
    ],
)
def test_suspended_days_do_not_count(stops: list[tuple[str, str, str]], end: str) -> None:
    deadline = due("TL_PEN_DECISION", "2026-03-05T09:30", stops=tuple(stop(*each) for each in stops))
    assert deadline.due_on == day(end)
    assert not deadline.paused


@pytest.mark.rule("TL_PEN_CLUE_VERIFY")
def test_suspended_working_days_do_not_count() -> None:
    deadline = due("TL_PEN_CLUE_VERIFY", "2026-03-02", stops=(stop("SUSP_TEST", "2026-03-06", "2026-03-16"),))
    assert deadline.due_on == day("2026-03-31")
    assert any("扣除6个工作日" in step.text for step in deadline.trace)


def test_a_lasting_suspension_pauses_the_lamp() -> None:
    open_stop = (stop("SUSP_STAY", "2026-06-01", None),)
    deadline = due("TL_PEN_DECISION", "2026-03-05", stops=open_stop)
    assert deadline.paused
    assert lamp(deadline, moment("2026-08-01")) == "green"
    later = due("TL_PEN_DECISION", "2026-03-05", stops=open_stop, as_of=moment("2026-06-11T10:00"))
    assert later.due_on == day("2026-06-15")
    assert any("尚未结束" in step.text for step in later.trace)


def test_counted_days_leave_out_suspensions() -> None:
    limit = load_limits()["TL_PEN_DECISION"]
    stops = (stop(*TEST), stop(*HEARING))
    assert counted_days(limit, moment("2026-03-05"), moment("2026-05-12T15:00"), WorkingCalendar(), stops) == 32
    fast = load_limits()["TL_PEN_DECISION_FAST_PROPOSED"]
    assert counted_days(fast, moment("2026-07-06"), moment("2026-07-10"), WorkingCalendar()) == 4


# Extensions


@pytest.mark.parametrize(
    ("limit_id", "extensions", "end"),
    [
        ("TL_PEN_DECISION", (Extension(30),), "2026-07-03"),
        ("TL_PEN_DECISION", (Extension(10),), "2026-06-15"),
        ("TL_PEN_DECISION", (Extension(30), Extension(60, "collective_discussion")), "2026-09-01"),
        ("TL_PEN_CLUE_VERIFY", (Extension(15),), "2026-04-17"),
        ("TL_CASE_REVIEW_AGRI", (Extension(15),), "2026-03-27"),
        ("TL_CASE_REVIEW_AGRI", (Extension(9),), "2026-03-23"),
    ],
)
def test_approved_extension_lengthens_the_limit(limit_id: str, extensions: tuple[Extension, ...], end: str) -> None:
    """市场监督管理行政处罚程序规定 第十八条、第六十四条第一款; 农业行政处罚程序规定 第五十三条."""
    start = "2026-03-05"
    assert due(limit_id, start, extensions=extensions).due_on == day(end)


@pytest.mark.parametrize(
    ("limit_id", "extensions"),
    [
        ("TL_PEN_DECISION", (Extension(31),)),
        ("TL_PEN_DECISION", (Extension(30), Extension(30))),
        ("TL_PEN_DECISION", (Extension(30, "collective_discussion"),)),
        ("TL_PEN_DECISION", (Extension(0),)),
        ("TL_PEN_DECISION_TRANSPORT", (Extension(30), Extension(1, "collective_discussion"))),
        ("TL_PAY", (Extension(5),)),
        ("TL_DEFENCE_WINDOW", (Extension(5),)),
    ],
)
def test_extension_that_no_rule_grants_is_refused(limit_id: str, extensions: tuple[Extension, ...]) -> None:
    with pytest.raises(Unlawful) as refused:
        due(limit_id, "2026-03-05", extensions=extensions)
    assert "第" in refused.value.article


# A department's own length: stricter for the agency, more generous to the party


@pytest.mark.rule("INV-A12")
@pytest.mark.parametrize(
    ("limit_id", "amount", "end"),
    [
        ("TL_PEN_DECISION", 60, "2026-05-06"), ("TL_PEN_DECISION", 91, None), ("TL_PEN_DECISION", 0, None),
        ("TL_CASE_REVIEW", 5, "2026-03-12"), ("TL_CASE_REVIEW", 11, None),
        ("TL_DEFENCE_WINDOW", 7, "2026-03-16"), ("TL_DEFENCE_WINDOW", 3, None),
        ("TL_HEARING_REQUEST", 4, None), ("TL_HEARING_NOTICE", 6, None), ("TL_PAY", 14, None), ("TL_PAY", 20, "2026-03-25"),
    ],
)
def test_own_length_is_never_laxer(limit_id: str, amount: int, end: str | None) -> None:
    if end is not None:
        assert due(limit_id, "2026-03-05", amount=amount).due_on == day(end)
        return
    with pytest.raises(Unlawful) as refused:
        due(limit_id, "2026-03-05", amount=amount)
    assert refused.value.article == load_limits()[limit_id].basis


# Provisional days, the trace


def test_a_limit_that_reaches_into_an_unannounced_year_is_provisional() -> None:
    deadline = due("TL_CASE_REVIEW", "2026-12-25")
    assert deadline.provisional
    assert any("尚未公布" in step.text for step in deadline.trace)
    overrides = {day("2027-01-01"): HOLIDAY, day("2027-05-01"): HOLIDAY, day("2027-10-01"): HOLIDAY, day("2027-01-03"): WORKDAY}
    known = compute(load_limits()["TL_CASE_REVIEW"], moment("2026-12-25"), WorkingCalendar(overrides))
    assert not known.provisional
    assert known.due_on == day("2027-01-08")
    assert not due("TL_PEN_LIMITATION", "2026-03-05").provisional


def test_a_limit_that_passes_through_an_unannounced_year_is_provisional() -> None:
    announced = {day(f"2028-{each}"): HOLIDAY for each in ("01-01", "05-01", "10-01")}
    deadline = compute(load_limits()["TL_CASE_REVIEW"], moment("2027-12-24"), WorkingCalendar(announced))
    assert deadline.due_on.year == 2028
    assert deadline.provisional
    assert not compute(load_limits()["TL_CASE_REVIEW"], moment("2028-02-01"), WorkingCalendar(announced)).provisional


def test_the_trace_explains_in_chinese() -> None:
    texts = [step.text for step in due("TL_PEN_DECISION", "2026-07-06T14:10").trace]
    assert texts == [
        "作出行政处罚决定：自立案之日起90日",
        "自2026年7月6日立案起算，当日不计入期间",
        "期间届满日2026年10月4日为法定休假日，顺延至2026年10月8日",
        "期限于2026年10月8日届满",
    ]
    texts = [step.text for step in due("TL_PEN_DECISION", "2026-03-05", stops=(stop(*TEST),)).trace]
    assert "2026年3月6日至2026年3月16日检测、检验、检疫、鉴定期间，不计入期间，扣除10日" in texts


def test_working_day_limits_never_end_on_a_rest_day() -> None:
    calendar = WorkingCalendar()
    limit = load_limits()["TL_CASE_REVIEW"]
    for offset in range(1, 29):
        deadline = compute(limit, moment(f"2026-09-{offset:02d}"), calendar)
        assert calendar.is_working_day(deadline.due_on)


def test_a_limit_that_does_not_roll_stays_on_its_day() -> None:
    still = replace(load_limits()["TL_PAY"], rolls=False)
    assert compute(still, moment("2026-07-10"), WorkingCalendar()).due_on == day("2026-07-25")
