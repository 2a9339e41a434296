"""Every page that can be opened, as a person who may open it: what the accessibility test and the pictures go through."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from werkzeug.routing import Rule

from tests.web.plain_browser import PlainBrowser
from tests.web.test_access import AGENCY, AUDIENCES, NOBODY, OTHERS, rows

# Whoever stands first and may see a page shows it: those whose pages have the most on them.
FIRST = ("YJWH0101", "YJWH0201", "YJWH0002", "YJWH0304", "YJWH0203", "YJWH0307")
SIGNED_OUT = ("sign_in.", "single_sign_on.")
_CHOICE = re.compile(r"<any\(([^)]*)\):(\w+)>")


@dataclass(frozen=True)
class Visit:
    """One page as one person sees it; person: "" = nobody is signed in."""

    endpoint: str
    address: str
    person: str

    @property
    def name(self) -> str:
        """A short name for a file or a message."""
        return f"{self.endpoint}-{self.address.strip('/').replace('/', '-') or 'home'}-{self.person or 'nobody'}"


@dataclass(frozen=True)
class Look:
    """How a page is looked at: colours, size of the text, width of the window in pixels."""

    scheme: str
    large: bool
    width: int

    @property
    def name(self) -> str:
        """A short name for a file or a message."""
        return f"{self.scheme}{'-large' if self.large else ''}-{self.width}"


LOOKS = tuple(Look(scheme, large, width) for width in (1280, 390) for large in (False, True) for scheme in ("light", "dark"))


def visits(app: Flask, objects: Mapping[str, object], *, everybody: bool = False) -> list[Visit]:
    """Every page once, by the one who sees the most of it, or by everybody who may see it; files and redirects are left out."""
    audiences = {row["endpoint"]: AUDIENCES[row["who"]] for row in rows()}
    browsers: dict[str, PlainBrowser] = {}
    found = list[Visit]()
    for endpoint, address in _addresses(app, objects):
        for person in _people(endpoint, audiences[endpoint], everybody=everybody):
            client = browsers.setdefault(person, PlainBrowser(app, person)).client if person else app.test_client()
            with client.get(address) as answer:
                if answer.status_code == 200 and answer.mimetype == "text/html":
                    found.append(Visit(endpoint, address, person))
    return found


def _addresses(app: Flask, objects: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        if "GET" not in (rule.methods or set()):
            continue
        for values in _values(rule, objects):
            yield rule.endpoint, app.url_map.bind("localhost").build(rule.endpoint, values)


def _values(rule: Rule, objects: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """The rule's arguments; where the address has to be one of several words, once with each."""
    known = {name: objects[name] for name in rule.arguments}
    if choice := _CHOICE.search(rule.rule):
        for word in choice[1].split(","):
            yield {**known, choice[2]: word.strip()}
    else:
        yield {**known, **(rule.defaults or {})}


def _people(endpoint: str, audience: frozenset[str], *, everybody: bool) -> list[str]:
    if endpoint.startswith(SIGNED_OUT):
        return [NOBODY]
    people = [person for person in FIRST if person in audience] + sorted((audience & (AGENCY | OTHERS)) - set(FIRST))
    return people if everybody else people[:1]


def context_of(chromium: Browser, address: str, app: Flask, visit: Visit, look: Look, *, script: bool = True) -> BrowserContext:
    """A browser in which the person is signed in, looking at pages in this way."""
    context = chromium.new_context(
        locale="zh-CN", base_url=address, color_scheme="dark" if look.scheme == "dark" else "light",
        viewport={"width": look.width, "height": 844 if look.width < 500 else 900}, java_script_enabled=script,
        reduced_motion="reduce",
    )
    cookies = {"text_size": "large"} if look.large else {}
    if visit.person:
        cookie = PlainBrowser(app, visit.person).client.get_cookie("session")
        assert cookie is not None
        cookies["session"] = cookie.value
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    return context
