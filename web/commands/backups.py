"""`zhifa backup` and `zhifa restore`: copy a running installation, bring it back, and prove that it is whole."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine.settings import Settings
from processes import backup


def add_to(families: Any) -> None:
    """Add this family of commands."""
    taking = families.add_parser("backup", help="备份数据库和文件库（办案不停）；密钥另行保管")
    taking.add_argument("folder", type=Path, help="备份文件夹；再次备份到同一文件夹时，文件库只复制新增的")
    taking.set_defaults(run=_back_up)
    bringing = families.add_parser("restore", help="恢复到一个空的安装")
    bringing.add_argument("folder", type=Path)
    bringing.add_argument("--verify", action="store_true", help="恢复后核对数据库、全过程记录和每一个文件")
    bringing.set_defaults(run=_restore)


def _back_up(arguments: argparse.Namespace) -> int:
    note = backup.back_up(Settings.from_environment(), arguments.folder)
    print(f"已备份到 {arguments.folder}：{note.database} 数据库，文件库 {note.files} 个文件，备份时点 {note.begun_at}")
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    note = backup.restore(settings, arguments.folder)
    print(f"已恢复 {note.begun_at} 的备份")
    if not arguments.verify:
        return 0
    found = backup.verify(settings, note)
    for problem in found.problems:
        print(problem)
    print(f"核对 {found.entries} 条记录、{found.files} 个文件：{'完好' if not found.problems else f'{len(found.problems)} 处问题'}")
    return 1 if found.problems else 0
