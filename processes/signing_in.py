"""Signing in, factor by factor, and what a person does with the own account; each act is journalled, refused ones too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import journal
from engine.accounts import devices, passkeys, second_factors, single_sign_on
from engine.accounts.devices import Device, Endurance
from engine.accounts.identities import (
    Account,
    change_password,
    check_password,
    is_locked,
    note_failure,
    note_success,
)
from engine.accounts.passkeys import Passkey, Site
from engine.accounts.passwords import PasswordPolicy
from engine.errors import Invalid, NotPermitted
from processes.host import Host
from processes.refusals import Done, journal_refusal, patiently

PASSWORD, PASSWORD_AND_CODE, PASSWORD_AND_PASSKEY, PASSKEY, OUTSIDE = "password", "password+code", "password+passkey", "passkey", "outside"
WAYS = {
    PASSWORD: "密码", PASSWORD_AND_CODE: "密码和验证码", PASSWORD_AND_PASSKEY: "密码和通行密钥", PASSKEY: "通行密钥", OUTSIDE: "统一身份认证",
}
REQUIRED = "required"
CHANGE_PASSWORD, ADD_FACTOR = "password", "factor"


@dataclass(frozen=True)
class FirstFactor:
    """A right password: whose, and which second factors the account has."""

    login: str
    by_code: bool
    by_passkey: bool

    @property
    def complete(self) -> bool:
        """Whether no second factor is asked for."""
        return not (self.by_code or self.by_passkey)


@dataclass(frozen=True)
class OwnAccount:
    """What a person sees of the own account."""

    account: Account
    passkeys: Sequence[Passkey]
    devices: Sequence[Device]
    here: str
    owes: str
    policy: PasswordPolicy


def with_password(host: Host, login: str, password: str) -> FirstFactor | None:
    """The first factor; None when it is wrong, NotPermitted when it is right but the account is locked."""

    def act(session: Session, now: datetime) -> FirstFactor | None:
        account = check_password(session, login, password, now)
        if account is None:
            _journal(session, "account.refused", login[:40], now, {"factor": "password"})
            return None
        return FirstFactor(account.login, bool(account.one_time_secret), bool(passkeys.passkeys_of(session, account.login)))

    return _unless_locked(host, login, act)


def with_code(host: Host, login: str, code: str) -> bool:
    """The second factor by a code of the generator or on paper; failures count towards the lock."""

    def act(session: Session, now: datetime) -> bool:
        account = session.get_one(Account, login, with_for_update={"of": Account})
        if not account.enabled or is_locked(account, now):
            return False
        if second_factors.accepts(host.settings.keys_dir, account, code, now):
            return True
        note_failure(account, now)
        _journal(session, "account.refused", account.officer_id, now, {"factor": "code"})
        return False

    return _written(host, act)


def with_passkey(host: Host, site: Site, asked: str, answer: Mapping[str, Any], login: str = "") -> str | None:
    """The login whose passkey has signed; login: the only one that may, after its password was right."""

    def act(session: Session, now: datetime) -> str | None:
        account = passkeys.signed_in_by(session, site, asked, dict(answer), now)
        if account is None or (login and account.login != login):
            _journal(session, "account.refused", login or "passkey", now, {"factor": "passkey"})
            return None
        return account.login

    return _unless_locked(host, login or "passkey", act)


def with_outside_identity(host: Host, issuer: str, subject: str, officer_id: str) -> str | None:
    """The login of a person whom the identity provider vouches for, or None when nobody here is that person."""

    def act(session: Session, now: datetime) -> str | None:
        account = single_sign_on.account_for(session, issuer, subject, officer_id, now)
        if account is None:
            _journal(session, "account.refused", officer_id[:40] or "outside", now, {"factor": "outside", "issuer": issuer})
        return account.login if account else None

    return _written(host, act)


def enter(host: Host, login: str, how: str, agent: str) -> str:
    """All factors were right: sign the browser in. The secret for its cookie is returned."""

    def act(session: Session, now: datetime) -> str:
        account = session.get_one(Account, login)
        note_success(account)
        secret = devices.begin(session, account, how, agent, now)
        _journal(session, "account.signed_in", account.officer_id, now, {"how": how, "device": devices.key_of(secret)[:8]})
        return secret

    return _written(host, act)


def present(host: Host, secret: str, *, unasked: bool = False) -> tuple[Account, Device, str] | None:
    """Who is behind a cookie's secret, on which device, and what he owes before he may work; None when signed out.

    unasked: the page asked by itself and no person did, which keeps nobody signed in (GB/T 22239 8.1.4.1).
    """
    now = host.clock.now()
    with host.database.reading() as session:
        device = devices.found(session, secret, Endurance.of(host.settings), now)
        if device is None:
            return None
        account = session.get_one(Account, device.login)
        owes = _owed(host, session, account, device, now)
    if not unasked and devices.is_stale(device, now):
        with host.database.writing() as session:
            devices.note_seen(session, device, now)
    return account, device, owes


def leave(host: Host, login: str, key: str) -> None:
    """Sign one device of the own account out."""

    def act(session: Session, now: datetime) -> None:
        devices.end(session, login, key, now)
        _journal(session, "account.signed_out", _officer(session, login), now, {"device": key[:8]})

    _written(host, act)


def leave_everywhere_else(host: Host, login: str, here: str) -> int:
    """Sign all other devices of the own account out; how many those were."""

    def act(session: Session, now: datetime) -> int:
        ended = devices.end_all(session, login, now, but=here)
        _journal(session, "account.signed_out", _officer(session, login), now, {"devices": ended})
        return ended

    return _written(host, act)


def own_account(host: Host, session: Session, secret: str) -> OwnAccount:
    """The own account with its passkeys and devices."""
    now, endurance = host.clock.now(), Endurance.of(host.settings)
    device = devices.found(session, secret, endurance, now)
    if device is None:
        raise NotPermitted("account.signed_out", "登录已经失效，请重新登录")
    account = session.get_one(Account, device.login)
    return OwnAccount(
        account, passkeys.passkeys_of(session, account.login), devices.devices_of(session, account.login, endurance, now),
        device.key, _owed(host, session, account, device, now), PasswordPolicy.of(host.settings),
    )


def set_password(host: Host, login: str, old: str, new: str, here: str) -> None:
    """Change the own password; every other device is signed out."""

    def act(session: Session, now: datetime) -> None:
        account = session.get_one(Account, login, with_for_update={"of": Account})
        change_password(PasswordPolicy.of(host.settings), account, old, new, now)
        devices.end_all(session, login, now, but=here)
        _journal(session, "account.password_changed", account.officer_id, now, {})

    _written(host, act)


def add_generator(host: Host, login: str, secret: str, code: str) -> list[str]:
    """Take a code generator into use; the recovery codes are returned, this once."""

    def act(session: Session, now: datetime) -> list[str]:
        account = session.get_one(Account, login)
        codes = second_factors.enrol(host.settings.keys_dir, account, secret, code, now)
        _journal(session, "account.factor_added", account.officer_id, now, {"factor": "code"})
        return codes

    return _written(host, act)


def remove_generator(host: Host, login: str, password: str) -> None:
    """Give the code generator up, against the password; Invalid when it is the only second factor and one is required."""

    def act(session: Session, now: datetime) -> None:
        account = _confirmed(session, login, password, now)
        if host.settings.second_factor == REQUIRED and not passkeys.passkeys_of(session, login):
            raise Invalid("second_factor.last", "本平台要求第二种登录方式，请先添加通行密钥再停用验证码")
        second_factors.give_up(account)
        _journal(session, "account.factor_removed", account.officer_id, now, {"factor": "code"})

    _written(host, act)


def add_passkey(host: Host, site: Site, login: str, asked: str, answer: Mapping[str, Any], name: str) -> None:
    """Keep a passkey that the browser has made for the own account."""

    def act(session: Session, now: datetime) -> None:
        account = session.get_one(Account, login)
        passkeys.register(session, site, account, asked, dict(answer), name, now)
        _journal(session, "account.factor_added", account.officer_id, now, {"factor": "passkey"})

    _written(host, act)


def remove_passkey(host: Host, login: str, password: str, credential: str) -> None:
    """Delete a passkey of the own account, against the password; like `remove_generator`, never the last factor."""

    def act(session: Session, now: datetime) -> None:
        account = _confirmed(session, login, password, now)
        alone = len(passkeys.passkeys_of(session, login)) == 1 and not account.one_time_secret
        if host.settings.second_factor == REQUIRED and alone:
            raise Invalid("second_factor.last", "本平台要求第二种登录方式，请先启用验证码再删除最后一个通行密钥")
        passkeys.forget(session, login, credential)
        _journal(session, "account.factor_removed", account.officer_id, now, {"factor": "passkey"})

    _written(host, act)


def _owed(host: Host, session: Session, account: Account, device: Device, now: datetime) -> str:
    """What must be done before anything else: CHANGE_PASSWORD, ADD_FACTOR or nothing."""
    if device.how == OUTSIDE:  # password and factors are the provider's business
        return ""
    if account.must_change or PasswordPolicy.of(host.settings).expired(account.password_changed_at, now):
        return CHANGE_PASSWORD
    factors = account.one_time_secret or host.settings.second_factor != REQUIRED or passkeys.passkeys_of(session, account.login)
    return "" if factors else ADD_FACTOR


def _confirmed(session: Session, login: str, password: str, now: datetime) -> Account:
    account = check_password(session, login, password, now)
    if account is None:
        raise Invalid("password.wrong", "密码不正确")
    return account


def _officer(session: Session, login: str) -> str:
    return session.get_one(Account, login).officer_id


def _journal(session: Session, act: str, actor: str, now: datetime, facts: Mapping[str, Any]) -> None:
    journal.append(session, None, act, actor, now, dict(facts))


def _unless_locked(host: Host, login: str, act: Callable[[Session, datetime], Done]) -> Done:
    try:
        return _written(host, act)
    except NotPermitted as locked:
        journal_refusal(host, None, "account.refused", login[:40], host.clock.now(), locked, {})
        raise


def _written(host: Host, act: Callable[[Session, datetime], Done]) -> Done:
    def once() -> Done:
        with host.database.writing() as session:
            return act(session, host.clock.now())

    return patiently(once)
