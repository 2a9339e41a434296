"""`zhifa sample`: an installation of fictitious agencies with as many cases as wished, for trying things out at size."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.clock import SettableClock
from engine.settings import Settings
from processes.host import open_host
from processes.manifest import find_package
from processes.sample import BEGINNING, install_sample, started_case
from processes.sample_cases import multiply
from processes.scripted import parse_script
from web.commands.serving import demonstration_settings

# How far the copied cases have come, and how many in ten have come so far.
STANDS = (("verify_clue", 6), ("propose_filing", 3), ("approve_filing", 1))


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("sample", help="生成大量虚构案件，用于压力测试和培训（不要对正式库使用）")
    parser.add_argument("--cases", type=int, required=True, help="案件数")
    parser.add_argument("--folder", type=Path, default=Path("var/sample"), help="数据所在的文件夹，必须是新的")
    parser.add_argument("--database", default="", help="数据库地址；不写就在文件夹中建立 SQLite 库")
    parser.set_defaults(run=_sample)


def _sample(arguments: argparse.Namespace) -> int:
    if arguments.cases < 1:
        print("案件数应当是正整数", file=sys.stderr)
        return 2
    if arguments.folder.exists() and any(arguments.folder.iterdir()):
        print(f"文件夹 {arguments.folder} 不是空的：虚构案件只能生成到新的文件夹", file=sys.stderr)
        return 2
    arguments.folder.mkdir(parents=True, exist_ok=True)
    clock, settings = SettableClock(BEGINNING), _settings(arguments)
    host = open_host(settings, clock)
    try:
        install_sample(host)
        script = parse_script((find_package("national") / "scenarios" / "ordinary_case.toml").read_bytes(), "ordinary_case")
        cases = [case for step, times in STANDS for case in [started_case(host, clock, script, step)] * times]
        began = time.perf_counter()
        made = multiply(host, cases, arguments.cases, told=lambda done: _tell(done, arguments.cases))
        seconds = time.perf_counter() - began
    finally:
        host.close()
    print(f"\n已生成 {made} 宗虚构案件，用时 {seconds:.0f} 秒，每秒 {made / seconds:.0f} 宗；数据在 {arguments.folder}")
    return 0


def _settings(arguments: argparse.Namespace) -> Settings:
    settings = demonstration_settings(arguments.folder)
    return replace(settings, database_url=arguments.database) if arguments.database else settings


def _tell(done: int, wanted: int) -> None:
    print(f"\r已生成 {done} / {wanted}", end="", flush=True)
