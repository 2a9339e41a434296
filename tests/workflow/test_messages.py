"""消息: a procedure of a department waits for something from outside; who handles the case writes down that it has come."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.procedure import FORM, MANIFEST
from engine import journal
from engine.accounts.identities import create_account
from engine.cases.cases import find_case
from engine.errors import Conflict, Invalid, NotPermitted
from engine.registers.agencies import find_officer
from engine.workflow.tasks import OPEN, items_of_case
from processes.host import Host
from processes.messaging import receive
from processes.opening import open_case
from processes.publishing import publish
from processes.running import complete_step
from processes.viewing import view_case
from tests.workflow.sketches import draw
from web.app import create_app
from web.commands.main import main

LEAD, OUTSIDER, ITEM = "YJWH0101", "YJWH0302", "SCJG-CF-0122-01"
STEP = '<documentation>如实填写。</documentation><extensionElements><zhifa:step form="note" tag="" article="" /></extensionElements>'
LANE = (
    '<laneSet id="lanes"><lane id="lane_lead_officer" name="办案人员">'
    + "".join(f"<flowNodeRef>{node}</flowNodeRef>" for node in ("start", "send", "meanwhile", "opinion", "read", "split", "join", "end"))
    + "</lane></laneSet>"
)
PROCESS = f"""
{LANE}
startEvent start
parallelGateway split
userTask send name=委托鉴定
+{STEP}
userTask meanwhile name=继续调查
+{STEP}
<intermediateCatchEvent id="opinion" name="收到鉴定意见"><messageEventDefinition id="m" messageRef="message_opinion"/></intermediateCatchEvent>
userTask read name=审查鉴定意见
+{STEP}
parallelGateway join
endEvent end
start -> send -> split
split -> opinion -> read -> join
split -> meanwhile -> join
join -> end
"""
ANSWER = {"note": "办理情况", "on": "2026-03-02"}


@pytest.fixture
def case_id(host: Host, tmp_path: Path) -> int:
    folder = tmp_path / "shelf" / "appraisal"
    (folder / "forms").mkdir(parents=True)
    (folder / "procedures").mkdir()
    (folder / "package.toml").write_text(MANIFEST.replace("bench", "appraisal"), encoding="utf-8")
    (folder / "forms" / "note.toml").write_text(FORM, encoding="utf-8")
    message = '<message id="message_opinion" name="鉴定意见"/>'
    (folder / "procedures" / "appraisal.bpmn").write_bytes(draw(PROCESS, process="appraisal", before=message))
    publish(replace(host, settings=replace(host.settings, shelves=(tmp_path / "shelf",))), "appraisal", "YJWH0001")
    found = open_case(host, LEAD, "appraisal", ITEM, package="appraisal")
    with host.database.writing() as session:
        find_case(session, found).lead_officer_id = LEAD
    return found


def waiting(host: Host, case_id: int) -> dict[str, int]:
    with host.database.reading() as session:
        return {row.step: row.id for row in items_of_case(session, case_id) if row.state == OPEN}


def awaited(host: Host, case_id: int) -> list[str]:
    with host.database.reading() as session:
        return list(view_case(host, session, case_id, find_officer(session, LEAD)).awaited)


def test_a_case_goes_on_when_what_it_waits_for_has_come(host: Host, case_id: int) -> None:
    assert awaited(host, case_id) == []
    with pytest.raises(Conflict, match="正在等待：无"):
        receive(host, case_id, LEAD, "鉴定意见", "鉴字〔2026〕3号")
    complete_step(host, waiting(host, case_id)["send"], LEAD, ANSWER)
    assert (awaited(host, case_id), set(waiting(host, case_id))) == (["鉴定意见"], {"meanwhile"})
    with pytest.raises(NotPermitted, match="办案人员或者负责人"):
        receive(host, case_id, OUTSIDER, "鉴定意见", "鉴字〔2026〕3号")
    with pytest.raises(Invalid, match="收到了什么"):
        receive(host, case_id, LEAD, "鉴定意见", " ")
    with pytest.raises(Conflict, match="不等待“别的”，正在等待：鉴定意见"):
        receive(host, case_id, LEAD, "别的", "一封信")
    receive(host, case_id, LEAD, "鉴定意见", "鉴字〔2026〕3号")
    assert (awaited(host, case_id), set(waiting(host, case_id))) == ([], {"meanwhile", "read"})
    with pytest.raises(Conflict, match="正在等待：无"):
        receive(host, case_id, LEAD, "鉴定意见", "又来一份")
    for step in ("read", "meanwhile"):
        complete_step(host, waiting(host, case_id)[step], LEAD, ANSWER)
    assert waiting(host, case_id) == {}
    with host.database.reading() as session:
        told = [(entry.act, entry.read_facts().get("text")) for entry in journal.entries(session, case_id)]
        assert journal.verify(session, case_id)[1] == []
    assert ("message.received", "鉴字〔2026〕3号") in told
    assert sum(act == "message.refused" for act, _ in told) == 5


def test_it_is_received_by_the_command(host: Host, case_id: int, capsys: pytest.CaptureFixture[str]) -> None:
    complete_step(host, waiting(host, case_id)["send"], LEAD, ANSWER)
    with host.database.reading() as session:
        number = find_case(session, case_id).number
    folder = str(host.settings.files_dir.parent)
    call = ["message", number, "鉴定意见", "--by", LEAD, "--folder", folder]
    assert main([*call, "--data", " "]) == 1
    assert main([*call, "--data", "鉴字〔2026〕3号"]) == 0
    assert "审查鉴定意见" in capsys.readouterr().out


def test_it_is_received_on_the_page_of_the_case(host: Host, case_id: int) -> None:
    complete_step(host, waiting(host, case_id)["send"], LEAD, ANSWER)
    with host.database.writing() as session:
        create_account(session, "lin", LEAD, "secret")
    app = create_app(host)
    app.config["WTF_CSRF_ENABLED"] = False
    page = app.test_client()
    page.post("/sign-in", data={"login": "lin", "password": "secret"})
    assert "登记收到" in page.get(f"/cases/{case_id}").text
    answer = page.post(f"/cases/{case_id}/message", data={"name": "鉴定意见", "note": "鉴字〔2026〕3号"}, follow_redirects=True)
    assert "流程继续办理" in answer.text
    assert "登记收到" not in answer.text
    assert "read" in waiting(host, case_id)
