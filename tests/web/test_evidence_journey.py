"""An officer's upload in a real browser over a real line: the server killed at sixty percent, the line cut, and no script at all."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine.cases.evidence_files import EvidenceFile, EvidenceUpload, files_of
from processes.bundles import BundleCache
from processes.host import Host
from tests.builders import host_in
from tests.web.evidence_builders import TUS, Sender, a_collected_case, photo, sha256, signed_in

pytestmark = pytest.mark.browser
FILM = b"\0\0\0\x18ftypmp42" + os.urandom(1 << 16) * 400  # 26 MB: four pieces
LINE = 12_000_000  # bytes a second


class Server:
    """A server process over the test's installation that can be killed and started again at the same address."""

    def __init__(self, host: Host, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", "tests.web.upload_server", str(folder), str(self.port), host.clock.now().isoformat()]
        self.start()

    def start(self) -> None:
        self._run = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        self._run.send_signal(signal.SIGKILL)
        self._run.wait()


@pytest.fixture(scope="module")
def folder(sample_pattern: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("journey") / "installation"
    shutil.copytree(sample_pattern, folder)
    return folder


@pytest.fixture(scope="module")
def host(folder: Path, bundles: BundleCache) -> Iterator[Host]:
    found = host_in(folder)
    yield replace(found, bundles=bundles)
    found.close()


@pytest.fixture(scope="module")
def collected(host: Host) -> tuple[int, int]:
    """(case, first piece of evidence)."""
    case, piece = a_collected_case(host)
    return case.case_id, piece


@pytest.fixture(scope="module")
def server(host: Host, folder: Path, collected: tuple[int, int]) -> Iterator[Server]:
    found = Server(host, folder)
    yield found
    found.kill()


@pytest.fixture(scope="module")
def address(server: Server) -> str:
    return server.address


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("用户名").fill("yjwh0101")
    page.get_by_label("密码").fill("demo")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="我的待办")).to_be_visible()


def files(host: Host, case_id: int) -> list[EvidenceFile]:
    with host.database.reading() as session:
        return [file for rows in files_of(session, case_id).values() for file in rows]


def test_a_killed_server_costs_an_officer_no_more_than_a_piece(
    page: Page, server: Server, host: Host, collected: tuple[int, int], tmp_path: Path
) -> None:
    case_id, piece = collected
    (tmp_path / "现场录像.mp4").write_bytes(FILM)
    (tmp_path / "安装.exe").write_bytes(b"MZ")
    sign_in(page)
    page.goto(f"/evidence/{piece}")
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", {
        "offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": LINE,
    })
    page.locator("#file").set_input_files([tmp_path / "安装.exe", tmp_path / "现场录像.mp4"])
    page.get_by_role("button", name="上传", exact=True).click()
    expect(page.get_by_text("“安装.exe”是可执行程序")).to_be_visible()
    words = page.locator(".upload-words").last
    expect(words).to_have_text(re.compile(r"正在上传 [1-4]\d"), timeout=30_000)
    page.get_by_role("button", name="暂停").click()
    expect(words).to_have_text("已暂停")
    page.get_by_role("button", name="继续").click()
    expect(words).to_have_text(re.compile(r"正在上传 [67]\d"), timeout=30_000)
    server.kill()
    expect(page.get_by_text("连接中断，正在重试")).to_be_visible(timeout=30_000)
    server.start()
    with host.database.reading() as session:
        (upload,) = session.query(EvidenceUpload).all()
    assert 0 < upload.received < len(FILM)
    expect(page.get_by_text("已收到，哈希一致")).to_be_visible(timeout=60_000)
    (file,) = files(host, case_id)
    assert file.sha256 == file.device_sha256 == sha256(FILM)
    assert sha256(host.files.path(file.sha256).read_bytes()) == sha256(FILM)

    page.get_by_role("link", name="刷新页面，查看文件").click()
    expect(page.get_by_role("heading", name="现场录像.mp4")).to_be_visible()
    expect(page.get_by_text("与上传设备上计算的一致")).to_be_visible()
    page.locator("#file").set_input_files(tmp_path / "现场录像.mp4")
    page.get_by_role("button", name="上传", exact=True).click()
    expect(page.get_by_text("已经收到过，没有重复上传")).to_be_visible(timeout=30_000)
    assert len(files(host, case_id)) == 1


def test_what_came_before_the_line_was_cut_need_not_be_sent_again(server: Server, host: Host, collected: tuple[int, int]) -> None:
    case_id, piece = collected
    data = b"\0" + os.urandom(2_000_000)
    client = signed_in(host)
    sender, cut = Sender(client, piece), len(data) * 6 // 10
    address = sender.create("数据.bin", data).headers["Location"]
    cookie = "; ".join(f"{one.key}={one.value}" for one in [client.get_cookie("session")] if one)
    token, cookie = csrf(server, cookie, piece)
    line = http.client.HTTPConnection("127.0.0.1", server.port)
    line.putrequest("PATCH", address)
    for name, value in {**TUS, "Cookie": cookie, "X-CSRFToken": token, "Upload-Offset": "0", "Content-Length": str(len(data)),
                        "Content-Type": "application/offset+octet-stream"}.items():
        line.putheader(name, value)
    line.endheaders(data[:cut])
    line.close()
    until = time.monotonic() + 20
    while sender.offset(address) < cut and time.monotonic() < until:
        time.sleep(0.05)
    assert sender.offset(address) == cut
    assert sender.send(address, data[cut:], cut).status_code == 204
    assert sha256(data) in {file.sha256 for file in files(host, case_id)}


def csrf(server: Server, cookie: str, piece: int) -> tuple[str, str]:
    """The token that the page of the piece gives to who has this cookie, and the cookie that belongs to it."""
    line = http.client.HTTPConnection("127.0.0.1", server.port)
    line.request("GET", f"/evidence/{piece}", headers={"Cookie": cookie})
    answer = line.getresponse()
    found = re.search(r'name="csrf_token" value="([^"]+)"', answer.read().decode())
    renewed = re.search(r"session=[^;]+", answer.headers.get("Set-Cookie", ""))
    line.close()
    assert found is not None
    return found[1], renewed[0] if renewed else cookie


def test_evidence_is_registered_sent_and_seen_without_script(
    without_script: Page, host: Host, collected: tuple[int, int], tmp_path: Path
) -> None:
    page, (case_id, _) = without_script, collected
    (tmp_path / "门头.jpg").write_bytes(photo(900, 600, taken="2026:03:02 09:30:00"))
    sign_in(page)
    page.goto(f"/cases/{case_id}/evidence")
    page.get_by_role("link", name="登记新证据").click()
    for label, value in (("证据名称", "门头照片"), ("证据出处", "执法人员拍摄"), ("证明内容", "证明经营场所"), ("取得地点", "望海区滨海路")):
        page.get_by_label(label).fill(value)
    page.get_by_label("证据种类").select_option("视听资料")
    page.get_by_label("是", exact=True).check()
    page.get_by_role("button", name="登记，然后上传文件").click()
    expect(page.get_by_text("证据已经登记")).to_be_visible()
    page.get_by_label("选择文件").set_input_files(tmp_path / "门头.jpg")
    page.get_by_role("button", name="上传", exact=True).click()
    expect(page.get_by_text("已收到1个文件")).to_be_visible()
    until = time.monotonic() + 20
    while page.locator(".evidence-view img").count() == 0 and time.monotonic() < until:  # the worker makes it
        page.reload()
    assert page.locator(".evidence-view img").evaluate("picture => picture.naturalWidth") == 900
    expect(page.get_by_text("2026-03-02 09:30").first).to_be_visible()
    page.get_by_role("link", name="证据", exact=True).click()
    expect(page.get_by_role("link", name=re.compile("门头照片"))).to_be_visible()
