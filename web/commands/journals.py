"""`zhifa journal verify`: recompute the hash chains and name the first broken link."""

from __future__ import annotations

import argparse
from typing import Any

from engine import journal
from engine.cases.cases import find_by_number
from engine.database import Database
from engine.errors import Invalid
from engine.settings import Settings


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("journal", help="全过程记录")
    actions = parser.add_subparsers(dest="action", required=True, metavar="操作")
    verify = actions.add_parser("verify", help="重算哈希链，指出第一处断裂")
    verify.add_argument("--case", help="案件编号；不填则核对全部")
    verify.set_defaults(run=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    database = Database(Settings.from_environment().database_url)
    with database.reading() as session:
        case = find_by_number(session, arguments.case) if arguments.case else None
        if arguments.case and case is None:
            raise Invalid("case.unknown", f"没有编号为“{arguments.case}”的案件")
        count, broken = journal.verify(session, case.id if case else None)
    database.close()
    for link in broken:
        print(f"断裂：第 {link.chain} 号链第 {link.sequence} 条，{link.reason}")
    print(f"核对 {count} 条记录：{'完好' if not broken else f'{len(broken)} 条链断裂'}")
    return 1 if broken else 0
