"""Pictures on documents: hostile files in, pictures of our own encoding out, and their place in a Word file.

A picture in a filled text is first a mark (signs that no text of a person can hold), then a drawing with its file beside it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from xml.sax.saxutils import escape

import segno
from PIL import Image, ImageOps, UnidentifiedImageError

from engine.errors import Invalid

LARGEST_FILE = 2 * 1024 * 1024
MOST_PIXELS, LONGEST_SIDE = 24_000_000, 2000
QUALITY = 88
NARROWEST, WIDEST, HIGHEST = 5, 150, 220  # millimetres on the page
EMU = 36_000  # Word's units in a millimetre
START, END, CODE = "\ufdd9", "\ufdda", "qr-"
MARK = re.compile(f"{START}([^{END}]*):([0-9]+):([0-9]+){END}")
Fetch = Callable[[str], bytes]


def encode(data: bytes) -> tuple[bytes, int, int]:
    """(file, width, height): the picture encoded anew as PNG or JPEG, without anything that is not its pixels.

    Invalid when it is no whole PNG or JPEG, or too large; a picture longer than LONGEST_SIDE pixels is made smaller.
    """
    if len(data) > LARGEST_FILE:
        raise Invalid("picture.size", f"图片超过 {LARGEST_FILE // 1024 // 1024} MB")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Invalid("picture.pixels", f"图片超过 {MOST_PIXELS // 1_000_000} 百万像素")
            if getattr(opened, "n_frames", 1) > 1:
                raise Invalid("picture.frames", "不能使用动画图片")
            kind = opened.format
            picture = ImageOps.exif_transpose(opened).convert("RGBA" if kind == "PNG" else "RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Invalid("picture.broken", "不是完好的 PNG 或者 JPEG 图片") from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    plain = Image.frombytes(picture.mode, picture.size, picture.tobytes())  # pixels only: no profile, no text, no position
    if kind == "PNG":
        plain.save(out, "PNG", optimize=True)
    else:
        plain.save(out, "JPEG", quality=QUALITY)
    return out.getvalue(), plain.width, plain.height


def mark(name: str, width: int, height: int, millimetres: object) -> str:
    """The mark of a picture of a size in pixels that shall be so many millimetres wide; it never grows beyond the page."""
    wide = float(min(max(millimetres, NARROWEST), WIDEST)) if isinstance(millimetres, int) and not isinstance(millimetres, bool) else 60.0
    high = wide * height / max(width, 1)
    if high > HIGHEST:
        wide, high = wide * HIGHEST / high, HIGHEST
    return f"{START}{name}:{round(wide * EMU)}:{round(high * EMU)}{END}"


def code_mark(text: str, millimetres: object) -> str:
    """The mark of a QR code of a text."""
    return mark(CODE + text.encode().hex(), 1, 1, millimetres)


def picture_file(name: str, fetch: Fetch) -> bytes:
    """The bytes of a picture that a mark names: a QR code is drawn, anything else fetched by its SHA-256."""
    if not name.startswith(CODE):
        return fetch(name)
    out = io.BytesIO()
    segno.make(bytes.fromhex(name.removeprefix(CODE)).decode(), error="m", micro=False).save(out, kind="png", scale=8, border=2)
    return out.getvalue()


def drawing(relation: str, number: int, width: int, height: int) -> str:
    """A picture in the line, as WordprocessingML; width and height in EMU."""
    main, shown = "http://schemas.openxmlformats.org/drawingml/2006/main", "http://schemas.openxmlformats.org/drawingml/2006/picture"
    placed = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
    linked = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    name = escape(f"图片{number}")
    return (
        f'<w:drawing><wp:inline xmlns:wp="{placed}" distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>'
        f'<wp:docPr id="{9000 + number}" name="{name}"/><a:graphic xmlns:a="{main}"><a:graphicData uri="{shown}">'
        f'<pic:pic xmlns:pic="{shown}"><pic:nvPicPr><pic:cNvPr id="{9000 + number}" name="{name}"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip xmlns:r="{linked}" r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>'
    )


def extension(data: bytes) -> str:
    """The ending of a file name for a picture of our encoding."""
    return "png" if data.startswith(b"\x89PNG") else "jpeg"


class Album:
    """The pictures of one part while it is filled: each file once, drawings numbered in the order of the text.

    files: what a mark names → name and bytes of its file.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch, self._drawn = fetch, 0
        self.files: dict[str, tuple[str, bytes]] = {}

    def place(self, found: re.Match[str]) -> str:
        """The drawing for a mark."""
        name, self._drawn = found[1], self._drawn + 1
        if name not in self.files:
            data = picture_file(name, self._fetch)
            self.files[name] = (f"zhifa{len(self.files) + 1}.{extension(data)}", data)
        return drawing(self._relation(name), self._drawn, int(found[2]), int(found[3]))

    def relations(self, folder: str) -> str:
        """The relationship elements that a part needs for its drawings; folder: where the files lie, seen from the part."""
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
        return "".join(
            f'<Relationship Id="{self._relation(name)}" Type="{kind}" Target="{folder}{file}"/>' for name, (file, _) in self.files.items()
        )

    def _relation(self, name: str) -> str:
        return f"zhifaPicture{list(self.files).index(name) + 1}"
