"""A deadline explains itself: as sentences for people, as data for programs, and both agree with its last day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import Invalid
from engine.law.calendar import WorkingCalendar
from engine.law.deadlines import Deadline, Suspension, compute, in_time, load_limits, load_suspensions
from engine.law.scopes import Scope, limits_for
from tests.law.builders import day, moment

CALENDAR = WorkingCalendar()


def stop(code: str, start: str, end: str | None, *objects: str, whole_days: bool = True) -> Suspension:
    kind = load_suspensions()[code]
    return Suspension(
        code, kind.name, day(start), day(end) if end else None, kind.basis, whole_days=whole_days, objects=frozenset(objects)
    )


def seized(*stops: Suspension, concerning: str = "") -> Deadline:
    limit = load_limits()["TL_COER_SEIZE"]
    return compute(limit, moment("2026-03-04"), CALENDAR, stops, concerning=concerning)


def test_the_trace_is_data_too() -> None:
    limit = load_limits()["TL_PEN_DECISION"]
    deadline = compute(limit, moment("2026-03-02"), CALENDAR, (stop("SUSP_TEST", "2026-03-10", "2026-03-22"),))
    told = [{key: value for key, value in step.as_data().items() if key not in ("text", "article")} for step in deadline.trace]
    assert told == [
        {"kind": "limit", "from": "2026-03-02", "days": 90, "unit": "calendar_day", "code": "case_filed"},
        {"kind": "start", "from": "2026-03-02", "code": "case_filed"},
        {"kind": "suspension", "from": "2026-03-10", "to": "2026-03-21", "days": 12, "unit": "calendar_day", "code": "SUSP_TEST"},
        {"kind": "due", "to": "2026-06-12"},
    ]
    assert all(step.as_data()["article"] for step in deadline.trace)


def test_events_and_whole_days_take_out_as_many_days_but_not_the_same() -> None:
    """民事诉讼法 第八十五条第二款: the day on which an event happens still counts, the day on which it ends does not."""
    limit = load_limits()["TL_PEN_CLUE_VERIFY"]
    days = compute(limit, moment("2026-03-02"), CALENDAR, (stop("SUSP_TEST", "2026-03-10", "2026-03-22"),))
    events = compute(limit, moment("2026-03-02"), CALENDAR, (stop("SUSP_TEST", "2026-03-10", "2026-03-22", whole_days=False),))
    assert [step.days for step in days.trace if step.kind == "suspension"] == [9]
    assert [(step.start, step.end) for step in events.trace if step.kind == "suspension"] == [(day("2026-03-11"), day("2026-03-22"))]
    assert [step.days for step in events.trace if step.kind == "suspension"] == [8]
    assert (days.due_on, events.due_on) == (day("2026-04-03"), day("2026-04-02"))


def test_what_overlaps_or_comes_too_late_is_told_but_not_taken_out() -> None:
    limit = load_limits()["TL_PEN_DECISION"]
    stops = (
        stop("SUSP_TEST", "2026-03-10", "2026-03-22"), stop("SUSP_STAY", "2026-03-12", "2026-03-20"),
        stop("SUSP_HEARING", "2026-06-20", "2026-06-25"),
    )
    trace = compute(limit, moment("2026-03-02"), CALENDAR, stops).trace
    assert [(step.kind, step.code, step.days) for step in trace if "suspension" in step.kind] == [
        ("suspension", "SUSP_TEST", 12), ("suspension", "SUSP_STAY", 0), ("late_suspension", "SUSP_HEARING", 0),
    ]
    assert any("重合" in step.text for step in trace)
    assert any("不影响期限" in step.text for step in trace)


@pytest.mark.rule("TL_COER_SEIZE")
def test_a_test_stops_only_the_clock_of_what_is_tested() -> None:
    """行政强制法 第二十五条第三款: 对物品需要进行检测……的，查封、扣押的期间不包括检测……的期间."""
    test = stop("SUSP_TEST", "2026-03-06", "2026-03-16", "lot-1")
    assert seized(test, concerning="lot-1").due_on == day("2026-04-13")
    assert seized(test, concerning="lot-2").due_on == day("2026-04-03")
    assert seized(test).due_on == day("2026-04-03")
    assert seized(stop("SUSP_TEST", "2026-03-06", "2026-03-16"), concerning="lot-2").due_on == day("2026-04-13")
    decision = load_limits()["TL_PEN_DECISION"]
    assert compute(decision, moment("2026-03-05"), CALENDAR, (test,)).due_on == day("2026-06-15")


def test_what_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Invalid, match="早于开始日期"):
        seized(stop("SUSP_TEST", "2026-03-16", "2026-03-06"))


def test_what_cannot_be_reckoned_is_refused() -> None:
    with pytest.raises(Invalid, match="超出"):
        seized(stop("SUSP_TEST", "2026-03-06", "2066-03-06"))
    with pytest.raises(Invalid, match="超出"):
        compute(load_limits()["TL_PEN_LIMITATION"], moment("9998-03-06"), CALENDAR)
    with pytest.raises(Invalid, match="超出"):
        compute(load_limits()["TL_PEN_CLUE_VERIFY"], moment("9999-12-28"), CALENDAR)


@pytest.mark.rule("TL_DEMAND_COURT", "TL_ENF_SURCHARGE_30")
def test_a_waiting_period_says_from_when_the_act_is_allowed() -> None:
    """行政强制法 第四十六条第一款: 超过三十日, so from the thirty-first day; 第五十四条: 催告书送达十日后."""
    limits = load_limits()
    deadline = compute(limits["TL_ENF_SURCHARGE_30"], moment("2026-03-02"), CALENDAR)
    assert deadline.due_at == moment("2026-04-02")
    assert [step.text for step in deadline.trace if step.kind == "allowed"] == ["期满以后方可：强制执行"]
    assert compute(limits["TL_DEMAND_COURT"], moment("2026-09-01"), CALENDAR).due_at == moment("2026-09-16")


def test_what_is_posted_in_time_is_in_time() -> None:
    """民事诉讼法 第八十五条第四款; 市场监督管理行政处罚程序规定 第八十四条 (the last day belongs to the limit)."""
    deadline = compute(load_limits()["TL_RECON_APPLY"], moment("2026-05-13"), CALENDAR)
    assert in_time(deadline, moment("2026-07-13T23:59"))
    assert not in_time(deadline, moment("2026-07-14"))
    assert in_time(deadline, moment("2026-07-20"), posted_at=moment("2026-07-13T17:00"))
    assert not in_time(deadline, moment("2026-07-20"), posted_at=moment("2026-07-14"))
    hours = compute(load_limits()["TL_COER_REPORT"], moment("2026-03-02T16:30"), CALENDAR)
    assert in_time(hours, moment("2026-03-03T16:30"))
    assert not in_time(hours, moment("2026-03-03T16:30") + timedelta(seconds=1))


@pytest.mark.rule("TL_PATROL_DEPT_AB")
def test_a_patrol_is_due_within_the_working_day() -> None:
    """阿坝州行政权力依法规范公开运行实施办法（试行） 第四十条: 每个工作日巡查2次以上."""
    deadline = compute(load_limits()["TL_PATROL_DEPT_AB"], moment("2026-03-02T08:00"), CALENDAR)
    assert deadline.trace[0].text == "行权部门日常巡查：每个工作日2次以上"
    assert deadline.warn_at == moment("2026-03-02T15:00")
    assert deadline.due_at == moment("2026-03-03T00:00")


def test_the_strict_reading_holds_until_a_setting_chooses_another() -> None:
    """Doubtful: whether the last day of a seizure moves on, whether 三日 are working days, when a hearing ends."""
    here = Scope(domain="market_regulation", province="sichuan")

    def last(limit: str, start: str, *stops: Suspension, **settings: bool | str) -> str:
        return compute(limits_for(here, settings)[limit], moment(start), CALENDAR, stops).due_on.isoformat()

    assert last("TL_COER_SEIZE", "2026-03-06") == "2026-04-05"
    assert last("TL_COER_SEIZE", "2026-03-06", measure_period_rolls=True) == "2026-04-07"
    assert last("TL_COER_FREEZE", "2026-09-01", measure_period_rolls=True) == "2026-10-08"
    assert last("TL_TRANSFER_APPROVE", "2026-09-28") == "2026-10-08"
    assert last("TL_TRANSFER_APPROVE", "2026-09-28", transfer_days_are_working_days=True) == "2026-10-08"
    assert last("TL_TRANSFER_APPROVE", "2026-03-06", transfer_days_are_working_days=True) == "2026-03-11"
    assert last("TL_CAT_UPDATE", "2026-03-02") == "2026-03-12"
    assert last("TL_CAT_UPDATE", "2026-03-02", item_change_days_are_working_days=True) == "2026-03-16"
    held = stop("SUSP_HEARING_HELD", "2026-04-02", "2026-04-22")
    assert last("TL_PEN_DECISION", "2026-03-05", held) == "2026-06-03"
    assert last("TL_PEN_DECISION", "2026-03-05", held, hearing_stop_ends="hearing_held") == "2026-06-23"
