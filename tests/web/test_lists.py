"""The lists as a person uses them: narrowed, ordered, paged, named, exported, acted on; a stranger's input harms nothing."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from engine.cases.parties import Party
from engine.clock import SettableClock
from engine.workflow.tasks import WorkItem
from processes.bundles import BundleCache
from processes.host import Host
from processes.sample import PASSWORD
from processes.sample_cases import multiply
from tests.builders import a_case, host_in
from tests.workflow.test_cost import counted
from web.app import create_app

MANY = 130
AT_MOST = {"/tasks": 26, "/tasks/waiting": 22, "/tasks/done": 22, "/tasks/agency": 24, "/tasks/opened": 20, "/tasks/copies": 20, "/cases": 14,
           "/tasks/counts": 14}
LISTS = tuple(AT_MOST)


@pytest.fixture(scope="module")
def host(sample_pattern: Path, tmp_path_factory: pytest.TempPathFactory, bundles: BundleCache) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("lists") / "installation"
    shutil.copytree(sample_pattern, folder)
    found = replace(host_in(folder), bundles=bundles)
    cases = [a_case(found).until(step).case_id for step in ("verify_clue", "propose_filing", "review_filing")]
    multiply(found, cases, MANY, told=lambda _: None)
    yield found
    found.close()


def like(host: Host, person: str) -> str:
    """The officer of the copied agency who is like this one of the sample."""
    with host.database.reading() as session:
        return str(session.scalars(select(WorkItem.closed_by).where(WorkItem.closed_by.like("Y0%"))).first())[:8] + person[-4:]


def client(host: Host, person: str) -> FlaskClient:
    app = create_app(host)
    app.config["WTF_CSRF_ENABLED"] = False
    found = app.test_client()
    assert found.post("/sign-in", data={"login": person.lower(), "password": PASSWORD}).status_code == 302
    return found


def shown(page: Any) -> list[str]:
    """Case numbers on a page, in order."""
    assert page.status_code == 200
    return re.findall(r'<td class="cell-title".*?number">([^<]+)<', page.get_data(as_text=True))


def following(page: Any, rel: str = "next") -> str:
    found = re.search(rf'<a href="([^"]+)" rel="{rel}"', page.get_data(as_text=True))
    return found[1].replace("&amp;", "&") if found else ""


@pytest.mark.parametrize("sort", ["due", "-due", "opened", "-opened", "number"])
def test_paging_shows_every_row_once_and_back_again(host: Host, sort: str) -> None:
    me = client(host, like(host, "YJWH0100"))
    address, pages = f"/tasks/agency?sort={sort}", list[list[str]]()
    while address:
        page = me.get(address)
        pages.append(shown(page))
        address = following(page)
    everything = [number for rows in pages for number in rows]
    assert len(everything) == len(set(everything)) == MANY
    assert {len(rows) for rows in pages[:-1]} == {20}
    back = following(page, "prev")
    assert shown(me.get(back)) == pages[-2]
    if sort == "number":
        assert everything == sorted(everything)
    whole = me.get(f"/tasks/agency?sort={sort}&size=100")
    assert [*shown(whole), *shown(me.get(following(whole)))] == everything


@pytest.mark.parametrize("cursor", [
    "~", "x~1", "2026-01-01T00:00:00~1", "2026-13-01~99", "9999-12-31T23:59:59%2B00:00~1", "%00~3", "~" + "9" * 30, "å~²",
])
def test_a_cursor_that_was_made_up_gives_the_first_page(host: Host, cursor: str) -> None:
    me = client(host, like(host, "YJWH0100"))
    for place in LISTS[:-1]:
        for name in ("after", "before"):
            assert me.get(f"{place}?{name}={cursor}").status_code == 200
            assert me.get(f"{place}?{name}={cursor}&sort=number&from=x&to=0001-01-01&size=-3&columns=zzz").status_code == 200


def test_words_in_chinese_find_number_party_title_and_step(host: Host) -> None:
    me = client(host, like(host, "YJWH0100"))
    with host.database.reading() as session:
        query = select(Party.name, WorkItem.id).join(WorkItem, WorkItem.case_id == Party.case_id).where(WorkItem.agency_code != "")
        party = session.execute(query.order_by(WorkItem.id.desc())).first()
    assert party is not None
    for place in ("/tasks/agency", "/cases"):
        found = shown(me.get(place, query_string={"q": party.name}))
        assert 1 <= len(found) < 20
        assert shown(me.get(place, query_string={"q": found[0]})) == [found[0]]
        for sign in ("%", "_", "' OR 1=1 --", "\\"):
            assert shown(me.get(place, query_string={"q": sign})) == []
    steps = set(shown(me.get("/tasks/agency", query_string={"q": "提出立案建议", "size": "100"})))
    assert steps == set(shown(me.get("/tasks/agency", query_string={"step": "提出立案建议", "size": "100"})))
    assert steps


def test_lamps_days_and_counts_agree(host: Host) -> None:
    me = client(host, like(host, "YJWH0100"))
    counts = client(host, like(host, "YJWH0101")).get("/tasks/counts").get_json()
    assert counts["total"] == sum(counts[lamp] for lamp in ("red", "yellow", "green", "none"))
    text = me.get("/tasks/agency").get_data(as_text=True)
    tiles = dict(re.findall(r'data-count="(\w+)">(\d+)<', text))
    assert int(tiles["total"]) == MANY
    for lamp in ("red", "yellow", "green", "none"):
        address, rows = f"/tasks/agency?lamp={lamp}&size=100", list[str]()
        while address:
            page = me.get(address)
            rows += shown(page)
            address = following(page)
        assert len(rows) == int(tiles.get(lamp, 0))
    assert re.search("(还剩|已超) \\d+ 个工作日", text)


def test_the_file_is_safe_to_open_and_holds_what_the_page_holds(host: Host) -> None:
    me = client(host, like(host, "YJWH0100"))
    with host.database.writing() as session:
        row = session.scalars(select(Party).order_by(Party.id.desc())).first()
        assert row is not None
        row.name = '=HYPERLINK("http://x")'
    answer = me.get("/cases?format=csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == MANY + 1
    assert any("'=HYPERLINK" in cell for cells in rows for cell in cells)
    assert not any(cell[:1] in "=+-@" and cell for cells in rows for cell in cells)
    filed = list(csv.reader(io.StringIO(me.get("/tasks/agency?format=csv&lamp=red").data.decode("utf-8-sig"))))
    assert all(cells[9] == "逾期" for cells in filed[1:])


def test_a_list_is_named_used_and_forgotten_by_its_owner_only(host: Host) -> None:
    me, other = client(host, like(host, "YJWH0100")), client(host, like(host, "YJWH0101"))
    saved = me.post("/tasks/saved", data={"place": "/tasks/agency", "name": "逾期的", "query": "lamp=red&size=50"})
    assert saved.headers["Location"] == "/tasks/agency?lamp=red&size=50"
    page = me.get("/tasks/agency").get_data(as_text=True)
    assert "逾期的" in page
    number = re.search(r"/tasks/saved/(\d+)/delete", page)
    assert number
    assert "逾期的" not in other.get("/tasks").get_data(as_text=True)
    assert other.post(f"/tasks/saved/{number[1]}/delete").status_code == 404
    assert me.post("/tasks/saved", data={"place": "/tasks/agency", "name": "", "query": ""}).status_code == 400
    outside = me.post("/tasks/saved", data={"place": "https://example.org/", "name": "外", "query": "x"})
    assert outside.headers["Location"].startswith("/tasks?")
    assert me.post(f"/tasks/saved/{number[1]}/delete").status_code == 302
    assert "逾期的" not in me.get("/tasks/agency").get_data(as_text=True)


def test_a_page_takes_a_constant_number_of_statements(host: Host) -> None:
    """However many rows the page or the list has."""
    me = client(host, like(host, "YJWH0100"))
    for place in LISTS:
        me.get(place)  # parsed releases, first visit
        numbers = set[int]()
        for rows in ("20", "50", "100"):
            with counted(host) as said:
                assert me.get(place, query_string={"size": rows}).status_code == 200
            numbers.add(len(said))
        assert len(numbers) == 1, place
        assert numbers.pop() <= AT_MOST[place], (place, "\n".join(said))


GROWING = ("case", "case_copy", "case_limit", "document_record", "evidence", "job", "journal", "party", "submission", "work_item",
           "workflow_instance")


def test_no_page_reads_a_whole_table_that_grows(host: Host) -> None:
    """Told by the database's own plans: neither all rows, nor all limits that run anywhere; the case page and the step page too."""
    me, clerk, lead = (client(host, like(host, person)) for person in ("YJWH0100", "YJWH0304", "YJWH0101"))
    text, found = lead.get("/tasks").get_data(as_text=True), dict[str, str]()
    case, step = re.search(r"/cases/(\d+)", text), re.search(r'href="(/tasks/\d+)"', text)
    assert case
    assert step
    said = list[tuple[str, Any]]()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        said.append((statement, parameters))

    event.listen(host.database.engine, "before_cursor_execute", note)
    for place in (*LISTS, "/cases?q=食品&status=CLUE", "/tasks?q=食品", case[0]):
        for who in (me, clerk, lead):
            who.get(place)
    lead.get(step[1])
    event.remove(host.database.engine, "before_cursor_execute", note)
    with host.database.engine.connect() as connection:
        for statement, parameters in said:
            if statement.startswith("SELECT"):
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
                    scanned = re.match(r"SCAN (\w+)", row[3])
                    if (scanned and scanned[1] in GROWING) or "ix_case_limit_ended_at_due_at" in row[3]:
                        found[row[3]] = statement
    assert found == {}


def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(host: Host) -> None:
    """GB/T 22239 8.1.4.1: who goes away is signed out, though the counts of his page are asked for every minute."""
    me, clock = client(host, like(host, "YJWH0100")), host.clock
    assert isinstance(clock, SettableClock)
    before = clock.now()
    for _ in range(host.settings.idle_minutes - 1):
        clock.set(clock.now() + timedelta(minutes=1))
        assert me.get("/tasks/counts").status_code == 200
    clock.set(clock.now() + timedelta(minutes=1))
    assert me.get("/tasks/counts").status_code == 302
    clock.set(before)


def test_several_steps_are_claimed_and_given_back_each_with_its_own_answer(host: Host) -> None:
    clerk = like(host, "YJWH0100")
    me = client(host, clerk)
    free = re.findall(r'name="item" value="(\d+)"', me.get("/tasks/waiting").get_data(as_text=True))[:3]
    assert len(free) == 3
    done = me.post("/tasks/batch", data={"item": [*free, "1", "999999"], "act": "claim", "back": "/tasks/waiting?size=50"})
    text = done.get_data(as_text=True)
    assert "办成 3 项，没有办成 2 项" in text
    assert text.count("（不显示）") == 2
    assert 'href="/tasks/waiting?size=50"' in text
    again = me.post("/tasks/batch", data={"claim_one": free[0]}).get_data(as_text=True)
    assert "已经由" in again
    assert "办成 3 项" in me.post("/tasks/batch", data={"item": free, "act": "release"}).get_data(as_text=True)
    assert me.post("/tasks/batch", data={"act": "claim"}).status_code == 400
    assert me.post("/tasks/batch", data={"item": free, "act": "approve"}).status_code == 400
