"""`zhifa package …`, `zhifa check`, `zhifa publish` and `zhifa scenarios`: what departments and administrators do with packages."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from documents.keys import load_seal, trust_roots
from engine.clock import LEGAL_TIME_ZONE
from engine.errors import Fault, Invalid, PackageFault
from engine.settings import Settings
from engine.workflow import releases
from engine.workflow.releases import Release
from processes import parcels
from processes.checks import check_package, package_warnings
from processes.comparing import compare
from processes.host import Host, open_host
from processes.manifest import OWN_SHELF, find_package, read_contents, read_manifest
from processes.overlay import resolve
from processes.publishing import publish, retire, signature_of
from processes.rebasing import WORDS, rebase, rebased
from processes.scenarios import run_scenarios
from processes.starting import package_digest, start_package


def add_to(families: Any) -> None:
    """Add this family of commands."""
    for parent in (families, _group(families)):
        check = _command(parent, "check", "检查流程包", _check)
        check.add_argument("package", help="流程包名称，例如 national")
        check.add_argument("--json", action="store_true", help="输出机器可读的结果")
        publishing = _command(parent, "publish", "发布流程包", _publish)
        publishing.add_argument("package")
        publishing.add_argument("--by", required=True, help="发布人编号")
        publishing.add_argument("--seal", default="", help="用这枚电子印章对版本摘要签名")
        publishing.add_argument("--from", dest="effective_from", type=_moment, help="生效时间，例如 2027-01-01T00:00；缺省为立即")
    scenarios = _command(families, "scenarios", "按流程包自带的场景表走一遍", _scenarios)
    scenarios.add_argument("package")


def _group(families: Any) -> Any:
    group = families.add_parser("package", help="流程包：新建、比较、跟随上级、发布、停用、导出、导入")
    acts = group.add_subparsers(dest="act", required=True, metavar="操作")
    new = _command(acts, "new", "新建一个继承上级的流程包", _new)
    new.add_argument("package", help="英文名称")
    new.add_argument("--title", required=True, help="中文名称")
    new.add_argument("--extends", default="national", help="上级流程包")
    new.add_argument("--shelf", type=Path, help="放在哪个书架，缺省为第一个附加书架")
    listing = _command(acts, "list", "列出各书架上的流程包和已经发布的版本", _list)
    listing.add_argument("--json", action="store_true")
    diff = _command(acts, "diff", "比较两个流程包或者版本（名称，或者 名称@摘要）", _diff)
    diff.add_argument("before")
    diff.add_argument("after")
    diff.add_argument("--layout", action="store_true", help="也列出只改变图形位置的")
    diff.add_argument("--json", action="store_true")
    rebasing = _command(acts, "rebase", "上级改了什么：逐个文件三方比较，采纳不冲突的", _rebase)
    rebasing.add_argument("package")
    rebasing.add_argument("--before", help="本包依据的上级版本摘要，缺省取 package.toml 的 based_on")
    rebasing.add_argument("--write", action="store_true", help="写回流程包；缺省只报告")
    rebasing.add_argument("--json", action="store_true")
    retiring = _command(acts, "retire", "停用一个版本，新案件改用前一个版本", _retire)
    retiring.add_argument("package")
    retiring.add_argument("digest", help="版本摘要的前若干位")
    retiring.add_argument("--by", required=True, help="停用人编号")
    retiring.add_argument("--reason", required=True, help="理由")
    exporting = _command(acts, "export", "导出为一个文件", _export)
    exporting.add_argument("package")
    exporting.add_argument("file", type=Path)
    exporting.add_argument("--seal", help="用这枚电子印章签名")
    importing = _command(acts, "import", "核对并导入一个流程包文件", _import)
    importing.add_argument("file", type=Path)
    importing.add_argument("--shelf", type=Path)
    importing.add_argument("--unsigned", action="store_true", help="接受没有签名的文件")
    return acts


def _command(families: Any, name: str, words: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = families.add_parser(name, help=words)
    parser.set_defaults(run=run)
    return parser


def _check(arguments: argparse.Namespace) -> int:
    contents = resolve(arguments.package, Settings.from_environment().shelves)
    faults = check_package(contents)
    warned = [] if faults else package_warnings(contents)
    if arguments.json:
        _print_json({
            "package": arguments.package, "files": len(contents), "faults": [asdict(fault) for fault in faults],
            "warnings": [asdict(fault) for fault in warned],
        })
        return 1 if faults else 0
    _print_faults(faults)
    for warning in warned:
        print(f"提醒  {warning.where}：{warning.message}（{warning.code}）")
    print(f"检查 {len(contents)} 个文件：{'没有发现错误' if not faults else f'{len(faults)} 处错误，不得发布'}")
    return 1 if faults else 0


def _publish(arguments: argparse.Namespace) -> int:
    host = open_host(Settings.from_environment())
    try:
        release = publish(host, arguments.package, arguments.by, arguments.effective_from, seal=arguments.seal)
    finally:
        host.close()
    print(f"已发布 {release.title} {release.version}，摘要 {release.digest}，自 {release.effective_from:%Y-%m-%d %H:%M} 起用于新案件")
    return 0


def _retire(arguments: argparse.Namespace) -> int:
    host = open_host(Settings.from_environment())
    try:
        following = retire(host, arguments.package, arguments.digest, arguments.by, arguments.reason)
    finally:
        host.close()
    print(f"已经停用；新案件改用 {following.title} {following.version}，摘要 {following.digest}")
    return 0


def _scenarios(arguments: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    failed = 0
    for result in run_scenarios(arguments.package, settings):
        failed += bool(result.problem)
        print(f"{'不符' if result.problem else '相符'}  {result.title}（{result.steps} 步）{result.problem}")
    print("全部场景相符" if not failed else f"{failed} 个场景不符")
    return 1 if failed else 0


def _new(arguments: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    folder = start_package(arguments.package, arguments.title, arguments.extends, _shelf(arguments, settings), settings.shelves)
    print(f"已建立 {folder}。把要改的文件按原路径复制进去再改；没有放进去的，沿用“{arguments.extends}”。")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    shown = []
    for shelf in (*settings.shelves, OWN_SHELF):
        for file in sorted(shelf.glob("*/package.toml")):
            manifest = read_manifest(read_contents(file.parent))
            shown.append({"name": manifest.name, "title": manifest.title, "version": manifest.version, "extends": manifest.extends,
                          "folder": str(file.parent)})
    host = open_host(settings)
    try:
        published = _published(host)
    finally:
        host.close()
    if arguments.json:
        _print_json({"packages": shown, "releases": published})
        return 0
    for row in shown:
        print(f"{row['name']}  {row['title']} {row['version']}  {'继承 ' + row['extends'] if row['extends'] else '（根）'}  {row['folder']}")
    print("已经发布的版本：" if published else "还没有发布任何版本")
    for release in published:
        state = "已停用" if release["retired_at"] else f"自 {release['effective_from'][:16]} 生效"
        print("  ".join(["", f"{release['package']} {release['version']}", release["digest"][:12], state, release["signature"]]))
    return 0


def _published(host: Host) -> list[dict[str, str]]:
    if not inspect(host.database.engine).has_table(Release.__tablename__):
        return []  # nothing has been set up here yet
    with host.database.reading() as session:
        return [
            {"package": one.package, "version": one.version, "digest": one.digest, "published_at": one.published_at.isoformat(),
             "effective_from": one.effective_from.isoformat(), "retired_at": one.retired_at.isoformat() if one.retired_at else "",
             "signature": _signature(host, one)}
            for one in releases.releases_of(session)
        ]


def _signature(host: Host, release: Release) -> str:
    found = signature_of(host, release)
    return "没有签名" if found is None else f"{found.signer}签名有效" if found.valid else f"签名无效：{'；'.join(found.problems)}"


def _diff(arguments: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    host = open_host(settings)
    try:
        changes = compare(_named(host, arguments.before), _named(host, arguments.after))
    finally:
        host.close()
    shown = [change for change in changes if arguments.layout or not change.layout]
    if arguments.json:
        _print_json([change.as_data() for change in shown])
    else:
        for change in shown:
            print(change.sentence())
        hidden = len(changes) - len(shown)
        print(f"{len(shown)} 处不同{f'，另有 {hidden} 处只是图形位置不同' if hidden else ''}")
    return 0


def _rebase(arguments: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    folder = find_package(arguments.package, settings.shelves)
    child = read_contents(folder)
    manifest = read_manifest(child)
    if not manifest.extends:
        raise PackageFault("package.root", f"流程包“{arguments.package}”没有上级，无须跟随")
    before = _before(settings, manifest.extends, arguments.before or manifest.based_on)
    parent = resolve(manifest.extends, settings.shelves)
    reports = rebase(before, parent, child)
    conflicts = sum(len(report.conflicts) for report in reports)
    if arguments.write:
        _write_back(folder, child, rebased(reports, child), package_digest(parent) if not conflicts else "")
    if arguments.json:
        _print_json({"package": arguments.package, "conflicts": conflicts, "files": [
            {"path": one.path, "verdict": one.verdict, "taken": one.taken, "conflicts": one.conflicts} for one in reports
        ]})
        return 1 if conflicts else 0
    for report in reports:
        print(f"{WORDS[report.verdict]}  {report.path}")
        for line in (*report.taken, *(f"冲突：{line}" for line in report.conflicts)):
            print(f"    {line}")
    ending = "已经写回" if arguments.write else "没有写回（加 --write 写回）"
    print(f"{conflicts} 处需要决定；{ending}" if conflicts else f"没有冲突；{ending}")
    return 1 if conflicts else 0


def _export(arguments: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    contents = read_contents(find_package(arguments.package, settings.shelves))
    key = load_seal(settings.keys_dir, arguments.seal) if arguments.seal else None
    data = parcels.pack(contents, key, datetime.now(LEGAL_TIME_ZONE))
    arguments.file.write_bytes(data)
    print(f"已导出 {len(contents)} 个文件到 {arguments.file}{'，已签名' if key else '，没有签名'}")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    settings = Settings.from_environment()
    parcel = parcels.unpack(arguments.file.read_bytes(), trust_roots(settings.keys_dir))
    if parcel.signature is None and not arguments.unsigned:
        raise PackageFault("parcel.unsigned", "流程包文件没有签名；确认来源可靠后加 --unsigned 导入")
    folder = parcels.place(parcel, _shelf(arguments, settings))
    signer = f"，{parcel.signature.signer}签名有效" if parcel.signature else "，没有签名"
    print(f"已导入 {parcel.manifest.title} {parcel.manifest.version} 到 {folder}{signer}")
    return 0


def _shelf(arguments: argparse.Namespace, settings: Settings) -> Path:
    shelf = arguments.shelf or next(iter(settings.shelves), None)
    if shelf is None:
        raise Invalid("package.no_shelf", "没有可以放流程包的书架：请用 --shelf 指明文件夹，或者设置 ZHIFA_SHELVES")
    return Path(shelf)


def _named(host: Host, name: str) -> dict[str, bytes]:
    package, _, digest = name.partition("@")
    if not digest:
        return resolve(package, host.settings.shelves)
    with host.database.reading() as session:
        return releases.read(session, host.files, releases.find(session, package, digest).digest)


def _before(settings: Settings, parent: str, digest: str) -> dict[str, bytes]:
    if not digest:
        raise Invalid("package.based_on", "不知道本包依据上级的哪个版本：请用 --before 指明版本摘要")
    host = open_host(settings)
    try:
        return _named(host, f"{parent}@{digest}")
    finally:
        host.close()


def _write_back(folder: Path, old: dict[str, bytes], new: dict[str, bytes], based_on: str) -> None:
    for path in old.keys() - new.keys():
        (folder / path).unlink()
    parcels.write_files({path: data for path, data in new.items() if old.get(path) != data}, folder)
    if based_on:
        manifest = folder / "package.toml"
        lines = [line for line in manifest.read_text(encoding="utf-8").splitlines() if not line.startswith("based_on")]
        place = next((number for number, line in enumerate(lines) if line.startswith("extends")), 0) + 1
        manifest.write_text("\n".join([*lines[:place], f'based_on = "{based_on}"', *lines[place:]]) + "\n", encoding="utf-8")


def _print_faults(faults: Sequence[Fault]) -> None:
    for fault in faults:
        print(f"{fault.where}：{fault.message}（{fault.code}）")


def _print_json(data: object) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LEGAL_TIME_ZONE)
