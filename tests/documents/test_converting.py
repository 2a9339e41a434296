"""LibreOffice prints PDF/A with embedded fonts; what hangs, dies or is hostile harms no other document."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docx
import pikepdf
import pypdfium2
import pytest
from docx.shared import Mm
from PIL import Image

from documents.authoring import add_text, new_paper, to_bytes
from documents.pdf import ConverterUnavailable, OfficeConverter
from documents.upload_checks import parts_of
from engine.errors import Invalid
from tests.documents.test_hostile_templates import packed


@pytest.fixture(scope="module")
def converter(fonts: Path) -> Iterator[OfficeConverter]:
    with OfficeConverter(fonts, timeout=20, processes=2) as found:
        yield found


def paper(text: str) -> bytes:
    made = new_paper("试")
    add_text(made, text)
    return to_bytes(made)


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    return "".join(text.split())


def test_two_at_once_keep_their_documents_apart_and_a_bad_one_harms_none(converter: OfficeConverter) -> None:
    def one(number: int) -> str:
        if number == 3:
            with pytest.raises(Invalid, match="无法转换"):
                converter.convert(b"PK\x03\x04" + bytes(5000))
            return "坏"
        return text_of(converter.convert(paper(f"第{number}份")))

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(one, range(8)))
    wanted = ["坏" if number == 3 else f"第{number}份" for number in range(8)]
    assert [text.partition("—")[0] for text in found] == wanted


def test_pdf_a_with_all_fonts_embedded(converter: OfficeConverter) -> None:
    with pikepdf.open(io.BytesIO(converter.convert(paper("行政处罚决定书 2026")))) as pdf:
        about = pdf.open_metadata()
        assert (about["pdfaid:part"], about["pdfaid:conformance"]) == ("2", "B")
        described = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor"]
        assert described
        assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(item.keys()) for item in described)


def test_a_hanging_and_a_killed_libreoffice_are_replaced(fonts: Path) -> None:
    with OfficeConverter(fonts, timeout=8) as converter:
        for sign in (signal.SIGSTOP, signal.SIGKILL):
            converter.convert(paper("前"))
            office = converter._slots[0]._office
            assert office is not None
            assert office.memory() > 10_000_000
            os.killpg(office._processes[0].pid, sign)
            assert "后" in text_of(converter.convert(paper("后")))
            assert converter._slots[0]._office is not office
            assert not office.folder.exists()


def test_one_that_grows_is_replaced_and_one_that_swells_is_killed(fonts: Path) -> None:
    with OfficeConverter(fonts, timeout=30, memory=120_000_000) as converter:  # LibreOffice takes some 170 MB
        assert "前" in text_of(converter.convert(paper("前")))
        assert converter._slots[0]._office is None
        assert "后" in text_of(converter.convert(paper("后")))
    with OfficeConverter(fonts, timeout=30, memory=20_000_000) as small, pytest.raises(ConverterUnavailable):
        small.convert(paper("大"))
    assert small._slots[0]._office is None


def linking(port: int) -> bytes:
    """A document with a picture that lies on a server."""
    red, out = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(red, "PNG")
    document = docx.Document(io.BytesIO(paper("图")))
    document.paragraphs[0].add_run().add_picture(io.BytesIO(red.getvalue()), width=Mm(20))
    document.save(out)
    parts = parts_of(out.getvalue())
    relations, main = "word/_rels/document.xml.rels", "word/document.xml"
    address = f'TargetMode="External" Target="http://127.0.0.1:{port}/a.png"'.encode()
    parts[relations] = parts[relations].replace(b'Target="media/image1.png"', address)
    parts[main] = parts[main].replace(b"r:embed=", b"r:link=")
    return packed(parts)


def test_no_request_leaves_for_a_linked_image(converter: OfficeConverter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(1)
        assert "图" in text_of(converter.convert(linking(listener.getsockname()[1])))
        with pytest.raises(TimeoutError):
            listener.accept()


def test_an_unhardened_libreoffice_would_make_that_request(tmp_path: Path) -> None:
    """The control: the same document, a profile as it comes out of the box."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        (tmp_path / "a.docx").write_bytes(linking(listener.getsockname()[1]))
        office = subprocess.Popen(
            ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "pdf",
             "--outdir", str(tmp_path), str(tmp_path / "a.docx")],
            env={**os.environ, "HOME": str(tmp_path)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )
        try:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(20)
                assert b"/a.png" in connection.recv(200)
        finally:
            os.killpg(office.pid, signal.SIGKILL)
            office.wait()
