"""No barrier on any page: axe finds nothing (WCAG 2.2 AA), nothing is refused or asked of the outside, nothing runs off the phone.

Pages are taken from the application itself, so a new page is looked at without being named here. Bounded: each page in one look,
the looks taking turns, and the five pages on which officers spend their day in all eight; ZHIFA_PROVE=full: everybody's pages.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page

from processes.host import Host
from tests.web.test_access import prepared
from tests.web.visits import LOOKS, Look, Visit, context_of, visits
from web.app import create_app

pytestmark = pytest.mark.browser
FULL = os.environ.get("ZHIFA_PROVE") == "full"
# What answers with no page of its own here, and where it is looked at instead.
ELSEWHERE = frozenset({
    "home",  # leads on to the to-do list
    "account_desk.generator", "sign_in.second", "making_desk.blank",  # test_accessibility_of_acts
    "single_sign_on.begin", "single_sign_on.come_back",  # the pages of the identity provider
    "static", "health.live", "health.ready", "health.metrics", "case_desk.diagram", "document_desk.download", "picture_desk.show",
    "evidence_desk.file", "upload_desk.uploads", "notice_desk.count",
    "task_lists.counts",  # files, and what programs ask
    "notice_desk.follow",  # leads on to what a message is about
})
MAIN = ("my_tasks.tasks", "my_tasks.step", "case_desk.case", "case_desk.new_case", "document_desk.document")
TABS = ("/diagram", "/documents", "/evidence", "/journal")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What axe does not say: text below 1rem, content wider than the window. The drawing of a procedure has its own scale.
MEASURE = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), small = new Set();
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || holder.closest('.diagram, script, noscript') || !holder.checkVisibility()) continue;
    const size = parseFloat(getComputedStyle(holder).fontSize);
    if (size < 16) small.add(`${holder.tagName} ${holder.className}: ${size}px`);
  }
  const wide = document.scrollingElement.scrollWidth - innerWidth;
  const culprits = wide <= 0 ? [] : [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map((e) => e.outerHTML.slice(0, 120));
  return { small: [...small], wide: wide <= 0 ? [] : [`${wide}px too wide`, ...culprits] };
}"""


@pytest.fixture(scope="module")
def objects(host: Host) -> Mapping[str, object]:
    return prepared(host)


@pytest.fixture(scope="module")
def app(host: Host) -> Flask:
    return create_app(host, demonstration=True)


@pytest.fixture(scope="module")
def shown(app: Flask, objects: Mapping[str, object]) -> list[Visit]:
    return visits(app, objects)


def test_every_page_is_looked_at(app: Flask, shown: list[Visit]) -> None:
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    assert pages - {visit.endpoint for visit in shown} == ELSEWHERE


def planned(app: Flask, objects: Mapping[str, object], shown: list[Visit]) -> list[tuple[Visit, Look]]:
    """(page, look) pairs, those of one person and look together."""
    turns, plan = itertools.cycle(LOOKS), set[tuple[Visit, Look]]()
    for visit in shown:
        every = FULL or (visit.endpoint in MAIN and not visit.address.endswith(TABS))
        plan |= {(visit, look) for look in (LOOKS if every else [next(turns)])}
    if FULL:
        plan |= {(visit, next(turns)) for visit in visits(app, objects, everybody=True)}
    return sorted(plan, key=lambda pair: (pair[0].person, pair[1].name, pair[0].address))


def test_no_page_has_a_barrier(
    chromium: Browser, address: str, app: Flask, objects: Mapping[str, object], shown: list[Visit]
) -> None:
    faults = list[str]()
    for (_person, look), pairs in itertools.groupby(planned(app, objects, shown), key=lambda pair: (pair[0].person, pair[1])):
        seen = [visit for visit, _ in pairs]
        context = context_of(chromium, address, app, seen[0], look)
        page = context.new_page()
        noticed = watched(page, address)
        for visit in seen:
            answer = page.goto(visit.address)
            assert answer is not None
            assert (answer.status, urlsplit(page.url).path) == (200, visit.address)
            faults += [f"{visit.name} {look.name}: {fault}" for fault in [*barriers(page), *noticed]]
            noticed.clear()
        context.close()
    assert faults == [], "\\n".join(faults)


def watched(page: Page, address: str) -> list[str]:
    """A list to which every script error, console error, refused policy and request to the outside is added."""
    noticed = list[str]()
    page.on("pageerror", lambda error: noticed.append(f"script error: {error}"))
    page.on("console", lambda message: noticed.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith((address, "data:", "blob:")) else noticed.append(f"outside: {asked.url}"))
    return noticed


def barriers(page: Page) -> list[str]:
    """What stands in somebody's way on the shown page, also in what is folded away."""
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    results = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": TAGS}})
    found = [
        f"{each['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for each in results.response["violations"] for node in each["nodes"][:3]
    ]
    measured = page.evaluate(MEASURE)
    return found + measured["small"] + measured["wide"]


def test_a_barrier_would_be_seen(chromium: Browser, address: str, app: Flask) -> None:
    context = context_of(chromium, address, app, Visit("my_tasks.tasks", "/tasks", "YJWH0101"), Look("light", False, 390))  # noqa: FBT003
    page = context.new_page()
    noticed = watched(page, address)
    page.goto("/tasks")
    assert barriers(page) == []
    page.evaluate("""() => {
      document.querySelector('main').insertAdjacentHTML('beforeend', `<div class="seeded"><input><details>
        <summary>更多</summary><p>几乎看不见</p></details><p>小字</p><img src="https://elsewhere.invalid/a.png" alt=""></div>`);
      const [, faint, small] = document.querySelectorAll('.seeded summary, .seeded p');
      faint.style.color = '#eee'; small.style.fontSize = '12px'; document.querySelector('.seeded').style.width = '500px';
    }""")
    told = "\n".join(barriers(page) + noticed)
    assert all(each in told for each in ("label: <input>", "color-contrast", "12px", "too wide", "elsewhere.invalid", "Content Security Policy"))
    context.close()
