"""A real server on a free port, a real installation with seals, and a real headless Chromium that is strict."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from processes.bundles import BundleCache
from processes.host import Host
from tests.builders import host_in
from web.app import create_app
from web.commands.serving import work_queue

CHROMIUM = os.environ.get("ZHIFA_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--lang=zh-CN", "--disable-background-networking", "--disable-sync",
             "--disable-component-update", "--no-first-run", "--disable-quic"]


@pytest.fixture(scope="module")
def host(sample_pattern: Path, tmp_path_factory: pytest.TempPathFactory, fonts: Path, bundles: BundleCache) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("web") / "installation"
    shutil.copytree(sample_pattern, folder)
    found = replace(host_in(folder), bundles=bundles)
    yield found
    found.close()


@pytest.fixture(scope="module")
def app(host: Host) -> Flask:
    """The application without a server, its forms sent without tokens."""
    found = create_app(host, demonstration=True)
    found.config["WTF_CSRF_ENABLED"] = False
    return found


@pytest.fixture(scope="module")
def address(host: Host) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(host, demonstration=True), threaded=True)
    stop = threading.Event()
    threads = [threading.Thread(target=server.serve_forever), threading.Thread(target=work_queue, args=(host, stop))]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    stop.set()
    server.shutdown()
    for thread in threads:
        thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS, env={**os.environ, "LANGUAGE": "zh_CN"}
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A page of its own context; a script error, a refused policy or a request to the outside fails the test."""
    context = chromium.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900}, base_url=address)
    found, faults = context.new_page(), list[str]()
    found.on("pageerror", lambda error: faults.append(f"error: {error}"))
    found.on("console", lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None)
    found.on("request", lambda request: None if request.url.startswith((address, "data:", "blob:")) else faults.append(request.url))
    yield found
    context.close()
    assert faults == []


@pytest.fixture
def without_script(chromium: Browser, address: str) -> Iterator[Page]:
    """A page in a browser without JavaScript."""
    context = chromium.new_context(locale="zh-CN", java_script_enabled=False, base_url=address)
    yield context.new_page()
    context.close()
