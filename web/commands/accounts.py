"""`zhifa accounts`: give officers a sign-in, reset it after seeing the person, enable and disable it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import closing
from typing import Any

from sqlalchemy import select

from engine.accounts.identities import Account
from engine.clock import SystemClock
from engine.database import Database
from engine.settings import Settings
from processes.administering import CREATE, DISABLE, ENABLE, RESET, Administered, administer, state_of
from processes.host import open_host

TOLD: dict[str, str] = {
    CREATE: "用户名：{login}\n初始密码：{password}（首次登录必须更换）",
    RESET: "用户名：{login}\n新的初始密码：{password}（登录后必须更换）；第二种登录方式已经停用，已退出{ended}台设备",
    DISABLE: "账号“{login}”已经停用，已退出{ended}台设备",
    ENABLE: "账号“{login}”已经恢复",
}


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("accounts", help="登录账号：开通、重置、停用、恢复")
    actions = parser.add_subparsers(dest="action", required=True, metavar="操作")
    for name, words in (
        (CREATE, "为人员库中的人员开通账号，给出一次性的初始密码"),
        (RESET, "核实本人身份后重置：给出新的初始密码，停用第二种登录方式，退出全部设备"),
        (DISABLE, "停用账号，立即退出全部设备"),
        (ENABLE, "恢复已经停用的账号"),
    ):
        action = actions.add_parser(name, help=words)
        action.add_argument("officer", help="人员编号")
        action.add_argument("--by", required=True, help="操作的管理员的人员编号")
        action.set_defaults(run=_command(name))
        if name == CREATE:
            action.add_argument("--login", default="", help="用户名，默认是小写的人员编号")
    listing = actions.add_parser("list", help="列出账号")
    listing.set_defaults(run=_list)


def _command(act: str) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        with closing(open_host(Settings.from_environment())) as host:
            done: Administered = administer(
                host, act, arguments.officer, arguments.by, login=getattr(arguments, "login", ""), setting_up=True
            )
        print(TOLD[act].format(login=done.login, password=done.password, ended=done.ended))
        return 0

    return run


def _list(_arguments: argparse.Namespace) -> int:
    now = SystemClock().now()
    with closing(Database(Settings.from_environment().database_url)) as database, database.reading() as session:
        for account in session.scalars(select(Account).order_by(Account.login)):
            factor = "验证码" if account.one_time_secret else ""
            state = state_of(account, now)
            print("\t".join((account.login, account.officer_id, account.officer.name, account.officer.agency.name, state, factor)))
    return 0
