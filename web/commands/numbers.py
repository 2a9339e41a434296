"""`zhifa numbers`: hand out blocks of numbers, and see what became of each."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.registers.agencies import find_officer
from processes.host import Host, open_host
from processes.reserving import account_for, numbers_shown, reserve_block
from web.commands.serving import demonstration_settings


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("numbers", help="预留号码：分配、登记去向、查看")
    actions = parser.add_subparsers(dest="action", required=True, metavar="操作")
    listing = actions.add_parser("list", help="列出预留号码和去向")
    handing = actions.add_parser("reserve", help="把一段号码分配给执法人员")
    handing.add_argument("--to", required=True, help="执法人员编号")
    handing.add_argument("--count", type=int, required=True, help="个数")
    noting = actions.add_parser("account", help="登记一个号码的去向")
    noting.add_argument("act", choices=("use", "void", "return"), help="use 已使用，void 作废，return 交回")
    noting.add_argument("--year", type=int, required=True, help="年份")
    noting.add_argument("--number", type=int, required=True, help="号码")
    noting.add_argument("--note", required=True, help="用于哪份文书，或者理由")
    for each in (handing, noting):
        each.add_argument("--series", required=True, help="文号格式，与文书种类中的 number 相同")
    for each, run in ((listing, _list), (handing, _reserve), (noting, _account)):
        each.add_argument("--by", required=True, help="办理人编号")
        each.add_argument("--folder", type=Path, default=Path("var/demo"), help="数据所在的文件夹")
        each.set_defaults(run=_opened, act_on=run)


def _opened(arguments: argparse.Namespace) -> int:
    host = open_host(demonstration_settings(arguments.folder))
    try:
        arguments.act_on(host, arguments)
    finally:
        host.close()
    return 0


def _list(host: Host, arguments: argparse.Namespace) -> None:
    with host.database.reading() as session:
        rows = numbers_shown(session, find_officer(session, arguments.by))
    for row in rows:
        print(f"{row.series}  {row.year} 年 {row.number} 号  {row.officer_id}  {row.state_name}  {row.note}")
    if not rows:
        print("没有预留号码")


def _reserve(host: Host, arguments: argparse.Namespace) -> None:
    given = reserve_block(host, arguments.by, arguments.to, arguments.series, arguments.count)
    print(f"已预留 {len(given)} 个号码：{'、'.join(map(str, given))}")


def _account(host: Host, arguments: argparse.Namespace) -> None:
    account_for(host, arguments.by, arguments.series, arguments.year, arguments.number, arguments.act, arguments.note)
    print(f"{arguments.number} 号已登记")
