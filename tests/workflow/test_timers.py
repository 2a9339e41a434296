"""Timers: absolute instants from the law, each acting once, whatever clock, restart or number of workers."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from engine import journal
from engine.cases.limits import limits_of
from engine.clock import LEGAL_TIME_ZONE
from engine.errors import Conflict
from engine.workflow import instances
from engine.workflow.timers import ARMED, DISARMED, FIRED, Timer, due_cases
from processes.host import Host
from processes.running import complete_step, let_time_pass
from processes.timing import fire_due
from tests.builders import CaseBuilder, a_case, host_in, on_both_databases
from tests.workflow.cases import LEAD, open_item
from tests.workflow.conftest import At

OVER = datetime(2026, 4, 8, tzinfo=LEGAL_TIME_ZONE)  # the window of five working days from 30 March, Tomb-Sweeping Day between


def timers(case: CaseBuilder) -> list[str]:
    with case.host.database.reading() as session:
        return [row.state for row in session.scalars(select(Timer).where(Timer.case_id == case.case_id).order_by(Timer.id))]


def reached(host: Host, case_id: int) -> int:
    with host.database.reading() as session:
        return sum(entry.act == "limit.reached" for entry in journal.entries(session, case_id))


@pytest.mark.rule("TL_DEFENCE_WINDOW")
def test_a_timer_acts_at_its_instant_and_not_before(at: At) -> None:
    case = at("register_defence")
    assert timers(case) == [ARMED]
    case.clock.set(OVER - timedelta(microseconds=1))
    assert fire_due(case.host) == 0
    case.clock.set(OVER)
    assert fire_due(case.host) == 1
    assert fire_due(case.host) == 0
    assert case.open_steps() == ["collective_discussion"]
    assert timers(case) == [FIRED]
    with case.host.database.reading() as session:
        ended = {row.limit_id: row.ended_at for row in limits_of(session, case.case_id)}
    assert ended["TL_DEFENCE_WINDOW"] == OVER  # by law, not by when somebody noticed


def test_an_overdue_timer_acts_before_a_late_completion(at: At) -> None:
    case = at("register_defence")
    item = open_item(case, "register_defence")
    case.clock.set(OVER + timedelta(hours=1))
    with pytest.raises(Conflict, match="已经办结"):
        complete_step(case.host, item, LEAD, case.values("register_defence"))
    assert case.open_steps() == ["collective_discussion"]


def test_a_clock_set_forward_and_back_does_not_make_it_act_twice(at: At) -> None:
    case = at("register_defence")
    case.clock.set(OVER + timedelta(days=300))
    assert let_time_pass(case.host, case.case_id) == 1
    case.clock.set(OVER - timedelta(days=5))
    assert fire_due(case.host) == let_time_pass(case.host, case.case_id) == 0
    case.clock.set(OVER + timedelta(days=1))
    assert fire_due(case.host) == 0
    assert reached(case.host, case.case_id) == 1


def test_it_survives_a_restart(at: At) -> None:
    case = at("register_defence")
    folder = case.host.settings.files_dir.parent
    case.host.close()
    again = host_in(folder)
    again.clock.set(OVER)  # type: ignore[attr-defined]
    assert fire_due(again) == 1
    again.close()


def test_a_step_done_in_time_disarms_its_timer(at: At) -> None:
    case = at("register_defence")
    case.take()
    assert timers(case) == [DISARMED]


@on_both_databases
def test_eight_workers_at_once_let_each_timer_act_once(host: Host) -> None:
    cases = [a_case(host).until("register_defence") for _ in range(2)]
    cases[0].clock.set(OVER + timedelta(days=1))
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(fire_due(host))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while left := fire_due(host):  # a worker passes over a case that another one holds
        counts.append(left)
    assert sum(counts) == 2
    assert [reached(host, case.case_id) for case in cases] == [1, 1]
    with host.database.reading() as session:
        assert due_cases(session, OVER + timedelta(days=9)) == []
        assert all(instances.find(session, case.case_id).revision for case in cases)
