"""The second factor by a code: a generator on the phone (RFC 6238), and codes on paper for when the phone is lost."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from pathlib import Path

import pyotp

from engine.accounts.identities import Account
from engine.accounts.secrets import conceal, reveal
from engine.errors import Invalid

ISSUER = "执法办案平台"
STEP = 30
RECOVERY_CODES = 10
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no signs that are mistaken for one another


def fresh_secret() -> str:
    """A new secret for a generator, to be shown once and confirmed by `enrol`."""
    return pyotp.random_base32()


def address(account: Account, secret: str) -> str:
    """What the QR code says to the generator."""
    return pyotp.TOTP(secret).provisioning_uri(name=account.login, issuer_name=ISSUER)


def enrol(keys: Path, account: Account, secret: str, code: str, now: datetime) -> list[str]:
    """Take the generator into use when its code is right; the recovery codes are returned, this once."""
    step = _matching_step(secret, code, now)
    if step is None:
        raise Invalid("second_factor.code", "验证码不正确，请核对手机时间后输入最新的6位数字")
    account.one_time_secret, account.one_time_used = conceal(keys, secret), step
    return fresh_recovery_codes(account)


def fresh_recovery_codes(account: Account) -> list[str]:
    """New recovery codes instead of all earlier ones; each is good for one sign-in."""
    codes = ["-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)]
    account.recovery_codes = [_digest(code) for code in codes]
    return codes


def accepts(keys: Path, account: Account, code: str, now: datetime) -> bool:
    """Whether a code of the generator or a recovery code is right; no code is accepted twice."""
    if account.one_time_secret:
        step = _matching_step(reveal(keys, account.one_time_secret), code, now)
        if step is not None:
            if step <= account.one_time_used:
                return False
            account.one_time_used = step
            return True
    digest = _digest(code.strip().upper())
    if digest not in account.recovery_codes:
        return False
    account.recovery_codes = [kept for kept in account.recovery_codes if kept != digest]
    return True


def give_up(account: Account) -> None:
    """Use the generator no more."""
    account.one_time_secret, account.recovery_codes = "", []


def _matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step of a code, one step of clock difference allowed; None when it is wrong."""
    current, text, generator = int(now.timestamp()) // STEP, code.strip().replace(" ", ""), pyotp.TOTP(secret)
    for step in (current, current - 1, current + 1):
        if secrets.compare_digest(generator.generate_otp(step).encode(), text.encode()):
            return step
    return None


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
