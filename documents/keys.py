"""The local certificate authority and the keys of the agencies' seals, kept as files in one folder."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from engine.errors import Invalid

ROOT, ISSUER, SEALS = "root", "issuer", "seals"
OWNER_ONLY = 0o600
_USES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
    "crl_sign", "encipher_only", "decipher_only",
)


@dataclass(frozen=True)
class SealKey:
    """What a seal signs with; certificates and the private key are DER, the chain holds the issuing certificates."""

    agency_name: str
    seal_number: str
    certificate: bytes
    key: bytes
    chain: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"SealKey({self.agency_name!r}, {self.seal_number!r})"


def create_authority(folder: Path, name: str, valid_from: datetime, valid_to: datetime) -> None:
    """Make a root and an issuing certificate; an authority that is already there is kept."""
    if _certificate_file(folder, ISSUER).is_file():
        return
    _check_period(valid_from, valid_to)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    root_key, issuer_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, issuer_name = _name(f"{name}根证书"), _name(name)
    signing = _usage("key_cert_sign", "crl_sign")
    root = (
        _builder(root_name, root_name, root_key.public_key(), root_key.public_key(), valid_from, valid_to)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(signing, critical=True).sign(root_key, hashes.SHA256())
    )
    issuer = (
        _builder(issuer_name, root_name, issuer_key.public_key(), root_key.public_key(), valid_from, valid_to)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signing, critical=True).sign(root_key, hashes.SHA256())
    )
    _write(folder, ROOT, root, root_key)
    _write(folder, ISSUER, issuer, issuer_key)


def issue_seal(folder: Path, agency_name: str, seal_number: str, valid_from: datetime, valid_to: datetime) -> None:
    """Issue key and certificate of an agency's seal; a seal that is already there is kept."""
    stem = _stem(seal_number)
    if _certificate_file(folder, stem).is_file():
        return
    if not _certificate_file(folder, ISSUER).is_file():
        raise Invalid("seal.no_authority", "还没有电子印章认证机构，无法签发印章证书")
    _check_period(valid_from, valid_to)
    issuer = x509.load_der_x509_certificate(_certificate_file(folder, ISSUER).read_bytes())
    issuer_key = serialization.load_der_private_key(_key_file(folder, ISSUER).read_bytes(), None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise Invalid("seal.authority_key", "电子印章认证机构的密钥不是 P-256 密钥")
    starts = max(valid_from, issuer.not_valid_before_utc)
    ends = min(valid_to, issuer.not_valid_after_utc)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(agency_name, seal_number), issuer.subject, key.public_key(), issuer_key.public_key(), starts, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature", "content_commitment"), critical=True).sign(issuer_key, hashes.SHA256())
    )
    (folder / SEALS).mkdir(mode=0o700, exist_ok=True)
    _write(folder, stem, certificate, key)


def load_seal(folder: Path, seal_number: str) -> SealKey:
    """The key of a seal; Invalid when there is none."""
    stem = _stem(seal_number)
    files = _certificate_file(folder, stem), _key_file(folder, stem)
    if not all(file.is_file() for file in files):
        raise Invalid("seal.no_key", f"没有编号为“{seal_number}”的印章密钥", seal_number=seal_number)
    der, key = (file.read_bytes() for file in files)
    names = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    chain = tuple(_certificate_file(folder, part).read_bytes() for part in (ISSUER, ROOT))
    return SealKey(str(names[0].value), seal_number, der, key, chain)


def trust_roots(folder: Path) -> list[bytes]:
    """The root certificates that seals are verified against, as DER."""
    root = _certificate_file(folder, ROOT)
    return [root.read_bytes()] if root.is_file() else []


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, issuer_key: ec.EllipticCurvePublicKey,
    valid_from: datetime, valid_to: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
        .serial_number(x509.random_serial_number()).not_valid_before(valid_from).not_valid_after(valid_to)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _usage(*granted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: use in granted for use in _USES})


def _name(common: str, serial: str = "") -> x509.Name:
    """Names longer than X.520 allows (64 characters) are refused by the library, so they are cut."""
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, common[:64])]
    if serial:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial))
    return x509.Name(parts)


def _stem(seal_number: str) -> str:
    if not seal_number:
        raise Invalid("seal.no_number", "印章没有编号")
    plain = seal_number.isascii() and seal_number.isalnum()
    return f"{SEALS}/{seal_number if plain else hashlib.sha256(seal_number.encode()).hexdigest()[:32]}"


def _check_period(valid_from: datetime, valid_to: datetime) -> None:
    if valid_from.tzinfo is None or valid_to.tzinfo is None or valid_from >= valid_to:
        raise Invalid("seal.period", "证书的有效期不正确：起始时间应当早于终止时间，且都带时区")


def _certificate_file(folder: Path, stem: str) -> Path:
    return folder / f"{stem}.crt"


def _key_file(folder: Path, stem: str) -> Path:
    return folder / f"{stem}.key"


def _write(folder: Path, stem: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    """The certificate comes last: as long as it is missing, the pair counts as not made."""
    _replace(_key_file(folder, stem), key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
    ))
    _replace(_certificate_file(folder, stem), certificate.public_bytes(serialization.Encoding.DER))


def _replace(file: Path, data: bytes) -> None:
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as stream:
        stream.write(data)
    fresh.replace(file)
