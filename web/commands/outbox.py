"""`zhifa outbox`: what the province has not acknowledged yet; deliver it, acknowledge it by hand, or receive it for trying out."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from engine.oversight import exchange
from engine.settings import Settings
from processes.exchanging import deliver
from processes.host import Host, open_host
from web.commands.receiving import receive


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("outbox", help="向上级报送：查看、发送、确认")
    actions = parser.add_subparsers(dest="action", required=True, metavar="操作")
    listing = actions.add_parser("list", help="等待确认的报送内容，一行一条 JSON")
    listing.add_argument("--refused", action="store_true", help="上级不接收、等待处理的内容")
    listing.add_argument("--most", type=int, default=exchange.MOST)
    actions.add_parser("deliver", help="现在发送")
    for name, what in (("acknowledge", "登记为上级已经接收"), ("resend", "上级不接收的，处理后重新发送")):
        actions.add_parser(name, help=what).add_argument("ids", type=int, nargs="+", metavar="编号")
    parser.set_defaults(run=_outbox)
    sandbox = actions.add_parser("sandbox", help="在本机开一个接收端，供联调使用")
    sandbox.add_argument("--port", type=int, default=8010)
    sandbox.add_argument("--file", type=Path, default=Path("var/province.jsonl"), help="收到的内容写在这里")
    sandbox.set_defaults(run=_sandbox)


def _outbox(arguments: argparse.Namespace) -> int:
    host = open_host(Settings.from_environment())
    try:
        return _act(host, arguments)
    finally:
        host.close()


def _act(host: Host, arguments: argparse.Namespace) -> int:
    if arguments.action == "deliver":
        print(f"上级已经接收 {deliver(host)} 条")
        return 0
    if arguments.action == "list":
        with host.database.reading() as session:
            for entry in exchange.waiting(session, arguments.most, state=exchange.REFUSED if arguments.refused else exchange.WAITING):
                print(json.dumps({**entry.told(), **({"reason": entry.reason} if entry.reason else {})}, ensure_ascii=False))
        return 0
    with host.database.writing() as session:
        if arguments.action == "acknowledge":
            done = exchange.acknowledge(session, arguments.ids, host.clock.now())
        else:
            done = exchange.resend(session, arguments.ids)
    print(f"{done} 条")
    return 0 if done == len(set(arguments.ids)) else 1


def _sandbox(arguments: argparse.Namespace) -> int:
    arguments.file.parent.mkdir(parents=True, exist_ok=True)
    server = receive(arguments.file, arguments.port, Settings.from_environment().exchange_token)
    print(f"接收端：http://127.0.0.1:{server.server_port}/  收到的内容写入 {arguments.file}，按 Ctrl+C 停止", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("已停止")
    finally:
        server.server_close()
    return 0
