"""Views of pictures taken as evidence: small pictures of our own encoding, and what the camera wrote into the file, as plain text.

The original is never changed and never shown: a browser gets only pixels that we encoded.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from engine.clock import LEGAL_TIME_ZONE
from engine.errors import Invalid

MOST_PIXELS = 64_000_000  # decoded, four bytes each; a telephone's 50 megapixels fit
SMALL, LARGE = 480, 1600
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
LONGEST_TEXT, MOST_DETAILS = 200, 60
_BROKEN = (
    UnidentifiedImageError, OSError, ValueError, SyntaxError, TypeError, OverflowError, MemoryError, Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
_DATE = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_ZONE = re.compile(r"[+-]\d\d:\d\d")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Details:
    """What a picture says of itself: text by name, the moment and the place (latitude, longitude in degrees) that the camera noted."""

    texts: dict[str, str]
    taken_at: datetime | None
    position: str


NOTHING = Details({}, None, "")


def views(file: Path) -> tuple[bytes, bytes]:
    """(thumbnail, preview) of a picture as JPEG; Invalid when it is broken or has more pixels than we decode."""
    try:
        with Image.open(file, formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Invalid("picture.pixels", f"图片超过 {MOST_PIXELS // 1_000_000} 百万像素，没有制作预览，请下载原件查看")
            opened.draft("RGB", (LARGE, LARGE))
            picture = ImageOps.exif_transpose(opened)
            if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
                ground = Image.new("RGBA", picture.size, "white")
                picture = Image.alpha_composite(ground, picture.convert("RGBA"))
            picture = picture.convert("RGB")
    except _BROKEN as error:
        raise Invalid("picture.broken", "图片不完整或者已经损坏，没有制作预览，请下载原件查看") from error
    return _encoded(picture, SMALL), _encoded(picture, LARGE)


def details(file: Path) -> Details:
    """What the camera wrote into a picture (EXIF); what cannot be read counts as not written."""
    try:
        with Image.open(file, formats=FORMATS) as opened:
            exif = opened.getexif()
            texts = {"宽": f"{opened.width} 像素", "高": f"{opened.height} 像素"}
            inner = exif.get_ifd(ExifTags.IFD.Exif)
            place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except _BROKEN:
        return NOTHING
    for number, value in (*exif.items(), *inner.items()):
        name = ExifTags.TAGS.get(number, "")
        text = _plain(value)
        if name and text and name not in ("ExifOffset", "GPSInfo", "MakerNote", "UserComment") and len(texts) < MOST_DETAILS:
            texts[name] = text
    return Details(texts, _moment(inner), _position(place))


def _encoded(picture: Image.Image, side: int) -> bytes:
    small = picture.copy()
    small.thumbnail((side, side))
    out = io.BytesIO()
    Image.frombytes("RGB", small.size, small.tobytes()).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _plain(value: Any) -> str:
    if isinstance(value, bytes) or (isinstance(value, tuple) and len(value) > 8):
        return ""
    if isinstance(value, tuple):
        return "、".join(_plain(each) for each in value)
    return _CONTROL.sub(" ", str(value)).strip()[:LONGEST_TEXT]


def _moment(inner: Any) -> datetime | None:
    found = _DATE.match(_plain(inner.get(ExifTags.Base.DateTimeOriginal, "")))
    zone = _ZONE.fullmatch(_plain(inner.get(ExifTags.Base.OffsetTimeOriginal, "")))
    if not found:
        return None
    try:
        moment = datetime(*(int(part) for part in found.groups()), tzinfo=LEGAL_TIME_ZONE)  # type: ignore[misc,arg-type]
        return datetime.fromisoformat(f"{moment:%Y-%m-%dT%H:%M:%S}{zone[0]}") if zone else moment
    except ValueError:
        return None


def _position(place: Any) -> str:
    try:
        found = []
        for sign, degrees, limit in ((place[1], place[2], 90), (place[3], place[4], 180)):
            value = sum(float(part) / 60**power for power, part in enumerate(degrees))
            if not 0 <= value <= limit:
                return ""
            found.append(f"{sign}{value:.6f}" if sign in ("N", "S", "E", "W") else f"{value:.6f}")
        return "，".join(found)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return ""
