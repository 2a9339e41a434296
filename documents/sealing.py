"""Puts an agency's seal on a PDF: the picture over agency name and date, and one signature over the whole document."""

from __future__ import annotations

import asyncio
import io
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pikepdf
import pypdfium2
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigAppearanceSetup, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from documents.keys import SealKey
from documents.seal_image import DIAMETER_MM, POINTS
from engine.errors import Invalid

FIELD = "seal"
DIGEST = "sha256"
SIGNATURE_BYTES = 8192
SIZE = DIAMETER_MM * POINTS
DATE = re.compile(r"[0-9〇一二三四五六七八九]{4}\s?年\s?[0-9一二三四五六七八九十]{1,3}\s?月\s?[0-9一二三四五六七八九十]{1,3}\s?日")
MOST_EDGE_PAGES = 20


@dataclass(frozen=True)
class Place:
    """Where a seal goes: page (from 0) and the centre of the picture in points from the lower left corner."""

    page: int
    x: float
    y: float


def seal(pdf: bytes, key: SealKey, image: bytes, at: datetime, *, reason: str, location: str) -> bytes:
    """The sealed PDF: PAdES signature dated `at` that allows no later change, with 骑缝章 from two pages on.

    image: one-page PDF of the seal. Invalid when there is no agency name with a date below it to seal over.
    """
    place = find_place(pdf, key.agency_name)
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    with tempfile.TemporaryDirectory(prefix="zhifa-seal-") as folder:
        picture = Path(folder) / "seal.pdf"
        picture.write_bytes(image)
        _stamp_edges(writer, pdf, image, Path(folder))
        return _sign(writer, key, StaticStampStyle.from_pdf_file(str(picture), border_width=0), place, at, reason, location)


def find_place(pdf: bytes, agency_name: str) -> Place:
    """The last date that stands below the agency's name: the seal rides on the year and covers the month (骑年盖月)."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for number in range(len(document) - 1, -1, -1):
            page = document[number]
            text = page.get_textpage()
            try:
                if place := _place_on(text, agency_name, number):
                    return place
            finally:
                text.close()
                page.close()
    finally:
        document.close()
    raise Invalid("seal.no_place", f"文书中没有“{agency_name}”的落款和日期，无处用印")


def _place_on(text: pypdfium2.PdfTextPage, agency_name: str, page: int) -> Place | None:
    whole = text.get_text_range()
    dates = sorted({re.sub(r"\s", "", found[0]) for found in DATE.finditer(whole)})  # the extractor adds blanks
    names = _boxes(text, agency_name)
    found = [(box, name) for date in dates for box in _boxes(text, date) for name in names if _below(box, name)]
    if not found:
        return None
    (left, bottom, right, top), name = min(found, key=lambda pair: pair[0][1])
    return Place(page, (left + right) / 2, ((bottom + top) / 2 + name[1]) / 2)


def _boxes(text: pypdfium2.PdfTextPage, words: str) -> list[tuple[float, float, float, float]]:
    """Left, bottom, right and top of every occurrence."""
    searcher, boxes = text.search(words, match_case=True), []
    while (occurrence := searcher.get_next()) is not None:
        index, count = occurrence
        corners = [text.get_charbox(place) for place in range(index, index + count)]
        boxes.append((
            min(c[0] for c in corners), min(c[1] for c in corners), max(c[2] for c in corners), max(c[3] for c in corners),
        ))
    searcher.close()
    return boxes


def _below(date: tuple[float, float, float, float], name: tuple[float, float, float, float]) -> bool:
    """Whether a date stands right below a name, as in a signature block."""
    near = 0 < name[1] - date[1] < 90
    return near and date[0] < name[2] and date[2] > name[0]


def _stamp_edges(writer: IncrementalPdfFileWriter, pdf: bytes, image: bytes, folder: Path) -> None:
    """Stamp one slice of the seal on the right edge of every page, in the same revision, before it is signed."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        sizes = [(float(page.mediabox[2]), float(page.mediabox[3])) for page in document.pages]
    if not 2 <= len(sizes) <= MOST_EDGE_PAGES:
        return
    for number, (slice_file, (width, height)) in enumerate(zip(_slices(image, len(sizes), folder), sizes, strict=True)):
        style = StaticStampStyle.from_pdf_file(str(slice_file), border_width=0)
        part = SIZE / len(sizes)
        style.create_stamp(writer, BoxConstraints(part, SIZE), {}).apply(number, int(width - part), int(height / 2))


def _slices(image: bytes, count: int, folder: Path) -> Sequence[Path]:
    files = []
    for number in range(count):
        with pikepdf.open(io.BytesIO(image)) as document:
            page = document.pages[0]
            left, bottom, right, top = (float(value) for value in page.mediabox)
            part = (right - left) / count
            # Moved to the origin: an imported page is drawn where its box lies, not where it begins.
            page.contents_add(f"q 1 0 0 1 {-(left + number * part)} {-bottom} cm\n".encode(), prepend=True)
            page.contents_add(b"\nQ")
            page.mediabox = page.cropbox = pikepdf.Array([0, 0, part, top - bottom])
            file = folder / f"slice-{number}.pdf"
            document.save(file)
            files.append(file)
    return files


def _sign(
    writer: IncrementalPdfFileWriter, key: SealKey, style: StaticStampStyle, place: Place, at: datetime, reason: str,
    location: str,
) -> bytes:
    half = SIZE / 2
    box = (int(place.x - half), int(place.y - half), int(place.x + half), int(place.y + half))
    field = SigFieldSpec(FIELD, on_page=place.page, box=box)
    embedding = PdfCMSEmbedder(new_field_spec=field).write_cms(FIELD, writer)
    next(embedding)
    signature = SignatureObject(
        subfilter=SigSeedSubFilter.PADES, timestamp=at, reason=reason, location=location or None, name=key.agency_name,
        bytes_reserved=SIGNATURE_BYTES,
    )
    embedding.send(SigObjSetup(
        signature, mdp_setup=SigMDPSetup(DIGEST, certify=True, docmdp_perms=MDPPerm.NO_CHANGES),
        appearance_setup=SigAppearanceSetup(style, timestamp=at, name=key.agency_name),
    ))
    prepared, output = embedding.send(SigIOSetup(DIGEST, in_place=False))
    signed = asyncio.run(signer(key).async_sign(prepared.document_digest, DIGEST, use_pades=True))
    embedding.send(signed)
    return bytes(output.getbuffer())


def signer(key: SealKey) -> SimpleSigner:
    """The library's signer with a seal's key and chain."""
    certificate = Certificate.load(key.certificate)
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register_multiple([Certificate.load(link) for link in key.chain])
    return SimpleSigner(
        signing_cert=certificate, signing_key=PrivateKeyInfo.load(key.key), cert_registry=registry,
    )
