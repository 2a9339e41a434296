"""Passkeys (WebAuthn): a key pair on the person's own device, the cryptographic factor of GB/T 22239 8.1.4.1 d)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from engine.accounts.identities import Account, is_locked
from engine.database import Base, Moment
from engine.errors import Invalid, NotPermitted

TITLE = "执法办案平台"
MOST = 10


class Passkey(Base):
    """One passkey of an account; uses: the authenticator's own count, which must never go back."""

    __tablename__ = "passkey"

    credential: Mapped[str] = mapped_column(String(400), primary_key=True)
    login: Mapped[str] = mapped_column(ForeignKey("account.login"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    uses: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class Site:
    """The address under which browsers know us: passkeys are bound to its host name."""

    address: str

    @property
    def host(self) -> str:
        """Host name without port."""
        return urlsplit(self.address).hostname or ""

    @property
    def origin(self) -> str:
        """Scheme, host and port as the browser signs them."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"


def passkeys_of(session: Session, login: str) -> list[Passkey]:
    """The passkeys of an account, the oldest first."""
    return list(session.scalars(select(Passkey).where(Passkey.login == login).order_by(Passkey.made_at)))


def registration(site: Site, account: Account, known: list[Passkey]) -> tuple[dict[str, Any], str]:
    """What the browser needs to make a passkey, and the challenge to keep in the session."""
    options = webauthn.generate_registration_options(
        rp_id=site.host, rp_name=TITLE, user_name=account.login, user_id=account.login.encode(),
        user_display_name=account.officer.name, exclude_credentials=_descriptors(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return json.loads(webauthn.options_to_json(options)), bytes_to_base64url(options.challenge)


def register(
    session: Session, site: Site, account: Account, challenge: str, answer: dict[str, Any], name: str, now: datetime
) -> Passkey:
    """Keep the passkey that the browser made; Invalid when the answer does not fit the challenge or there are too many."""
    if len(passkeys_of(session, account.login)) >= MOST:
        raise Invalid("passkey.many", f"通行密钥最多{MOST}个，请先删除不再使用的")
    try:
        made = webauthn.verify_registration_response(
            credential=answer, expected_challenge=base64url_to_bytes(challenge), expected_rp_id=site.host,
            expected_origin=site.origin, require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise Invalid("passkey.answer", "浏览器返回的通行密钥没有通过核对，请重新添加") from error
    identifier = bytes_to_base64url(made.credential_id)
    if session.get(Passkey, identifier) is not None:
        raise Invalid("passkey.twice", "这个通行密钥已经添加过")
    passkey = Passkey(
        credential=identifier, login=account.login, name=name.strip()[:40] or "通行密钥", public_key=made.credential_public_key,
        uses=made.sign_count, made_at=now,
    )
    session.add(passkey)
    session.flush()
    return passkey


def challenge(site: Site, known: list[Passkey]) -> tuple[dict[str, Any], str]:
    """What the browser needs to sign in with a passkey (any of its own when none is known), and the challenge to keep."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host, allow_credentials=_descriptors(known), user_verification=UserVerificationRequirement.REQUIRED
    )
    return json.loads(webauthn.options_to_json(options)), bytes_to_base64url(options.challenge)


def signed_in_by(session: Session, site: Site, asked: str, answer: dict[str, Any], now: datetime) -> Account | None:
    """The account whose passkey has signed the challenge, else None; NotPermitted while that account is locked."""
    passkey = session.get(Passkey, str(answer.get("id", "")))
    if passkey is None:
        return None
    try:
        checked = webauthn.verify_authentication_response(
            credential=answer, expected_challenge=base64url_to_bytes(asked), expected_rp_id=site.host, expected_origin=site.origin,
            credential_public_key=passkey.public_key, credential_current_sign_count=passkey.uses, require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        return None
    account = session.get_one(Account, passkey.login)
    if not account.enabled or not account.officer.in_service:
        return None
    if is_locked(account, now):
        raise NotPermitted("account.locked", f"登录失败次数过多，账号锁定至{account.locked_until:%H:%M}，请稍后再试")
    passkey.uses, passkey.used_at = checked.new_sign_count, now
    return account


def forget(session: Session, login: str, credential: str) -> None:
    """Delete a passkey of an account; NotPermitted when it is not one of its own."""
    passkey = session.get(Passkey, credential)
    if passkey is None or passkey.login != login:
        raise NotPermitted("passkey.unknown", "没有这个通行密钥")
    session.delete(passkey)


def _descriptors(known: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential)) for passkey in known]
