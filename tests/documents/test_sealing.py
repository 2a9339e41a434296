"""A seal holds the whole document: what is changed, appended or signed by a stranger is told apart."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import docx
import pytest
from pyhanko.pdf_utils.generic import DictionaryObject, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from documents.keys import create_authority, issue_seal, load_seal, trust_roots
from documents.pdf import OfficeConverter
from documents.seal_image import seal_image
from documents.sealing import find_place, seal
from documents.verifying import verify
from engine.errors import Invalid

AGENCY = "云江市望海区市场监督管理局"
AT = datetime(2026, 5, 12, 8, tzinfo=UTC)
FROM, TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def converter(fonts: Path) -> Iterator[OfficeConverter]:
    with OfficeConverter(fonts) as found:
        yield found


@pytest.fixture(scope="module")
def pdf(converter: OfficeConverter) -> bytes:
    document = docx.Document()
    document.add_paragraph("行政处罚决定书的正文。")
    document.add_page_break()
    for line in (AGENCY, "二〇二六年五月十二日"):
        document.add_paragraph(line).alignment = 2
    file = io.BytesIO()
    document.save(file)
    return converter.convert(file.getvalue())


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def picture(fonts: Path) -> bytes:
    return seal_image(AGENCY, "9999010001", fonts)


@pytest.fixture(scope="module")
def sealed(pdf: bytes, picture: bytes, keys: Path) -> bytes:
    return seal(pdf, load_seal(keys, "9999010001"), picture, AT, reason="用印", location="")


def authority(folder: Path) -> Path:
    create_authority(folder, "示范省电子印章认证机构（虚构）", FROM, TO)
    issue_seal(folder, AGENCY, "9999010001", FROM, TO)
    return folder


@pytest.mark.rule("R-GD-27")
def test_a_sealed_document_verifies_and_names_its_seal(sealed: bytes, keys: Path) -> None:
    found = verify(sealed, trust_roots(keys))
    assert (found.valid, found.problems) == (True, ())
    assert (found.signer, found.seal_number, found.signed_at) == (AGENCY, "9999010001", AT)


def test_any_changed_signed_byte_is_detected(sealed: bytes, keys: Path) -> None:
    roots, chance = trust_roots(keys), random.Random(60)  # noqa: S311 - chance, not secrets
    start = sealed.rindex(b"/Contents <")
    signed = [*range(start), *range(sealed.index(b">", start) + 1, len(sealed))]
    for place in chance.sample(signed, 60):
        data = bytearray(sealed)
        data[place] ^= 1 << chance.randrange(8)
        assert not verify(bytes(data), roots).valid, place


@pytest.mark.parametrize("smuggled", [b" ", b"1", b"\n"])
def test_nothing_hides_in_the_room_of_the_signature(sealed: bytes, keys: Path, smuggled: bytes) -> None:
    last = sealed.index(b">", sealed.rindex(b"/Contents <")) - 3
    found = verify(sealed[:last] + smuggled + sealed[last + 1:], trust_roots(keys))
    assert (found.valid, found.problems) == (False, ("签名区域含有多余的数据",))


def test_an_appended_revision_is_refused(sealed: bytes, keys: Path) -> None:
    writer, file = IncrementalPdfFileWriter(io.BytesIO(sealed)), io.BytesIO()
    writer.set_info(writer.add_object(DictionaryObject({pdf_name("/Title"): pdf_string("改过的标题")})))
    writer.write(file)
    found = verify(file.getvalue(), trust_roots(keys))
    assert (found.valid, found.covers_whole_document) == (False, False)
    assert "追加" in "".join(found.problems)


def test_the_seal_of_a_stranger_is_not_trusted(sealed: bytes, tmp_path: Path) -> None:
    found = verify(sealed, trust_roots(authority(tmp_path)))
    assert (found.valid, found.intact, found.trusted) == (False, True, False)


def test_a_seal_out_of_its_time_is_not_trusted(pdf: bytes, picture: bytes, keys: Path) -> None:
    late = seal(pdf, load_seal(keys, "9999010001"), picture, datetime(2027, 6, 1, tzinfo=UTC), reason="用印", location="")
    assert not verify(late, trust_roots(keys)).trusted


def test_the_seal_rides_on_the_date_below_the_agency(pdf: bytes) -> None:
    place = find_place(pdf, AGENCY)
    assert place.page == 1
    with pytest.raises(Invalid, match="无处用印"):
        find_place(pdf, "别的机关")


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7", b"not a pdf" * 100, bytes(5000)])
def test_junk_is_no_valid_document(junk: bytes, keys: Path) -> None:
    assert verify(junk, trust_roots(keys)).problems


def test_an_unsealed_document_says_so(pdf: bytes, keys: Path) -> None:
    assert verify(pdf, trust_roots(keys)).problems == ("文书没有电子印章签名",)


def test_a_file_that_is_no_word_document_is_refused(converter: OfficeConverter) -> None:
    with pytest.raises(Invalid, match="无法转换"):
        converter.convert(random.Random(5).randbytes(5000))  # noqa: S311 - chance, not secrets
