"""Officers at browsers who send the same form again until they get an answer, and write down what they sent and heard."""

from __future__ import annotations

import http.client
import re
import threading
import time
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, build_opener

from processes.sample import PASSWORD
from tests.faults.histories import CONFLICT, NEVER, OK, UNKNOWN, Op

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
HIDDEN = re.compile(r'name="(csrf_token|revision|key)" value="([^"]*)"')
ITEM = re.compile(r'href="/tasks/(\d+)"')
CODE = re.compile(r'class="error-code">\d+ · ([a-z_.]+)<')
PATIENCE = 90


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class Client:
    """One officer; cases: titles are all alike, so any open item will do."""

    address: str
    login: str
    stop: threading.Event
    ops: dict[str, Op] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    broken: int = 0
    faults: list[str] = field(default_factory=list)
    opener: OpenerDirector = field(default_factory=lambda: build_opener(HTTPCookieProcessor(CookieJar()), _Stay))

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, where it leads, and the page; asked again until the server answers at all."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                status, to, page = self._send(path, form)
                code = CODE.search(page)
                if status < 500 and not (code and code[1] == "journal.busy"):
                    return status, to, code[1] if code else page
            except (OSError, http.client.HTTPException):
                pass
            self.broken += 1
            time.sleep(0.05)
        raise TimeoutError(path)

    def _send(self, path: str, form: dict[str, str] | None) -> tuple[int, str, str]:
        data = urlencode(form).encode() if form is not None else None
        try:
            with self.opener.open(self.address + path, data, timeout=20) as response:
                return response.status, "", response.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.headers.get("Location", ""), error.read().decode()

    def work(self) -> None:
        try:
            token = TOKEN.search(self.ask("/sign-in")[2])
            assert token
            self.ask("/sign-in", {"csrf_token": token[1], "login": self.login, "password": PASSWORD})
            while not self.stop.is_set():
                for item in ITEM.findall(self.ask("/tasks")[2]):
                    if not self.stop.is_set():
                        self.take(int(item))
        except Exception as error:
            self.faults.append(repr(error))

    def take(self, item: int) -> None:
        """Fill in the form of a step and send it until it is answered: the page's own hidden key makes that safe."""
        status, _, page = self.ask(f"/tasks/{item}")
        hidden = dict(HIDDEN.findall(page))
        if status != 200 or "key" not in hidden:
            return  # somebody else has done it
        key = hidden["key"]
        self.ops[key] = Op(key, item, time.monotonic(), NEVER, UNKNOWN)
        status, to, code = self.ask(f"/tasks/{item}", {**hidden, "next_act": "again", "note": key, "submit": "1"})
        outcome = OK if status == 302 else CONFLICT if status == 409 else f"{status} {code[:200]}"
        self.ops[key] = replace(self.ops[key], answered=time.monotonic(), outcome=outcome)
        self.answers[key] = to
