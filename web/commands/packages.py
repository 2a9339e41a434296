"""`zhifa check`, `zhifa publish` and `zhifa scenarios`: what departments and administrators do with packages."""

from __future__ import annotations

import argparse
from typing import Any

from engine.settings import Settings
from processes.checks import check_package
from processes.host import open_host
from processes.overlay import resolve
from processes.publishing import publish
from processes.scenarios import run_scenarios


def add_to(families: Any) -> None:
    """Add this family of commands."""
    check = families.add_parser("check", help="检查流程包")
    check.add_argument("package", help="流程包名称，例如 national")
    check.set_defaults(run=_check)
    publishing = families.add_parser("publish", help="发布流程包")
    publishing.add_argument("package")
    publishing.add_argument("--by", required=True, help="发布人编号")
    publishing.set_defaults(run=_publish)
    scenarios = families.add_parser("scenarios", help="按流程包自带的场景表走一遍")
    scenarios.add_argument("package")
    scenarios.set_defaults(run=_scenarios)


def _check(arguments: argparse.Namespace) -> int:
    contents = resolve(arguments.package, Settings.from_environment().shelves)
    faults = check_package(contents)
    for fault in faults:
        print(f"{fault.where}：{fault.message}（{fault.code}）")
    print(f"检查 {len(contents)} 个文件：{'没有发现错误' if not faults else f'{len(faults)} 处错误，不得发布'}")
    return 1 if faults else 0


def _publish(arguments: argparse.Namespace) -> int:
    host = open_host(Settings.from_environment())
    release = publish(host, arguments.package, arguments.by)
    host.close()
    print(f"已发布 {release.title} {release.version}，摘要 {release.digest}")
    return 0


def _scenarios(arguments: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    failed = 0
    for result in run_scenarios(arguments.package, settings):
        failed += bool(result.problem)
        print(f"{'不符' if result.problem else '相符'}  {result.title}（{result.steps} 步）{result.problem}")
    print("全部场景相符" if not failed else f"{failed} 个场景不符")
    return 1 if failed else 0
