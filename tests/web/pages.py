"""The pages of an officer without a browser: a client signed in as somebody, and an open page of a step with its hidden fields."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from processes.host import Host
from processes.sample import PASSWORD
from tests.builders import CaseBuilder, a_case


def client(app: Flask, login: str) -> FlaskClient:
    found = app.test_client()
    assert found.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return found


class Window:
    """One open page of a step: what a browser would send with its form."""

    def __init__(self, case: CaseBuilder, client: FlaskClient, item: int, kept: int | None = None) -> None:
        self.case, self.client, self.item = case, client, item
        self.text = self.read(client.get(f"/tasks/{item}" + (f"?kept={kept}" if kept else "")).text)

    def read(self, text: str) -> str:
        self.hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text.split("data-keep", 1)[1].split("form-fields")[0]))
        return text

    def keep(self, json: bool = True, **typed: str) -> Any:
        self.case.clock.set(self.case.clock.now() + timedelta(minutes=1))
        headers = {"Accept": "application/json"} if json else {}
        answer = self.client.post(f"/tasks/{self.item}/keep", data={**self.hidden, **typed}, headers=headers)
        return answer.json if json else answer

    def hand_in(self, **typed: str) -> tuple[int, str]:
        answer = self.client.post(f"/tasks/{self.item}", data={**self.hidden, **typed})
        return answer.status_code, self.read(answer.text) if "data-keep" in answer.text else answer.text


def waiting(host: Host, step: str) -> tuple[CaseBuilder, int]:
    case = a_case(host).until(step)
    case.clock.set(case.script.steps[case.position].at)
    return case, case.open_items()[0].id
