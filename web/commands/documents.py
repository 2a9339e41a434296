"""`zhifa document verify`: verify the seal of a PDF, or every stored file of a case."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from documents.keys import trust_roots
from documents.verifying import verify
from engine.settings import Settings


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("document", help="文书")
    actions = parser.add_subparsers(dest="action", required=True, metavar="操作")
    check = actions.add_parser("verify", help="验证 PDF 文书的电子印章")
    check.add_argument("file", type=Path, nargs="+", help="PDF 文件")
    check.set_defaults(run=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    roots = trust_roots(Settings.from_environment().keys_dir)
    failed = 0
    for file in arguments.file:
        result = verify(file.read_bytes(), roots)
        failed += not result.valid
        state = "印章有效" if result.valid else "验证不通过"
        print(f"{file}：{state}，签章人 {result.signer or '无'}，印章编号 {result.seal_number or '无'}，时间 {result.signed_at or '无'}")
        for problem in result.problems:
            print(f"  {problem}")
    return 1 if failed else 0
