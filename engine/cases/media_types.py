"""What a file of evidence really is: told by its content, never by its name, and what is refused whatever it is called."""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from engine.errors import Invalid

PHOTO, AUDIO, VIDEO, DOCUMENT, OTHER = "photo", "audio", "video", "document", "other"
KIND_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {PHOTO: "照片", AUDIO: "录音", VIDEO: "录像", DOCUMENT: "文档", OTHER: "其他文件"}
)
PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff"})
"""Pictures of which a view of our own is made."""
UNKNOWN: Final = "application/octet-stream"
HEAD = 8192
LONGEST_DIRECTORY = 16 * 1024 * 1024  # bytes of the directory of a ZIP file that we look into

EXECUTABLE, PAGE, MACRO, SCRIPT = "可执行程序", "网页或者可带脚本的矢量图", "带宏的办公文档", "脚本"
SUFFIXES: Final[Mapping[str, str]] = MappingProxyType({
    ending: what
    for what, endings in (
        (EXECUTABLE, ("exe", "dll", "com", "scr", "pif", "msi", "msix", "cpl", "sys", "jar", "apk", "ipa", "deb", "rpm", "lnk", "reg", "swf")),
        (SCRIPT, ("bat", "cmd", "ps1", "psm1", "vbs", "vbe", "js", "mjs", "jse", "wsf", "wsh", "hta", "sh", "py", "php", "pl", "rb")),
        (PAGE, ("html", "htm", "xhtml", "shtml", "svg", "svgz", "mht", "mhtml", "xml", "xsl")),
        (MACRO, ("docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppam", "ppsm", "sldm")),
    )
    for ending in endings
})
BEGINNINGS: Final[tuple[tuple[bytes, int, str, str], ...]] = (  # what stands there, where, media type, kind
    (b"\xff\xd8\xff", 0, "image/jpeg", PHOTO), (b"\x89PNG\r\n\x1a\n", 0, "image/png", PHOTO),
    (b"GIF8", 0, "image/gif", PHOTO), (b"BM", 0, "image/bmp", PHOTO),
    (b"II*\0", 0, "image/tiff", PHOTO), (b"MM\0*", 0, "image/tiff", PHOTO), (b"WEBP", 8, "image/webp", PHOTO),
    (b"\x1aE\xdf\xa3", 0, "video/webm", VIDEO), (b"AVI ", 8, "video/x-msvideo", VIDEO),
    (b"FLV\x01", 0, "video/x-flv", VIDEO), (b"\0\0\x01\xba", 0, "video/mpeg", VIDEO),
    (b"WAVE", 8, "audio/wav", AUDIO), (b"ID3", 0, "audio/mpeg", AUDIO), (b"\xff\xfb", 0, "audio/mpeg", AUDIO),
    (b"\xff\xf3", 0, "audio/mpeg", AUDIO), (b"\xff\xf1", 0, "audio/aac", AUDIO), (b"\xff\xf9", 0, "audio/aac", AUDIO),
    (b"#!AMR", 0, "audio/amr", AUDIO), (b"OggS", 0, "audio/ogg", AUDIO), (b"fLaC", 0, "audio/flac", AUDIO),
    (b"%PDF-", 0, "application/pdf", DOCUMENT),
)
PROGRAMS: Final[tuple[bytes, ...]] = (
    b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
    b"L\0\0\0\x01\x14\x02\0",
    b"dex\n", b"!<arch>\n", b"\xed\xab\xee\xdb", b"FWS", b"CWS",
)
BRANDS: Final[tuple[tuple[bytes, str, str], ...]] = (  # of files that are made of boxes (ISO/IEC 14496-12)
    (b"hei", "image/heic", PHOTO), (b"hev", "image/heic", PHOTO), (b"mif1", "image/heic", PHOTO), (b"avif", "image/avif", PHOTO),
    (b"M4A", "audio/mp4", AUDIO), (b"qt", "video/quicktime", VIDEO), (b"3g", "video/3gpp", VIDEO),
)
OFFICE: Final[tuple[tuple[str, str], ...]] = (
    ("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("OFD.xml", "application/ofd"),
)
_OLE, _MACROS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "_VBA_PROJECT".encode("utf-16-le")
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|svg|iframe|xsl:stylesheet)\b", re.IGNORECASE)


@dataclass(frozen=True)
class MediaType:
    """What a file is: its media type, and which of KIND_NAMES it counts as."""

    type: str
    kind: str


def require_name(name: str) -> None:
    """Refuse a file by the ending of its name before a byte of it is sent."""
    ending = name.lower().rstrip(". \t").rpartition(".")[2]  # a desktop drops what stands behind the last letter
    if what := SUFFIXES.get(ending):
        _refuse(name, what)


def recognise(file: Path, name: str) -> MediaType:
    """What a stored file is; programs, scripts, pages and documents with macros raise Invalid, whatever their name."""
    require_name(name)
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    if head.startswith(PROGRAMS):
        _refuse(name, EXECUTABLE)
    if head.startswith(b"#!") and not head.startswith(b"#!AMR"):
        _refuse(name, SCRIPT)
    if head.startswith(_OLE):
        return _old_office(file, name)
    if head.startswith(b"PK\x03\x04"):
        return _zipped(file, name)
    if head[4:8] == b"ftyp":
        return next((MediaType(kind, what) for brand, kind, what in BRANDS if head[8:12].startswith(brand)), MediaType("video/mp4", VIDEO))
    for words, place, kind, what in BEGINNINGS:
        if head[place:].startswith(words) and not (place == 8 and not head.startswith(b"RIFF")):
            return MediaType(kind, what)
    return _text(head, name)


def _text(head: bytes, name: str) -> MediaType:
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return MediaType(UNKNOWN, OTHER)
    plain = head.replace(b"\0", b"")
    if _MARKUP.search(plain):
        _refuse(name, PAGE)
    for encoding in ("utf-8", "gb18030", "utf-16"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(head, final=len(head) < HEAD)  # the last character may be cut in two
        except UnicodeDecodeError:
            continue
        return MediaType("text/plain", DOCUMENT)
    return MediaType(UNKNOWN, OTHER)


def _zipped(file: Path, name: str) -> MediaType:
    with file.open("rb") as stream:
        stream.seek(max(file.stat().st_size - 66_000, 0))
        end = stream.read().rpartition(b"PK\x05\x06")[2]
    if int.from_bytes(end[8:12], "little") > LONGEST_DIRECTORY:
        return MediaType(UNKNOWN, OTHER)
    try:
        with zipfile.ZipFile(file) as package:
            names = set(package.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return MediaType(UNKNOWN, OTHER)
    if any(part.rsplit("/", 1)[-1].lower() in ("vbaproject.bin", "vbadata.xml") for part in names):
        _refuse(name, MACRO)
    if names & {"META-INF/MANIFEST.MF", "AndroidManifest.xml", "classes.dex"}:
        _refuse(name, EXECUTABLE)
    return next((MediaType(kind, DOCUMENT) for part, kind in OFFICE if part in names), MediaType("application/zip", OTHER))


def _old_office(file: Path, name: str) -> MediaType:
    """Word, Excel and PowerPoint before 2007: the directory of a compound file names the storage of its macros."""
    with file.open("rb") as stream:
        before = b""
        while piece := stream.read(1 << 20):
            if _MACROS in before + piece:
                _refuse(name, MACRO)
            before = piece[-len(_MACROS):]
    return MediaType("application/x-ole-storage", DOCUMENT)


def _refuse(name: str, what: str) -> None:
    raise Invalid(
        "evidence.type", f"“{name}”是{what}，可能带有危险内容，不能上传；确需作为证据的，请封存原始载体，上传其照片或者打印件", what=what
    )
