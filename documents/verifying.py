"""Says whether a sealed PDF is what was sealed, by whom and when, and whether anything was changed since."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SignedDataCerts
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from engine.clock import legal_time

# What the library thinks of a bad seal is told by our own sentences, not by its log on the console.
logging.getLogger("pyhanko").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Verification:
    """What a verification found; problems are Chinese sentences, empty when the seal is valid.

    intact: no signed byte was changed; covers_whole_document: the signature covers all that the file holds;
    trusted: the certificate leads to a trusted root and was valid when it signed.
    """

    valid: bool
    intact: bool
    trusted: bool
    covers_whole_document: bool
    signer: str
    seal_number: str
    signed_at: datetime | None
    problems: tuple[str, ...]


def verify(pdf: bytes, roots: Sequence[bytes]) -> Verification:
    """Verify the one seal of a document against trusted root certificates (DER)."""
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        signatures = list(reader.embedded_signatures)
    except Exception as error:  # a hostile file makes the library raise anything, Decimal's own errors included
        return nothing(f"文件不是完好的 PDF：{type(error).__name__}")
    if len(signatures) != 1:
        return nothing("文书没有电子印章签名" if not signatures else f"文书应当只有一个签名，实有 {len(signatures)} 个")
    try:
        return _verify(pdf, signatures[0], [Certificate.load(root) for root in roots])
    except Exception as error:
        return nothing(f"签名的结构有误，无法验证：{type(error).__name__}")


def _verify(pdf: bytes, signature: EmbeddedPdfSignature, roots: list[Certificate]) -> Verification:
    signed_at = signature.self_reported_timestamp
    certificates = signature.external_signed_data_certs if hasattr(signature, "external_signed_data_certs") else None
    context = ValidationContext(
        trust_roots=roots, allow_fetching=False, revocation_mode="soft-fail", moment=signed_at,
        other_certs=certificates.other_certs if isinstance(certificates, SignedDataCerts) else [],
    )
    status = validate_pdf_signature(signature, signer_validation_context=context)
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    intact = bool(status.intact and status.valid)
    unchanged = status.docmdp_ok is not False and whole
    padding = _room_is_clean(pdf, signature)
    problems = [
        message for wrong, message in (
            (not intact, "文书内容在用印后被改动"), (not status.trusted, "印章证书不受信任，或者用印时不在有效期内"),
            (not whole or not unchanged, "用印后文书又被追加了内容"), (not padding, "签名区域含有多余的数据"),
            (signed_at is None, "签名没有写明时间"),
        ) if wrong
    ]
    subject: dict[str, Any] = status.signing_cert.subject.native
    return Verification(
        valid=not problems, intact=intact and padding, trusted=bool(status.trusted), covers_whole_document=whole,
        signer=str(subject.get("common_name", "")), seal_number=str(subject.get("serial_number", "")),
        signed_at=legal_time(signed_at) if signed_at else None, problems=tuple(problems),
    )


def _room_is_clean(pdf: bytes, signature: EmbeddedPdfSignature) -> bool:
    """Whether the room reserved for the signature holds the signature and zeros, written in one way: nothing signed covers it."""
    contents = bytes(signature.pkcs7_content)
    start, length, rest, _ = signature.byte_range
    written = pdf[start + length:rest]
    return not any(contents[_der_length(contents):]) and written == b"<%s>" % contents.hex().upper().encode()


def _der_length(data: bytes) -> int:
    """How many bytes the DER value at the start of some data takes."""
    if len(data) < 2:
        return 0
    if data[1] < 0x80:
        return 2 + data[1]
    count = data[1] & 0x7F
    return 2 + count + int.from_bytes(data[2:2 + count], "big")


def nothing(problem: str) -> Verification:
    """The outcome when there is nothing to verify at all."""
    return Verification(
        valid=False, intact=False, trusted=False, covers_whole_document=False, signer="", seal_number="", signed_at=None,
        problems=(problem,),
    )
