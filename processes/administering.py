"""Accounts of officers, kept by administrators (平台管理员): opened, reset, disabled, enabled; every act is journalled, refused ones too.

Denied unless a reason is found: the administrator's role, and the officer within his own agency or a scope that the register of
administrators gives him (四川省行政权力依法规范公开运行平台建设和使用管理办法（试行） 第九条). Nobody acts on himself, nor on an
administrator whose scope is wider than his own. Roles come from the register of officers and are changed there alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from engine import journal
from engine.accounts.devices import end_all
from engine.accounts.identities import Account, account_of, create_account, is_locked
from engine.accounts.identities import reset as reset_account
from engine.accounts.passkeys import passkeys_of
from engine.clock import legal_time
from engine.errors import Invalid, NotPermitted, ZhifaError
from engine.registers.absences import REGISTER as ABSENCE
from engine.registers.administrators import ARTICLE, REGION, Grant, grants_of
from engine.registers.agencies import Agency, Officer, Region, find_officer
from engine.registers.versions import all_on
from processes.host import Host
from processes.refusals import journal_refusal, patiently

ADMINISTRATOR = "administrator"
CREATE, RESET, DISABLE, ENABLE = "create", "reset", "disable", "enable"
ACTS: Final = MappingProxyType({CREATE: "开通账号", RESET: "重置账号", DISABLE: "停用账号", ENABLE: "恢复账号"})
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True)
class Administered:
    """What an act on an account has led to: its login, the password for one use ("" without a new one), devices signed out."""

    login: str
    password: str = ""
    ended: int = 0


@dataclass(frozen=True)
class Person:
    """An officer as an administrator sees him: his account, how it stands, who stands in for him today, and what may be done."""

    officer: Officer
    account: Account | None
    state: str
    deputies: Sequence[str]
    acts: Sequence[str]


def administer(host: Host, act: str, officer_id: str, by: str, *, login: str = "", setting_up: bool = False) -> Administered:
    """Do one of ACTS to the account of an officer. NotPermitted outside the administrator's scope, Invalid when it cannot be done.

    login: for a new account, else the officer's id in small letters; setting_up: on the machine itself, where the very first account
    of an installation may be opened by the administrator whose it is.
    """
    now = host.clock.now()

    def once() -> Administered:
        with host.database.writing() as session:
            if act not in ACTS:
                raise Invalid("account.act", "没有这种操作")
            maker, officer = find_officer(session, by), find_officer(session, officer_id)
            first = setting_up and act == CREATE and session.scalar(select(Account.login).limit(1)) is None
            require_may_administer(session, maker, officer, now, first=first)
            done = _ACTING[act](session, officer, login, now)
            journal.append(session, None, f"account.{act}", maker.id, now, {"officer": officer.id})
            return done

    try:
        return patiently(once)
    except ZhifaError as refusal:
        journal_refusal(host, None, "account.administration_refused", by[:40], now, refusal, {"act": act[:20], "officer": officer_id[:40]})
        raise


def require_may_administer(session: Session, maker: Officer, officer: Officer, now: datetime, *, first: bool = False) -> None:
    """NotPermitted unless the maker may act on the officer's account; Invalid for who is no administrator at all."""
    if ADMINISTRATOR not in maker.role_keys or not maker.in_service:
        raise NotPermitted("account.administrator", f"“{maker.id}”不是平台管理员")
    if maker.id == officer.id and not first:
        raise NotPermitted("account.own", "管理员不得对本人的账号进行管理操作，请由其他管理员办理")
    grants = grants_of(session, maker.id, legal_time(now).date())
    inside = select(Agency.code).where(Agency.code == officer.agency_code, _within(maker, grants))
    if session.scalar(inside) is None:
        raise NotPermitted("account.scope", "该人员不在您的管理范围内", article=ARTICLE)
    if ADMINISTRATOR in officer.role_keys and maker.id != officer.id:
        theirs = grants_of(session, officer.id, legal_time(now).date())
        if not all(_covers(session, grants, each) for each in theirs):
            raise NotPermitted("account.wider", "该人员的管理范围大于您的管理范围，请由上级管理员办理", article=ARTICLE)


def people(
    host: Host, session: Session, maker: Officer, *, words: str = "", after: str = "", size: int = 20
) -> tuple[list[Person], bool]:
    """The officers within an administrator's scope by id, one page; and whether there are more. NotPermitted for everybody else.

    words: part of the name, number, department or agency; after: the last id of the page before.
    """
    if ADMINISTRATOR not in maker.role_keys:
        raise NotPermitted("account.administrator", "只有平台管理员可以查看人员和账号")
    now = host.clock.now()
    day = legal_time(now).date()
    query = select(Officer).join(Agency, Agency.code == Officer.agency_code).where(
        _within(maker, grants_of(session, maker.id, day)), Officer.id > after
    )
    if words:
        query = query.where(or_(*(
            column.contains(words, autoescape=True) for column in (Officer.name, Officer.id, Officer.department, Agency.name)
        )))
    rows = list(session.scalars(query.order_by(Officer.id).limit(size + 1)))
    ids = [row.id for row in rows[:size]]
    accounts = {row.officer_id: row for row in session.scalars(select(Account).where(Account.officer_id.in_(ids)))}
    deputies = _deputies(session, set(ids), now)
    found = []
    for row in rows[:size]:
        account = accounts.get(row.id)
        found.append(Person(row, account, state_of(account, now), deputies.get(row.id, ()), _offered(maker, row, account)))
    return found, len(rows) > size


def find_person(host: Host, session: Session, maker: Officer, officer_id: str) -> Person:
    """One officer within the administrator's scope; NotPermitted hides all others."""
    officer, now = session.get(Officer, officer_id), host.clock.now()
    if officer is None or ADMINISTRATOR not in maker.role_keys:
        raise NotPermitted("account.hidden", "没有这名人员，或者不在您的管理范围内")
    inside = select(Agency.code).where(
        Agency.code == officer.agency_code, _within(maker, grants_of(session, maker.id, legal_time(now).date()))
    )
    if session.scalar(inside) is None:
        raise NotPermitted("account.hidden", "没有这名人员，或者不在您的管理范围内")
    account = account_of(session, officer.id)
    try:
        require_may_administer(session, maker, officer, now)
        acts = _offered(maker, officer, account)
    except NotPermitted:
        acts = []
    return Person(officer, account, state_of(account, now), _deputies(session, {officer.id}, now).get(officer.id, ()), acts)


def state_of(account: Account | None, now: datetime) -> str:
    """How an account stands, in Chinese."""
    if account is None:
        return "未开通"
    if not account.enabled:
        return "停用"
    return "锁定" if is_locked(account, now) else "待更换初始密码" if account.must_change else "正常"


def _offered(maker: Officer, officer: Officer, account: Account | None) -> list[str]:
    if maker.id == officer.id:
        return []
    if account is None:
        return [CREATE] if officer.in_service else []
    return [RESET, DISABLE] if account.enabled else [ENABLE]


def _create(session: Session, officer: Officer, login: str, now: datetime) -> Administered:
    name = login or officer.id.lower()
    if not officer.in_service:
        raise Invalid("account.left", f"{officer.name}已经不在岗，不能开通账号")
    if account_of(session, officer.id) or session.get(Account, name):
        raise Invalid("account.exists", f"人员“{officer.id}”已经有账号，或者用户名“{name}”已被使用")
    password = _fresh_password()
    create_account(session, name, officer.id, password, now, must_change=True)
    return Administered(name, password)


def _reset(session: Session, officer: Officer, _login: str, now: datetime) -> Administered:
    account, password = _account(session, officer), _fresh_password()
    reset_account(account, password, now)
    for passkey in passkeys_of(session, account.login):
        session.delete(passkey)
    return Administered(account.login, password, end_all(session, account.login, now))


def _disable(session: Session, officer: Officer, _login: str, now: datetime) -> Administered:
    account = _account(session, officer)
    account.enabled = False
    return Administered(account.login, ended=end_all(session, account.login, now))


def _enable(session: Session, officer: Officer, _login: str, _now: datetime) -> Administered:
    account = _account(session, officer)
    account.enabled, account.failures, account.locked_until = True, 0, None
    return Administered(account.login)


_Act = Callable[[Session, Officer, str, datetime], Administered]
_ACTING: Final = MappingProxyType[str, _Act]({CREATE: _create, RESET: _reset, DISABLE: _disable, ENABLE: _enable})


def _account(session: Session, officer: Officer) -> Account:
    account = account_of(session, officer.id)
    if account is None:
        raise Invalid("account.none", f"人员“{officer.id}”还没有账号")
    return account


def _within(maker: Officer, grants: Sequence[Grant]) -> ColumnElement[bool]:
    """Which agencies an administrator looks after: his own, and those in the regions (and domains) of his scopes."""
    scopes = [
        and_(Agency.region_code.in_(_below(grant.region)), *([] if grant.kind == REGION else [Agency.domain == grant.domain]))
        for grant in grants
    ]
    return or_(Agency.code == maker.agency_code, *scopes)


def _covers(session: Session, grants: Sequence[Grant], other: Grant) -> bool:
    """Whether one of the scopes takes in another one."""
    for grant in grants:
        fits = grant.kind == REGION or (other.kind != REGION and grant.domain == other.domain)
        if fits and session.scalar(select(Region.code).where(Region.code == other.region, Region.code.in_(_below(grant.region)))):
            return True
    return False


def _below(region: str) -> ColumnElement[str]:
    """A region and everything below it; UNION, so that a circle ends."""
    line = select(Region.code).where(Region.code == region).cte(recursive=True)
    return select(line.union(select(Region.code).where(Region.parent_code == line.c.code)).c.code).scalar_subquery()


def _deputies(session: Session, officer_ids: set[str], now: datetime) -> dict[str, list[str]]:
    """Names of those who stand in today, by officer."""
    found: dict[str, list[str]] = {}
    for record in all_on(session, ABSENCE, legal_time(now).date()):
        if str(record.data["officer"]) in officer_ids:
            found.setdefault(str(record.data["officer"]), []).append(find_officer(session, str(record.data["deputy"])).name)
    return found


def _fresh_password() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(3))
