"""When a year's holidays are announced, the limits that rested on weekends are computed anew, and the journal tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select, update

from engine import journal
from engine.cases.limits import CaseLimit, running
from engine.clock import SettableClock
from engine.errors import Invalid
from engine.workflow.tasks import items_of_case
from processes.host import Host, open_calendar
from processes.opening import open_case
from processes.recomputing import recompute_limits
from processes.rehearsing import rehearse
from tests.builders import ORDINARY, CaseBuilder, script
from tests.law.builders import moment

NOTICE = "day,kind\n2027-01-01,holiday\n2027-01-04,holiday\n2027-01-02,workday\n2027-05-01,holiday\n2027-10-01,holiday\n"


def opened_before_the_notice(host: Host) -> int:
    found = script(ORDINARY)
    cast(SettableClock, host.clock).set(moment("2026-12-21T10:00"))
    case_id = open_case(host, found.opened_by, found.procedure, found.item, violated_on=found.violated_on)
    rehearse(host, case_id)
    CaseBuilder(host, found, case_id).take(received_at="2026-12-21T10:00")
    return case_id


def limit_of(host: Host, case_id: int, limit_id: str = "TL_PEN_CLUE_VERIFY") -> CaseLimit:
    with host.database.reading() as session:
        return next(row for row in running(session, case_id) if row.limit_id == limit_id)


def with_notice(host: Host, folder: Path, text: str = NOTICE) -> Host:
    table = folder / "working_days.csv"
    table.write_text(text, encoding="utf-8")
    settings = replace(host.settings, working_days_file=str(table))
    return replace(host, settings=settings, calendar=open_calendar(settings))


def test_a_provisional_limit_is_settled_once_the_notice_is_loaded(host: Host, tmp_path: Path) -> None:
    """全国年节及纪念日放假办法; 市场监督管理行政处罚程序规定 第十八条: fifteen working days."""
    case_id = opened_before_the_notice(host)
    before = limit_of(host, case_id)
    assert (before.due_on, before.provisional) == (date(2027, 1, 11), True)
    later = with_notice(host, tmp_path)
    done = recompute_limits(later, script(ORDINARY).opened_by)
    assert [(each.row.limit_id, each.before, each.row.due_on) for each in done] == [
        ("TL_PEN_CLUE_VERIFY", date(2027, 1, 11), date(2027, 1, 12))
    ]
    after = limit_of(host, case_id)
    assert (after.due_on, after.provisional, after.due_at) == (date(2027, 1, 12), False, moment("2027-01-13"))
    assert not any(step["kind"] == "provisional" for step in after.trace)
    with host.database.reading() as session:
        entry = next(each for each in journal.entries(session, case_id) if each.act == "limit.recomputed")
        assert entry.read_facts()["before"] == date(2027, 1, 11)
        assert entry.read_facts()["due_on"] == date(2027, 1, 12)
        assert [item.due_at for item in items_of_case(session, case_id) if item.due_at] == [moment("2027-01-13")]
    assert recompute_limits(later, script(ORDINARY).opened_by) == []


def test_what_is_still_a_guess_stays_provisional_and_leaves_no_entry(host: Host) -> None:
    case_id = opened_before_the_notice(host)
    assert recompute_limits(host, script(ORDINARY).opened_by) == []
    assert limit_of(host, case_id).provisional
    with host.database.reading() as session:
        assert not any(each.act == "limit.recomputed" for each in journal.entries(session, case_id))


def test_an_ended_limit_keeps_the_day_with_which_it_ended(host: Host, tmp_path: Path) -> None:
    case_id = opened_before_the_notice(host)
    with host.database.writing() as session:
        session.execute(update(CaseLimit).where(CaseLimit.case_id == case_id).values(ended_at=host.clock.now()))
    assert recompute_limits(with_notice(host, tmp_path), script(ORDINARY).opened_by) == []
    with host.database.reading() as session:
        assert session.scalars(select(CaseLimit.due_on).where(CaseLimit.case_id == case_id)).all() == [date(2027, 1, 11)]


@pytest.mark.parametrize(
    ("text", "line"), [("day,kind\n2027-01-01,half\n", "第2行"), ("day,kind\n2027-01-01,holiday\nx,holiday\n", "第3行"), ("a,b\n1,2\n", "第2行")]
)
def test_a_wrong_table_names_its_line(host: Host, tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(Invalid, match=line):
        with_notice(host, tmp_path, text)


def test_a_table_that_is_not_there_is_named(host: Host, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"missing\.csv"):
        open_calendar(replace(host.settings, working_days_file=str(tmp_path / "missing.csv")))
