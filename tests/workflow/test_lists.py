"""The statements behind the lists, on both databases: which steps are in which list, their lamps, their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.registers.agencies import find_officer
from engine.workflow import lists
from engine.workflow.lists import Wanted
from processes.case_lists import OPENED, VISIBLE, WantedCases, cases_page
from processes.host import Host
from tests.builders import a_case, on_both_databases

CLERK, LEAD, CO_OFFICER, UNIT_HEAD = "YJWH0304", "YJWH0101", "YJWH0102", "YJWH0100"


@on_both_databases
def test_which_steps_are_in_which_list(host: Host) -> None:
    first = a_case(host).until("propose_filing")
    second = a_case(host).until("review_filing")
    now = host.clock.now()
    with host.database.reading() as session:
        def found(which: str, person: str, **how: object) -> list[int]:
            page = lists.steps_page(session, which, find_officer(session, person), {}, now, replace(Wanted(), **how))  # type: ignore[arg-type]
            return [row.case_id for row in page.rows]

        agency = {first.case_id, second.case_id}
        assert set(found(lists.AGENCY, UNIT_HEAD)) == agency
        assert found(lists.FREE, UNIT_HEAD) == found(lists.TO_DO, UNIT_HEAD) == [second.case_id]
        assert found(lists.TO_DO, UNIT_HEAD, mine=True) == []
        assert found(lists.FINISHED, CLERK, sort=lists.CLOSED, descending=True)[0] == second.case_id
        assert found(lists.AGENCY, "YJ000101") == found(lists.TO_DO, "YJ000101") == []
        assert set(found(lists.AGENCY, UNIT_HEAD, procedure="ordinary")) == agency
        assert found(lists.AGENCY, UNIT_HEAD, procedure="fast_track") == []
        with_due = found(lists.AGENCY, UNIT_HEAD, due_from=now, due_before=now + timedelta(days=90))
        assert with_due
        assert found(lists.AGENCY, UNIT_HEAD, due_before=now) == []
        opened, waiting = cases_page(session, OPENED, find_officer(session, CLERK), now, WantedCases())
        assert [row.id for row in opened.rows] == [second.case_id, first.case_id]
        assert waiting[second.case_id] == ["审核立案建议"]
        seen, _ = cases_page(session, VISIBLE, find_officer(session, UNIT_HEAD), now, WantedCases(words="味百鲜", size=1))
        assert seen.after
        more, _ = cases_page(session, VISIBLE, find_officer(session, UNIT_HEAD), now, WantedCases(words="味百鲜", size=1, after=seen.after))
        assert {seen.rows[0].id, more.rows[0].id} == agency
        assert more.before
        assert not more.after


@on_both_databases
def test_lamps_follow_the_running_limit(host: Host) -> None:
    case = a_case(host).until("propose_filing")
    due = case.open_items()[0].due_at
    assert due is not None
    for moment, lamp in ((due - timedelta(days=12), "green"), (due - timedelta(seconds=1), "yellow"), (due, "red")):
        with host.database.reading() as session:
            head = find_officer(session, UNIT_HEAD)
            row, = lists.steps_page(session, lists.AGENCY, head, {}, moment, Wanted()).rows
            counts = lists.lamps_of(lists.kinds_of_steps(session, lists.AGENCY, head, {}, moment))
            assert lists.steps_page(session, lists.AGENCY, head, {}, moment, Wanted(lamp=lamp)).rows
        assert row.lamp == lamp
        assert (counts[lamp], counts["total"]) == (1, 1)
        assert row.urgency == due


@pytest.mark.parametrize("sort", ["due", "opened", "number", "closed"])
def test_every_order_pages_forwards_and_backwards(host: Host, sort: str) -> None:
    for _ in range(3):
        a_case(host).until("review_filing")
    now = host.clock.now()
    which = lists.FINISHED if sort == "closed" else lists.AGENCY
    with host.database.reading() as session:
        clerk = find_officer(session, CLERK)
        for descending in (False, True):
            wanted, met, backwards = Wanted(sort=sort, descending=descending, size=1), list[int](), list[int]()
            page = lists.steps_page(session, which, clerk, {}, now, wanted)
            while True:
                met.append(page.rows[0].id)
                if not page.after:
                    break
                page = lists.steps_page(session, which, clerk, {}, now, replace(wanted, after=page.after))
            while page.before:
                page = lists.steps_page(session, which, clerk, {}, now, replace(wanted, before=page.before))
                backwards.append(page.rows[0].id)
            assert len(met) == len(set(met)) >= 3
            assert backwards == met[-2::-1]
