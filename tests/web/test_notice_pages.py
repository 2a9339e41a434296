"""Messages, settings, people and help in the web: each sees and changes only his own; all of it without script."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.accounts.identities import Account, check_password, create_account
from engine.accounts.preferences import preference_of
from engine.cases.cases import Case
from engine.jobs import Job
from engine.oversight.notices import STEP, Draft, Notice, keep
from engine.workflow.tasks import WorkItem
from processes.host import Host
from processes.notifying import told_more
from processes.sample import PASSWORD, install_rehearsal
from processes.working import Worker
from tests.builders import CaseBuilder, a_case, host_in
from tests.processes.mail_server import post_office, with_mail
from web.app import create_app
from web.help_desk import TOPICS, rendered

UNIT_HEAD, LEAD, DISTRICT, CITY = "YJWH0100", "YJWH0101", "YJWH0307", "YJ000801"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    found = host_in(tmp_path_factory.mktemp("notices"))
    install_rehearsal(found)
    with found.database.writing() as session:
        for officer in (UNIT_HEAD, LEAD, DISTRICT, CITY):
            create_account(session, officer.lower(), officer, PASSWORD, found.clock.now())
    yield found
    found.close()


@pytest.fixture(scope="module")
def case(host: Host) -> CaseBuilder:
    told_more(host)
    found = a_case(host).until("review_filing")
    told_more(host)
    return found


@pytest.fixture(scope="module")
def app(host: Host) -> Flask:
    return app_of(host)


def app_of(host: Host) -> Flask:
    found = create_app(host)
    found.config["WTF_CSRF_ENABLED"] = False
    return found


def signed_in(app: Flask, officer: str) -> FlaskClient:
    client = app.test_client()
    client.post("/sign-in", data={"login": officer.lower(), "password": PASSWORD})
    return client


def test_the_bell_counts_and_leads_to_the_step(app: Flask, host: Host, case: CaseBuilder) -> None:
    client = signed_in(app, UNIT_HEAD)
    assert "条未读" in client.get("/cases").text
    assert client.get("/notices/count").json == {"unread": 1}
    page = client.get("/notices").text
    (number,) = re.findall(r'href="/notices/(\d+)"', page)
    assert "“审核立案建议”等待办理" in page
    assert client.get(f"/notices/{number}").headers["Location"] == f"/tasks/{case.open_items()[0].id}"
    assert client.get("/notices/count").json == {"unread": 0}
    assert "没有未读的消息" in client.get("/notices").text
    assert f'href="/notices/{number}"' in client.get("/notices?all=1").text
    assert signed_in(app, LEAD).get(f"/notices/{number}").status_code == 404


def test_nobody_marks_the_messages_of_others_and_pages_follow_each_other(app: Flask, host: Host, case: CaseBuilder) -> None:
    item = case.open_items()[0]
    with host.database.writing() as session:
        drafts = [Draft(f"page:{number:02}", UNIT_HEAD, STEP, case.case_id, f"第{number:02}条", item_id=item.id) for number in range(45)]
        ids = [notice.id for notice in keep(session, drafts, host.clock.now())]
    stranger, client = signed_in(app, LEAD), signed_in(app, UNIT_HEAD)
    for data in ({"notice": str(ids[0])}, {"up_to": str(ids[-1])}):
        stranger.post("/notices/read", data=data)
    assert client.get("/notices/count").json == {"unread": 45}
    seen, address = list[str](), "/notices"
    while address:
        page = client.get(address).text
        seen += re.findall(r"第\d\d条(?=</span>)", page.split("notice-list")[1])
        found = re.search(r'href="(/notices\?before=\d+)" rel="next"', page)
        address = found[1] if found else ""
    assert sorted(dict.fromkeys(seen)) == [f"第{number:02}条" for number in range(45)]
    client.post("/notices/read", data={"notice": str(ids[3])})
    assert client.get("/notices/count").json == {"unread": 44}
    client.post("/notices/read", data={"up_to": str(ids[-1])})
    assert client.get("/notices/count").json == {"unread": 0}


def test_a_page_that_is_left_open_does_not_keep_its_person_signed_in(app: Flask, host: Host) -> None:
    client, clock = signed_in(app, UNIT_HEAD), host.clock
    begun = clock.now()
    for minutes in (10, 20, 29):
        clock.set(begun + timedelta(minutes=minutes))  # type: ignore[attr-defined]
        assert client.get("/notices/count").status_code == 200
    clock.set(begun + timedelta(minutes=31))  # type: ignore[attr-defined]
    assert client.get("/notices/count").status_code == 302


def test_display_is_kept_by_the_browser_and_follows_the_account(app: Flask) -> None:
    stranger = app.test_client()
    assert stranger.post("/settings", data={"text_size": "large", "theme": "dark", "page_size": "50"}).status_code == 302
    page = stranger.get("/sign-in").text
    assert 'data-size="large" data-theme="dark"' in page
    assert 'href="/static/dark.css" media="screen"' in page
    client = signed_in(app, UNIT_HEAD)
    page = client.get("/settings").text
    assert 'media="screen and (prefers-color-scheme: dark)"' in page
    assert "keys.js" in page
    client.post("/settings", data={"text_size": "large", "theme": "light", "page_size": "100"})
    other = signed_in(app, UNIT_HEAD)
    page = other.get("/settings").text
    assert 'data-size="large" data-theme="light"' in page
    assert "dark.css" not in page
    assert "keys.js" not in page
    assert 'value="100" checked' in page
    other.post("/preferences/size", data={"size": "normal", "next": "/tasks"})
    assert 'data-theme="light"' in signed_in(app, UNIT_HEAD).get("/tasks").text
    assert 'data-size="large"' not in signed_in(app, UNIT_HEAD).get("/tasks").text
    for wrong in ({"text_size": "huge"}, {"theme": "pink"}, {"page_size": "5000"}, {"page_size": "x"}):
        data = {"text_size": "normal", "theme": "dark", "page_size": "20", **wrong}
        assert client.post("/settings", data=data).status_code == 400
    for outside in ("//evil.example", "/\\evil.example", "https://evil.example"):
        answer = client.post("/settings", data={"text_size": "normal", "theme": "system", "page_size": "20", "next": outside})
        assert answer.headers["Location"] == "/settings"


def test_mail_is_asked_for_confirmed_and_given_up(host: Host) -> None:
    with post_office() as (post, settings):
        host = with_mail(host, settings)
        app = app_of(host)
        client, stranger = signed_in(app, UNIT_HEAD), signed_in(app, LEAD)
        assert client.post("/settings/notices", data={"way_step": "mail"}).status_code == 400
        assert client.post("/settings/mail", data={"address": "no address"}).status_code == 400
        client.post("/settings/mail", data={"address": "head@example.gov.cn"})
        Worker(host, threading.Event(), schedules=()).run(once=True)
        body = post.got[0].get_body(("plain",))
        assert body is not None
        path = re.search(r"https://zhifa.example.gov.cn(/settings/mail/\w+)", body.get_content())
        assert path
        assert "head@example.gov.cn" in client.get(path[1]).text
        assert stranger.post(path[1]).status_code == 409  # who happens to hold the link
        with host.database.reading() as session:
            assert preference_of(session, UNIT_HEAD).mail_address == ""
        client.post(path[1])
        assert client.post("/settings/notices", data={"way_step": "mail", "way_case": "off", "digest_hour": "8"}).status_code == 302
        with host.database.reading() as session:
            wish = preference_of(session, UNIT_HEAD)
            assert (wish.mail_address, wish.ways, wish.digest_hour) == ("head@example.gov.cn", {"step": "mail", "case": "off"}, 8)
        assert client.post("/settings/notices", data={"way_step": "x"}).status_code == 400
        client.post("/settings/mail", data={"act": "forget"})
        with host.database.reading() as session:
            wish = preference_of(session, UNIT_HEAD)
            assert (wish.mail_address, wish.ways, wish.digest_hour) == ("", {"step": "app", "case": "off"}, None)
            assert session.scalars(select(Job.error).where(Job.operation == "mail.send")).all() == [""]


def test_an_administrator_opens_resets_and_disables_accounts(app: Flask, host: Host) -> None:
    client = signed_in(app, DISTRICT)
    page = client.get("/people?q=陆晴").text
    assert "YJWH0304" in page
    assert "未开通" in page
    assert client.post("/people/YJWH0304/create").status_code == 400  # not confirmed
    page = client.post("/people/YJWH0304/create", data={"sure": "yes"}).text
    shown = re.findall(r'one-time-password">([^<]+)<', page)
    assert shown[0] == "yjwh0304"
    with host.database.writing() as session:
        assert check_password(session, *shown, host.clock.now()) is not None
    assert client.get("/people/YJWH0304").text.count("one-time-password") == 0
    client.post("/people/YJWH0304/disable", data={"sure": "yes"})
    with host.database.reading() as session:
        assert session.get_one(Account, "yjwh0304").enabled is False
    for other in (CITY, "YJ000101", "nobody"):  # outside his scope: as if there were nobody
        assert client.get(f"/people/{other}").status_code == 404
        assert client.post(f"/people/{other}/reset", data={"sure": "yes"}).status_code == 404
    assert "管理员不得管理本人的账号" in client.get(f"/people/{DISTRICT}").text
    assert client.post(f"/people/{DISTRICT}/reset", data={"sure": "yes"}).status_code == 404
    assert client.post("/people/YJWH0304/promote", data={"sure": "yes"}).status_code == 400


def test_every_help_page_is_there_and_harmless(app: Flask) -> None:
    client = app.test_client()
    index = client.get("/help").text
    for topic, title in TOPICS.items():
        assert f'href="/help/{topic}"' in index
        page = client.get(f"/help/{topic}").text
        assert f"<h1>{title}</h1>" in page
    assert client.get("/help/..%2fsecret").status_code == 404
    assert client.get("/help/nothing").status_code == 404
    hostile = rendered("<script>alert(1)</script> [x](javascript:alert(1)) ![y](data:text/html,x)")
    assert "<script" not in hostile
    assert "href" not in hostile
    assert "src" not in hostile


def test_a_step_leads_to_the_help_for_its_role(app: Flask, case: CaseBuilder) -> None:
    assert 'href="/help/deciding" data-help' in signed_in(app, UNIT_HEAD).get(f"/tasks/{case.open_items()[0].id}").text


def test_who_follows_a_link_signs_in_and_gets_there(app: Flask) -> None:
    for asked, reached in (
        ("/settings/notices", "/settings/notices"), ("/notices?all=1", "/notices?all=1"), ("//evil.example/tasks", "/tasks"), ("/sign-out", "/tasks"),
        ("https://evil.example/notices", "/tasks"), ("/\\\\evil.example", "/tasks"), ("/nothing", "/tasks"),
    ):
        client = app.test_client()
        client.get("/sign-in", query_string={"next": asked})
        answer = client.post("/sign-in", data={"login": UNIT_HEAD.lower(), "password": PASSWORD})
        assert answer.headers["Location"] == reached
    client = app.test_client()
    client.get(client.get("/settings/notices").headers["Location"])
    answer = client.post("/sign-in", data={"login": UNIT_HEAD.lower(), "password": PASSWORD})
    assert answer.headers["Location"] == "/settings/notices"


def test_a_hidden_case_is_not_named(app: Flask, host: Host, case: CaseBuilder) -> None:
    with host.database.writing() as session:
        item = session.scalars(select(WorkItem.id).where(WorkItem.case_id == case.case_id)).first()
        keep(session, [Draft("hidden", DISTRICT, STEP, case.case_id, "不应当看到", item_id=item)], host.clock.now())
        number = session.get_one(Case, case.case_id).number
        hidden = session.scalars(select(Notice.id).where(Notice.officer_id == DISTRICT, Notice.words == "不应当看到")).one()
    client = signed_in(app, DISTRICT)
    for address in ("/notices", "/notices?all=1"):
        assert number not in client.get(address).text
    assert client.get("/notices/count").json == {"unread": 0}
    assert client.get(f"/notices/{hidden}").status_code == 404
