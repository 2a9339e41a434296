"""Looks, pictures, signatures and QR codes on documents: only pixels of our own encoding, the same bytes for the same data."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pypdfium2
import pytest
from PIL import Image, PngImagePlugin

from documents.authoring import Cell, add_loop, add_table, add_text, new_paper, to_bytes
from documents.merging import CompiledTemplate
from documents.pdf import OfficeConverter
from documents.pictures import LONGEST_SIDE, encode
from documents.upload_checks import check_upload, parts_of
from engine.errors import Invalid
from engine.files import digest_of
from tests.documents.test_placeholders import kind


def png(width: int = 40, height: int = 20, colour: str = "red", text: str = "") -> bytes:
    out, about = io.BytesIO(), PngImagePlugin.PngInfo()
    if text:
        about.add_text("comment", text)
    Image.new("RGB", (width, height), colour).save(out, "PNG", pnginfo=about)
    return out.getvalue()


def jpeg(width: int = 40, height: int = 20) -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", (width, height), "blue")
    about = picture.getexif()
    about[0x0112], about[0x013B] = 6, "somebody's name"  # turned, and a name that must not go on
    picture.save(out, "JPEG", exif=about)
    return out.getvalue()


def test_only_pixels_are_kept() -> None:
    file, width, height = encode(png(text="somebody's name"))
    assert (width, height) == (40, 20) and b"somebody" not in file
    file, width, height = encode(jpeg())
    assert (width, height) == (20, 40) and b"somebody" not in file
    assert encode(png(4000, 10))[1] == LONGEST_SIDE
    assert encode(png()) == encode(png())


@pytest.mark.parametrize(("data", "code"), [
    (b"", "broken"), (b"GIF89a" + bytes(100), "broken"), (png()[:60], "broken"), (b"<svg/>", "broken"), (b"PK\x03\x04", "broken"),
    (b"\x89PNG" + bytes(3_000_000), "size"), (png(6000, 6000), "pixels"),
])
def test_what_is_no_picture_or_too_large_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        encode(data)
    assert refusal.value.code == f"picture.{code}"


def runs(word: bytes) -> list[tuple[str, bool, bool]]:
    found = docx.Document(io.BytesIO(word)).paragraphs[0].runs
    return [(run.text, bool(run.bold), bool(run.underline)) for run in found if run.text]


def test_looks_are_a_safe_subset() -> None:
    paper = new_paper("试")
    add_text(paper, "甲{{ 内容|富文本 }}乙")
    template = CompiledTemplate(to_bytes(paper), kind("内容"))
    assert runs(template.fill({"内容": "一**二**三__四__五"})) == [
        ("甲一", False, False), ("二", True, False), ("三", False, False), ("四", False, True), ("五乙", False, False),
    ]
    hostile = "**<w:b/>** \ufdd1粗 <b>x</b> [a](http://x) \ufdd9" + "0" * 64 + ":1:1\ufdda {{ 内容 }}"
    texts = "".join(text for text, _, _ in runs(template.fill({"内容": hostile})))
    assert texts == "甲<w:b/> 粗 <b>x</b> [a](http://x) " + "0" * 64 + ":1:1 {{ 内容 }}乙"


def test_pictures_are_placed_each_file_once_and_the_same_bytes_come_out() -> None:
    paper = new_paper("试")
    add_text(paper, "签名：{{ 签名|图片(30) }} 无：{{ 空|图片 }} 码：{{ 码|二维码(25) }}")
    add_loop(table := add_table(paper, (1, 1)), "图 in 各图", [Cell("{{ 图.title }}"), Cell("{{ 图|图片(40) }}")])
    assert table is not None
    one, other = encode(png())[0], encode(jpeg())[0]
    files = {digest_of(one): one, digest_of(other): other}
    first, second = ({"title": name, "picture": digest, "width": 40, "height": 20} for name, digest in zip("甲乙", files, strict=True))
    data = {"签名": first, "空": None, "码": "案件编号：1", "各图": [first, second]}
    template = CompiledTemplate(to_bytes(paper), kind("签名", "空", "码", "各图"))
    word = template.fill(data, files.__getitem__)
    assert word == template.fill(data, files.__getitem__)
    assert check_upload(word, "a.docx") == []
    media = {name: content for name, content in parts_of(word).items() if "media" in name}
    assert sorted(digest_of(content) for content in media.values() if content in files.values()) == sorted(files)
    assert len(media) == 3  # the signature stands twice and lies there once; the third is the code
    shapes = docx.Document(io.BytesIO(word)).inline_shapes
    assert [round(shape.width / 36000) for shape in shapes] == [30, 25, 40, 40]
    with pytest.raises(Invalid, match="不在文件库中"):
        template.fill(data)


def test_a_picture_and_a_code_are_printed(fonts: Path) -> None:
    paper = new_paper("试")
    add_text(paper, "图：{{ 图|图片(50) }}")
    add_text(paper, "码：{{ 码|二维码(25) }}")
    red = encode(png(200, 100))[0]
    data = {"图": {"picture": digest_of(red), "width": 200, "height": 100}, "码": "案件编号：1"}
    word = CompiledTemplate(to_bytes(paper), kind("图", "码")).fill(data, {digest_of(red): red}.__getitem__)
    with OfficeConverter(fonts) as converter:
        page = pypdfium2.PdfDocument(converter.convert(word))[0]
    signs = page.render(scale=1).to_pil().convert("RGB").tobytes()
    pixels = list(zip(signs[::3], signs[1::3], signs[2::3], strict=True))
    assert 8000 < sum(1 for red, green, blue in pixels if red > 200 and green < 60 and blue < 60) < 12000  # 142 × 71 points
    assert sum(1 for pixel in pixels if max(pixel) < 60) > 1500
