"""`zhifa message`: write down that a message for which a case waits has come, and let its procedure go on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.cases.cases import find_by_number
from engine.errors import Invalid
from engine.workflow.tasks import find_item
from processes.host import open_host
from processes.messaging import receive
from web.commands.serving import demonstration_settings


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("message", help="登记案件等待的消息已经收到，例如鉴定意见、司法机关退回，流程随即继续")
    parser.add_argument("case", help="案件编号")
    parser.add_argument("name", help="消息名称，与流程图上的一致")
    parser.add_argument("--by", required=True, help="登记人编号，应当是本案办案人员或者负责人")
    parser.add_argument("--data", required=True, help="收到了什么，例如文号和日期")
    parser.add_argument("--folder", type=Path, default=Path("var/demo"), help="数据所在的文件夹")
    parser.set_defaults(run=_message)


def _message(arguments: argparse.Namespace) -> int:
    host = open_host(demonstration_settings(arguments.folder))
    try:
        with host.database.reading() as session:
            case = find_by_number(session, arguments.case)
        if case is None:
            raise Invalid("case.unknown", f"没有编号为“{arguments.case[:40]}”的案件")
        opened = receive(host, case.id, arguments.by, arguments.name, arguments.data)
        with host.database.reading() as session:
            names = "、".join(find_item(session, item).name for item in opened) or "无"
        print(f"已经登记，现在等待：{names}")
    finally:
        host.close()
    return 0
