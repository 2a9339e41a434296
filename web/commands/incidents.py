"""`zhifa incidents` and `zhifa timers`: see and retry what failed, and let due timers act now."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.cases.cases import find_case
from engine.workflow.incidents import incidents_of
from processes.host import Host, open_host
from processes.queue import drain
from processes.repairing import retry, skip
from processes.timing import fire_due
from web.commands.serving import demonstration_settings


def add_to(families: Any) -> None:
    """Add these families of commands."""
    parser = families.add_parser("incidents", help="查看和重试运行异常")
    actions = parser.add_subparsers(dest="action", required=True, metavar="操作")
    listing = actions.add_parser("list", help="列出没有解决的运行异常")
    listing.add_argument("--all", action="store_true", help="已经解决的也列出")
    again = actions.add_parser("retry", help="重试一项运行异常")
    again.add_argument("incident", type=int, help="异常编号")
    again.add_argument("--by", required=True, help="处理人编号")
    over = actions.add_parser("skip", help="跳过没有法律要求的内部记录，案件继续办理")
    over.add_argument("incident", type=int, help="异常编号")
    over.add_argument("--by", required=True, help="处理人编号，应当是负责人或者平台管理员")
    over.add_argument("--reason", required=True, help="理由")
    for each in (listing, again, over):
        each.add_argument("--folder", type=Path, default=Path("var/demo"), help="数据所在的文件夹")
        each.set_defaults(run=_incidents)
    timers = families.add_parser("timers", help="让已经届满的期限立即发生效力")
    timers.add_argument("--folder", type=Path, default=Path("var/demo"), help="数据所在的文件夹")
    timers.set_defaults(run=_timers)


def _incidents(arguments: argparse.Namespace) -> int:
    host = open_host(demonstration_settings(arguments.folder))
    try:
        if arguments.action == "skip":
            skip(host, arguments.incident, arguments.by, arguments.reason)
            print("已经跳过")
            return 0
        return _retry(host, arguments) if arguments.action == "retry" else _list(host, everything=arguments.all)
    finally:
        host.close()


def _list(host: Host, *, everything: bool) -> int:
    with host.database.reading() as session:
        rows = incidents_of(session, closed=everything)
        for row in rows:
            number = find_case(session, row.case_id).number
            what = f"{number}  {row.operation or row.step}  {row.state_name}  已试 {row.attempts} 次"
            print(f"{row.id:>5}  {row.opened_at:%Y-%m-%d %H:%M}  {what}  {row.cause}")
    if not rows:
        print("没有运行异常")
    return 0


def _retry(host: Host, arguments: argparse.Namespace) -> int:
    settled = retry(host, arguments.incident, arguments.by)
    if not settled:
        with host.database.reading() as session:
            row = next(row for row in incidents_of(session, closed=True) if row.id == arguments.incident)
        settled = row.job_id is not None and drain(host, row.case_id) == 0
    print("已经解决" if settled else "仍未解决")
    return 0 if settled else 1


def _timers(arguments: argparse.Namespace) -> int:
    host = open_host(demonstration_settings(arguments.folder))
    try:
        print(f"{fire_due(host)} 项期限届满，已经发生效力")
    finally:
        host.close()
    return 0
