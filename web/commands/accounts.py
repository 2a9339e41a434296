"""`zhifa accounts`: give officers a sign-in, reset it after seeing the person, enable and disable it."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import journal
from engine.accounts.devices import end_all
from engine.accounts.identities import Account, account_of, create_account, reset
from engine.accounts.passkeys import passkeys_of
from engine.clock import SystemClock
from engine.database import Database
from engine.errors import Invalid
from engine.registers.agencies import find_officer
from engine.settings import Settings

_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("accounts", help="登录账号：开通、重置、停用、恢复")
    actions = parser.add_subparsers(dest="action", required=True, metavar="操作")
    for name, words, run in (
        ("create", "为人员库中的人员开通账号，给出一次性的初始密码", _create),
        ("reset", "核实本人身份后重置：给出新的初始密码，停用第二种登录方式，退出全部设备", _reset),
        ("disable", "停用账号，立即退出全部设备", _disable),
        ("enable", "恢复已经停用的账号", _enable),
    ):
        action = actions.add_parser(name, help=words)
        action.add_argument("officer", help="人员编号")
        action.add_argument("--by", required=True, help="操作的管理员的人员编号")
        action.set_defaults(run=_command(run))
        if name == "create":
            action.add_argument("--login", default="", help="用户名，默认是小写的人员编号")
    listing = actions.add_parser("list", help="列出账号")
    listing.set_defaults(run=_list)


def _command(act: Callable[[Session, argparse.Namespace, datetime], str]) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        now = SystemClock().now()
        with closing(Database(Settings.from_environment().database_url)) as database, database.writing() as session:
            if "administrator" not in find_officer(session, arguments.by).role_keys:
                raise Invalid("account.administrator", f"“{arguments.by}”不是平台管理员")
            find_officer(session, arguments.officer)
            said = act(session, arguments, now)
            journal.append(session, None, f"account.{arguments.action}", arguments.by, now, {"officer": arguments.officer})
        print(said)
        return 0

    return run


def _create(session: Session, arguments: argparse.Namespace, now: datetime) -> str:
    login = arguments.login or arguments.officer.lower()
    if account_of(session, arguments.officer) or session.get(Account, login):
        raise Invalid("account.exists", f"人员“{arguments.officer}”已经有账号，或者用户名“{login}”已被使用")
    password = _fresh_password()
    create_account(session, login, arguments.officer, password, now, must_change=True)
    return f"用户名：{login}\n初始密码：{password}（首次登录必须更换）"


def _reset(session: Session, arguments: argparse.Namespace, now: datetime) -> str:
    account, password = _account(session, arguments.officer), _fresh_password()
    reset(account, password, now)
    for passkey in passkeys_of(session, account.login):
        session.delete(passkey)
    ended = end_all(session, account.login, now)
    return f"用户名：{account.login}\n新的初始密码：{password}（登录后必须更换）；第二种登录方式已经停用，已退出{ended}台设备"


def _disable(session: Session, arguments: argparse.Namespace, now: datetime) -> str:
    account = _account(session, arguments.officer)
    account.enabled = False
    return f"账号“{account.login}”已经停用，已退出{end_all(session, account.login, now)}台设备"


def _enable(session: Session, arguments: argparse.Namespace, _now: datetime) -> str:
    account = _account(session, arguments.officer)
    account.enabled, account.failures, account.locked_until = True, 0, None
    return f"账号“{account.login}”已经恢复"


def _list(_arguments: argparse.Namespace) -> int:
    now = SystemClock().now()
    with closing(Database(Settings.from_environment().database_url)) as database, database.reading() as session:
        for account in session.scalars(select(Account).order_by(Account.login)):
            state = "停用" if not account.enabled else "锁定" if account.locked_until and now < account.locked_until else "正常"
            factor = "验证码" if account.one_time_secret else ""
            print("\t".join((account.login, account.officer_id, account.officer.name, account.officer.agency.name, state, factor)))
    return 0


def _account(session: Session, officer_id: str) -> Account:
    account = account_of(session, officer_id)
    if account is None:
        raise Invalid("account.none", f"人员“{officer_id}”还没有账号")
    return account


def _fresh_password() -> str:
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(3))
