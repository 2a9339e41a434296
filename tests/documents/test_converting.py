"""LibreOffice prints PDF/A with embedded fonts; what hangs, dies or is hostile harms no other document."""

from __future__ import annotations

import io
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from documents.authoring import add_text, new_paper, to_bytes
from documents.pdf import OfficeConverter
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


def test_no_request_leaves_for_a_linked_image(converter: OfficeConverter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(1)
        parts = parts_of(paper("图"))
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/a.png"
        name = "word/_rels/document.xml.rels"
        row = f'<Relationship Id="x9" Type="{kind}" Target="{address}" TargetMode="External"/></Relationships>'
        parts[name] = parts[name].replace(b"</Relationships>", row.encode())
        image = (
            '<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml" style="width:50pt;height:50pt">'
            '<v:imagedata r:id="x9" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/>'
            "</v:shape></w:pict></w:r></w:p><w:sectPr"
        )
        parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:sectPr", image.encode(), 1)
        assert "图" in text_of(converter.convert(packed(parts)))
        with pytest.raises(TimeoutError):
            listener.accept()
