"""暂存: what was typed at a step and not handed in comes back, two windows never overwrite each other, strangers see nothing."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from engine.jobs import Job
from engine.workflow.tasks import find_item
from engine.workflow.unfinished import MOST, UnfinishedForm
from processes.host import Host
from processes.routing import hand_over
from processes.schedules import SCHEDULED_KINDS, SCHEDULES, give_out
from tests.builders import a_case
from tests.web.pages import Window, client, waiting

LEAD, CO_OFFICER, CLERK = "yjwh0101", "yjwh0102", "yjwh0304"


def kept(host: Host, item: int) -> list[UnfinishedForm]:
    with host.database.reading() as session:
        return list(session.scalars(select(UnfinishedForm).where(UnfinishedForm.item_id == item).order_by(UnfinishedForm.id)))


def test_what_was_typed_is_shown_again_and_gone_when_the_step_is_done(app: Flask, host: Host) -> None:
    case, item = waiting(host, "report_opinion")
    officer = client(app, "yjwh0100")
    window = Window(case, officer, item)
    said = window.keep(decision="AGREE", opinion="事实清楚，拟同意")
    assert said == {"saved_at": case.clock.now().strftime("%Y-%m-%d %H:%M"), "newer": None}
    window.keep(decision="AGREE", opinion="事实清楚，证据充分，拟同意")
    assert len(kept(host, item)) == 1, "a window writes one row, however often it saves"
    again = Window(case, officer, item)
    assert "事实清楚，证据充分，拟同意" in again.text
    assert f"已经恢复您于 {case.clock.now():%Y-%m-%d %H:%M} 暂存" in again.text
    again.keep(decision="AGREE", opinion="改了一个字")
    assert [row.values["opinion"] for row in kept(host, item)] == ["改了一个字"], "the page goes on from the row with which it was filled"
    assert again.hand_in(decision="AGREE", opinion="同意")[0] == 302
    assert kept(host, item) == []


def test_without_script_the_button_keeps_and_the_faulty_form_is_kept_too(app: Flask, host: Host) -> None:
    case, item = waiting(host, "report_opinion")
    officer = client(app, "yjwh0100")
    answer = Window(case, officer, item).keep(json=False, opinion="写到一半")
    assert answer.status_code == 302
    assert "写到一半" in officer.get(f"/tasks/{item}").text
    status, text = Window(case, officer, item).hand_in(decision="RETURN")
    assert status == 400
    assert 'href="#field-opinion"' in text, "the summary of faults leads to the field"
    assert kept(host, item)[-1].values == {"decision": "RETURN"}
    officer.post(f"/tasks/{item}/give-up", data={"kept": kept(host, item)[-1].id})
    assert "RETURN" not in [row.values.get("decision") for row in kept(host, item)]


def test_two_windows_keep_both_and_the_older_one_is_asked(app: Flask, host: Host) -> None:
    case, item = waiting(host, "report_opinion")
    officer = client(app, "yjwh0100")
    first, second = Window(case, officer, item), Window(case, officer, item)
    first.keep(opinion="第一个窗口")
    told = second.keep(opinion="第二个窗口")
    assert told["newer"]["by"] == "您"
    assert {row.values["opinion"] for row in kept(host, item)} == {"第一个窗口", "第二个窗口"}
    status, text = first.hand_in(decision="AGREE", opinion="第一个窗口，已写完")
    assert status == 409
    assert "您在另一个窗口" in text
    assert "第一个窗口，已写完" in text
    newest = next(row for row in kept(host, item) if row.values["opinion"] == "第二个窗口")
    assert f"/tasks/{item}?kept={newest.id}" in text
    assert "第二个窗口" in officer.get(f"/tasks/{item}?kept={newest.id}").text
    assert first.hand_in(decision="AGREE", opinion="第一个窗口，已写完")[0] == 302, "told once, the officer has chosen"


def test_the_next_person_is_offered_what_the_last_one_typed(app: Flask, host: Host) -> None:
    case, item = waiting(host, "investigation_report")
    Window(case, client(app, LEAD), item).keep(facts="主办人员写到这里")
    colleague = client(app, CO_OFFICER)
    with host.database.reading() as session:
        assert find_item(session, item).role == "lead_officer"
    hand_over(host, item, "YJWH0101", "YJWH0102", "出差")
    window = Window(case, colleague, item)
    assert "主办人员写到这里" not in window.text, "a colleague's text is offered, not put in place"
    assert "林望舒，" in window.text
    row = kept(host, item)[0]
    window = Window(case, colleague, item, kept=row.id)
    assert "主办人员写到这里" in window.text
    window.keep(facts="协办人员接着写")
    assert sorted((row.officer_id, row.values["facts"]) for row in kept(host, item)) == [
        ("YJWH0101", "主办人员写到这里"), ("YJWH0102", "协办人员接着写"),
    ]


def test_a_stranger_neither_reads_nor_keeps(app: Flask, host: Host) -> None:
    case, item = waiting(host, "report_opinion")
    window = Window(case, client(app, "yjwh0100"), item)
    window.keep(opinion="不给别人看")
    row = kept(host, item)[0].id
    for login in (CLERK, "yj000101"):
        stranger = client(app, login)
        assert stranger.get(f"/tasks/{item}?kept={row}").status_code == 404
        assert stranger.post(f"/tasks/{item}/keep", data={**window.hidden, "opinion": "试"}).status_code == 404
        assert stranger.post(f"/tasks/{item}/give-up", data={"kept": row}).status_code == 404
    other = a_case(host).open_items()[0].id
    assert client(app, CLERK).get(f"/tasks/{other}?kept={row}").status_code == 404, "a row belongs to its step"
    assert [each.values for each in kept(host, item)] == [{"opinion": "不给别人看"}]


def test_kept_texts_are_few_and_swept_when_the_step_no_longer_waits(app: Flask, host: Host) -> None:
    case, item = waiting(host, "report_opinion")
    officer = client(app, "yjwh0100")
    for number in range(MOST + 2):
        window = Window(case, officer, item)
        window.hidden["goes_on_from"] = ""
        window.keep(opinion=f"第{number}份")
    assert len(kept(host, item)) == MOST
    case.take()  # not through the page
    assert len(kept(host, item)) == MOST
    give_out(host, [schedule for schedule in SCHEDULES if schedule.operation == "platform.tidy"])
    with host.database.reading() as session:
        job = session.scalars(select(Job).where(Job.operation == "platform.tidy").order_by(Job.id.desc())).first()
    assert job is not None
    next(kind for kind in SCHEDULED_KINDS if kind.operation == job.operation).work(host, job)
    assert kept(host, item) == []
