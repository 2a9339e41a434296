"""What may not come in does not, what came in runs nowhere, and what a scanner found stays shut."""

from __future__ import annotations

import io
import shutil
import struct
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from engine.cases.evidence_files import EvidenceFile, files_of
from engine.cases.media_types import recognise
from engine.errors import Invalid
from engine.jobs import FAILED, Job
from processes.bundles import BundleCache
from processes.examining import examine, tidy
from processes.host import Host
from processes.scanning import scan
from processes.working import Worker
from tests.builders import host_in
from tests.web.clamd_sandbox import clamd
from tests.web.evidence_builders import Sender, a_collected_case, fetch, photo, signed_in


@pytest.fixture(scope="module")
def host(sample_pattern: Path, tmp_path_factory: pytest.TempPathFactory, bundles: BundleCache) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("safety") / "installation"
    shutil.copytree(sample_pattern, folder)
    found = host_in(folder)
    with clamd() as scanner:
        yield replace(found, bundles=bundles, settings=replace(found.settings, malware_scanner=scanner))
    found.close()


def packed(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name in names:
            package.writestr(name, b"x")
    return out.getvalue()


def newest(host: Host, case_id: int) -> EvidenceFile:
    with host.database.reading() as session:
        return max((file for rows in files_of(session, case_id).values() for file in rows), key=lambda file: file.id)


@pytest.mark.parametrize(("name", "data", "what"), [
    ("照片.jpg", b"MZ\x90\0" + b"\0" * 100, "可执行程序"), ("说明.pdf", b"\x7fELF" + b"\0" * 100, "可执行程序"),
    ("整理.txt", b"#!/bin/sh\nrm -rf /\n", "脚本"), ("图.png", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "矢量图"),
    ("网页.txt", b"  <!DOCTYPE html><html><script>alert(1)</script>", "网页"),
    ("网页.txt", "﻿<html><body>".encode("utf-16"), "网页"),
    ("账册.xlsx", packed("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"), "宏"),
    ("程序.zip", packed("META-INF/MANIFEST.MF", "A.class"), "可执行程序"),
    ("账册.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * (1 << 20) + "_VBA_PROJECT".encode("utf-16-le"), "宏"),
    ("装载.exe", b"plain text", "可执行程序"), ("网页.HTML", b"plain text", "网页"), ("账册.xlsm", b"plain text", "宏"), ("宏.svg", b"x", "矢量图"),
    ("装载.exe. ", b"plain text", "可执行程序"), (".exe", b"plain text", "可执行程序"),
])
def test_what_can_run_is_refused_by_its_content_and_by_its_name(tmp_path: Path, name: str, data: bytes, what: str) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(Invalid, match=what) as refused:
        recognise(tmp_path / "file", name)
    assert name in refused.value.message


@pytest.mark.parametrize(("name", "data", "kind"), [
    ("a", photo(8, 8), "photo"), ("b.txt", "询问笔录".encode(), "document"), ("c.csv", "品名,数量\n".encode("gb18030"), "document"),
    ("d.txt", "执".encode() * 4000, "document"), ("e.docx", packed("word/document.xml"), "document"), ("f.ofd", packed("OFD.xml"), "document"),
    ("g.pdf", b"%PDF-1.7\n", "document"), ("h.wav", b"RIFF\0\0\0\0WAVEfmt ", "audio"), ("i.amr", b"#!AMR\n", "audio"),
    ("j.heic", b"\0\0\0\x18ftypheic\0\0", "photo"), ("k.mov", b"\0\0\0\x14ftypqt  ", "video"), ("l.mp3", b"ID3\x04\0\0", "audio"),
    ("m.bin", bytes(range(256)), "other"), ("n.zip", packed("readme.txt"), "other"), ("o.txt", "PK 并不是压缩包".encode(), "document"),
])
def test_what_a_file_is_comes_from_its_content(tmp_path: Path, name: str, data: bytes, kind: str) -> None:
    (tmp_path / "file").write_bytes(data)
    assert recognise(tmp_path / "file", name).kind == kind


def test_a_refused_type_is_told_before_a_byte_is_sent(host: Host) -> None:
    _, piece = a_collected_case(host)
    answer = Sender(signed_in(host), piece).create("安装.exe", b"MZ")
    assert answer.status_code == 400
    assert "“安装.exe”是可执行程序" in answer.text


def test_what_the_scanner_finds_stays_shut_and_visible(host: Host) -> None:
    case, piece = a_collected_case(host)
    client = signed_in(host)
    for name, data in (("好.txt", "询问笔录".encode()), ("坏.txt", b"VIRUS"), ("大.bin", b"\0" * 5_000_000)):
        Sender(client, piece).whole(name, data)
        file = newest(host, case.case_id)
        assert fetch(client, f"/evidence-files/{file.id}/original").status_code == 409  # nobody has looked at it yet
        Worker(host, threading.Event()).run(once=True)
    verdicts = {}
    with host.database.reading() as session:
        rows = files_of(session, case.case_id)[piece]
    for file in rows:
        assert file.examined is not None
        verdicts[file.name] = (file.examined.verdict, fetch(client, f"/evidence-files/{file.id}/original").status_code)
    assert verdicts == {"好.txt": ("clean", 200), "坏.txt": ("infected", 409), "大.bin": ("unscanned", 200)}
    page = client.get(f"/evidence/{piece}").text
    assert "发现病毒：Test.Virus-1" in page
    assert "超过查毒程序的大小限制" in page


def test_a_scanner_that_cannot_be_reached_is_asked_again(host: Host, tmp_path: Path) -> None:
    case, piece = a_collected_case(host)
    Sender(signed_in(host), piece).whole("笔录.txt", "笔录二".encode())
    away = replace(host, settings=replace(host.settings, malware_scanner="tcp://127.0.0.1:9"))
    with host.database.reading() as session:
        job = session.query(Job).filter(Job.operation == "evidence.examine").order_by(Job.id.desc()).first()
    assert job is not None
    with pytest.raises(OSError):
        examine(away, job)
    assert newest(host, case.case_id).examined is None
    with host.database.writing() as session:
        session.get_one(Job, job.id).state = FAILED
    with host.database.writing() as session:
        tick = Job(case_id=0, operation="evidence.tidy", arguments={}, enqueued_at=host.clock.now())
        session.add(tick)
    tidy(host, tick)
    Worker(host, threading.Event()).run(once=True)
    assert newest(host, case.case_id).examined is not None
    with pytest.raises(Invalid, match="tcp://"):
        scan("http://127.0.0.1", tmp_path / "none")


def test_originals_go_out_so_that_nothing_in_them_runs(host: Host) -> None:
    case, piece = a_collected_case(host)
    client = signed_in(host)
    film = b"\0\0\0\x18ftypmp42" + bytes(1000)
    Sender(client, piece).whole("现场<1>.mp4", film)
    Worker(host, threading.Event()).run(once=True)
    file = newest(host, case.case_id)
    original = fetch(client, f"/evidence-files/{file.id}/original")
    assert original.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    for answer in (original, fetch(client, f"/evidence-files/{file.id}/play")):
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    part = fetch(client, f"/evidence-files/{file.id}/play", headers={"Range": "bytes=4-11"})
    assert (part.status_code, part.data) == (206, b"ftypmp42")
    assert fetch(client, f"/evidence-files/{file.id}/thumbnail").status_code == 409


def test_a_picture_with_too_many_pixels_is_kept_and_never_decoded(host: Host) -> None:
    case, piece = a_collected_case(host)
    small = io.BytesIO(photo(8, 8))
    out = io.BytesIO()
    Image.open(small).save(out, "PNG")
    bomb = bytearray(out.getvalue())
    bomb[16:24] = struct.pack(">II", 60_000, 60_000)
    Sender(signed_in(host), piece).whole("大图.png", bytes(bomb))
    Worker(host, threading.Event()).run(once=True)
    file = newest(host, case.case_id)
    assert file.examined is not None
    assert (file.examined.verdict, file.examined.preview) == ("clean", "")
    assert "没有制作预览" in file.examined.note
