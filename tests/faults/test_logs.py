"""The log: JSON lines with the ids to find things by; neither what was typed in, nor a name, nor a password ever comes into it."""

from __future__ import annotations

import ast
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from engine import logs
from engine.errors import Conflict
from engine.logs import FIELDS
from processes import running
from processes.host import Host
from processes.running import complete_step
from processes.sample import PASSWORD
from tests.builders import ORDINARY, a_case, script
from tests.house.tree import ROOT, modules
from tests.workflow.cases import open_item
from web.app import create_app
from web.commands.main import main

SECRETS = ("味百鲜", "13800000000", "11010119900307", PASSWORD)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """What was logged since, as data; the raw text is held against the secrets at the end."""
    said, root, ours = list[str](), logging.getLogger(), logging.getLogger(logs.OURS)
    before = root.handlers, root.level, ours.level
    logs.configure("json", logging.INFO)

    def read() -> list[dict[str, Any]]:
        said.extend(capsys.readouterr().err.splitlines())
        return [json.loads(line) for line in said if line.startswith("{")]

    yield read
    assert read()
    assert not [word for word in SECRETS if any(word in line for line in said)]
    root.handlers, root.level, ours.level = before


def test_a_step_is_found_by_request_case_step_and_officer(host: Host, lines: Any) -> None:
    case = a_case(host)
    client = create_app(host).test_client()
    answer = client.get("/sign-in?q=味百鲜", headers={"X-Request-Id": "from-the-proxy-1"})
    assert answer.headers["X-Request-Id"] == "from-the-proxy-1"
    assert client.get("/sign-in", headers={"X-Request-Id": "a b"}).headers["X-Request-Id"] != "a b"
    with logs.about(request="r1"):
        case.take()
    done = [line for line in lines() if line["event"] == "step.completed"]
    assert [(one["request"], one["case"], one["step"], one["level"]) for one in done] == [
        ("r1", case.case_id, script(ORDINARY).steps[0].id, "info")]
    assert done[0]["officer"] == script(ORDINARY).steps[0].actor
    assert done[0]["time"].endswith("+00:00")
    page = next(line for line in lines() if line["event"] == "request")
    assert (page["request"], page["endpoint"], page["status"], page["method"]) == ("from-the-proxy-1", "sign_in.form", 200, "GET")
    assert all(set(line) <= {"time", "level", "event", *FIELDS} for line in lines())


def test_refusals_and_machine_faults_are_logged_without_what_was_typed(host: Host, lines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    case = a_case(host).until("verify_clue")
    item = open_item(case, "verify_clue")
    with pytest.raises(Exception, match="不符合要求"):
        complete_step(host, item, "YJWH0101", {"note": "味百鲜 13800000000"})

    def broken(*_: object, **__: object) -> None:
        with host.database.reading() as session:
            session.execute(text("SELECT :party FROM nowhere"), {"party": "味百鲜 110101199003070000"})

    monkeypatch.setattr(running, "record", broken)
    with pytest.raises(Exception, match="nowhere"):
        complete_step(host, item, "YJWH0101", case.values("verify_clue"))
    refused, failed = (next(line for line in lines() if line["event"] == name) for name in ("step.refused", "step.failed"))
    assert (refused["case"], refused["step"], refused["code"]) == (case.case_id, "verify_clue", "form.invalid")
    assert failed["error"] == "OperationalError"
    assert any(place.startswith("processes.running:") for place in failed["trace"])


def test_signing_in_leaves_neither_password_nor_words(host: Host, lines: Any) -> None:
    client = create_app(host).test_client()
    client.get("/sign-in")
    client.post("/sign-in", data={"login": "味百鲜", "password": PASSWORD})
    assert {line["endpoint"] for line in lines() if line["event"] == "request"} >= {"sign_in.form", "sign_in.submit"}


def test_a_careless_call_lets_nothing_through(lines: Any) -> None:
    ours, library = logging.getLogger("zhifa.somewhere"), logging.getLogger("library")
    ours.info("案件 味百鲜", extra={"case": "味百鲜", "party": "味百鲜", "code": "a b"})
    ours.info(f"party {SECRETS[0]}")
    library.warning("cannot read %s", "味百鲜")
    library.warning("cannot read 味百鲜")
    library.info("not heard")
    try:
        raise Conflict("case.moved_on", "味百鲜")
    except Conflict:
        ours.exception("step.failed")
    assert [{key: line[key] for key in ("event", "text", "logger", "code", "error") if key in line} for line in lines()] == [
        {"event": "unnamed"}, {"event": "unnamed"}, {"event": "library", "text": "cannot read %s", "logger": "library"},
        {"event": "library", "logger": "library"}, {"event": "step.failed", "code": "case.moved_on", "error": "Conflict"},
    ]


def test_text_for_people_has_the_same_fields() -> None:
    record = logging.LogRecord("zhifa.x", logging.INFO, "x.py", 1, "job.done", (), None)
    record.job = 7
    assert logs.Lines(as_text=True).format(record).split()[1:] == ["info", "job.done", "job=7"]


def test_commands_are_logged(host: Host, tmp_path: Path, lines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIFA_DATABASE_URL", host.settings.database_url)
    monkeypatch.setenv("ZHIFA_LOG_LEVEL", "info")
    assert main(["journal", "verify"]) == 0
    assert main(["journal", "verify", "--case", "无此案件"]) == 1
    told = [(line["event"], line.get("status"), line.get("code")) for line in lines()]
    assert told == [("command.ended", 0, None), ("command.refused", None, "case.unknown"), ("command.ended", 1, None)]
    monkeypatch.setenv("ZHIFA_LOG_LEVEL", "")
    main(["journal", "verify"])
    assert len(lines()) == 3


def test_every_field_and_event_is_documented() -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert [name for name in FIELDS if f"`{name}`" not in text] == []
    events = {
        node.args[0].value for _, tree in modules("engine", "processes", "web") for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "LOG" and node.args and isinstance(node.args[0], ast.Constant)
    }
    assert len(events) > 10
    assert sorted(event for event in events if f"`{event}`" not in text) == []
