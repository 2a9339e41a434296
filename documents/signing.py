"""Signatures beside a file (CMS, detached): who vouches for a package or an archive, and whether it is still what it was."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from asn1crypto.cms import ContentInfo
from asn1crypto.x509 import Certificate
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext

from documents.keys import SealKey
from documents.sealing import DIGEST, signer
from documents.verifying import Verification, nothing
from engine.clock import legal_time


def sign_detached(data: bytes, key: SealKey, at: datetime) -> bytes:
    """The signature (CMS, DER) of some bytes with an agency's seal, dated `at`."""
    attributes = PdfCMSSignedAttributes(signing_time=at)
    signed = asyncio.run(signer(key).async_sign_general_data(data, DIGEST, detached=True, signed_attr_settings=attributes))
    return bytes(signed.dump())


def verify_detached(data: bytes, signature: bytes, roots: Sequence[bytes]) -> Verification:
    """Whether a signature beside some bytes is valid against trusted root certificates (DER)."""
    try:
        return _verify(data, ContentInfo.load(signature), [Certificate.load(root) for root in roots])
    except Exception as error:  # a hostile signature makes the library raise anything
        return nothing(f"签名的结构有误，无法验证：{type(error).__name__}")


def _verify(data: bytes, content: ContentInfo, roots: list[Certificate]) -> Verification:
    signed_data = content["content"]
    signed_at = next(
        (one["values"][0].native for one in signed_data["signer_infos"][0]["signed_attrs"] if one["type"].native == "signing_time"),
        None,
    )
    others = [choice.chosen for choice in signed_data["certificates"]]
    context = ValidationContext(
        trust_roots=roots, allow_fetching=False, revocation_mode="soft-fail", moment=signed_at, other_certs=others
    )
    status = asyncio.run(async_validate_detached_cms(data, signed_data, signer_validation_context=context))
    intact = bool(status.intact and status.valid)
    problems = [
        message for wrong, message in (
            (not intact, "内容在签名后被改动"), (not status.trusted, "签名证书不受信任，或者签名时不在有效期内"),
            (signed_at is None, "签名没有写明时间"),
        ) if wrong
    ]
    subject = status.signing_cert.subject.native
    return Verification(
        valid=not problems, intact=intact, trusted=bool(status.trusted), covers_whole_document=True,
        signer=str(subject.get("common_name", "")), seal_number=str(subject.get("serial_number", "")),
        signed_at=legal_time(signed_at) if signed_at else None, problems=tuple(problems),
    )
