"""`zhifa upgrade`: bring the database to what this version of the software needs; jobs and cases in it go on afterwards."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine import schema
from engine.database import Database
from engine.settings import Settings
from web.commands.serving import demonstration_settings


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("upgrade", help="把数据库升级到本版本的结构；先备份")
    parser.add_argument("--folder", type=Path, help="示范数据所在的文件夹；不写则按环境变量中的设置")
    parser.set_defaults(run=_upgrade)


def _upgrade(arguments: argparse.Namespace) -> int:
    settings = demonstration_settings(arguments.folder) if arguments.folder else Settings.from_environment()
    database = Database(settings.database_url)
    try:
        if schema.is_current(database):
            print("数据库已经是本版本的结构")
            return 0
        schema.upgrade(database)
        print("数据库已升级到本版本的结构")
    finally:
        database.close()
    return 0
