"""消息: a procedure of a department waits for something from outside; who handles the case writes down that it has come."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import journal
from engine.accounts.identities import create_account
from engine.cases.cases import find_case
from engine.errors import Conflict, Invalid, NotPermitted
from engine.registers.agencies import find_officer
from processes.host import Host
from processes.messaging import receive
from processes.running import complete_step
from processes.viewing import view_case
from tests.workflow.drawn_case import ANSWER, STEP, drawn_case, lane, waiting
from web.app import create_app
from web.commands.main import main

LEAD, OUTSIDER = "YJWH0101", "YJWH0302"
PROCESS = f"""
{lane("start", "send", "meanwhile", "opinion", "read", "split", "join", "end")}
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


@pytest.fixture
def case_id(host: Host, tmp_path: Path) -> int:
    return drawn_case(host, tmp_path, PROCESS, '<message id="message_opinion" name="鉴定意见"/>')


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
        create_account(session, "lin", LEAD, "secret", host.clock.now())
    app = create_app(host, demonstration=True)
    app.config["WTF_CSRF_ENABLED"] = False
    page = app.test_client()
    page.post("/sign-in", data={"login": "lin", "password": "secret"})
    assert "登记收到" in page.get(f"/cases/{case_id}").text
    answer = page.post(f"/cases/{case_id}/message", data={"name": "鉴定意见", "note": "鉴字〔2026〕3号"}, follow_redirects=True)
    assert "流程继续办理" in answer.text
    assert "登记收到" not in answer.text
    assert "read" in waiting(host, case_id)
