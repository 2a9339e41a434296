"""`zhifa registers`: import, export, look at and watch the element registers, for data administrators."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.cases.cases import Case
from engine.clock import SystemClock
from engine.database import Database
from engine.errors import Invalid
from engine.law.calendar import WorkingCalendar
from engine.registers.acting import may_act
from engine.registers.definitions import Definition, built_in, definition_of
from engine.registers.exporting import export_file, export_template
from engine.registers.importing import SETUP, ImportReport, import_file
from engine.registers.limits import SCHEMES
from engine.registers.recording import broken_batches
from engine.registers.versions import Record, history, on_day
from engine.registers.watching import GREEN, findings
from engine.settings import Settings
from web.commands import register_acts

SHOWN_FAULTS = 100
LIGHTS = {"red": "红灯", "yellow": "黄灯", "green": "绿灯"}


def add_to(families: Any) -> None:
    """Add this family of commands."""
    parser = families.add_parser("registers", help="要素库：导入、导出、查阅、核对")
    actions = parser.add_subparsers(dest="action", required=True, metavar="操作")
    bringing = _action(actions, "import", "导入 CSV 或者 XLSX 文件：全部写入，或者一行也不写", _import)
    bringing.add_argument("register", help="登记簿，例如 item、officer")
    bringing.add_argument("file", type=Path)
    bringing.add_argument("--by", default=SETUP, help="操作的管理员编号；还没有管理员的新平台可以不填")
    bringing.add_argument("--from", dest="day", type=_day, help="没有填写生效日期的行自哪一天起生效，默认今天")
    bringing.add_argument("--origin", default="", help="从其他系统同步时，写来源系统的名称")
    bringing.add_argument("--dry-run", action="store_true", help="只检查，不写入")
    bringing.add_argument("--json", action="store_true", help="以 JSON 输出报告")
    taking = _action(actions, "export", "导出某一天有效的全部记录", _export)
    taking.add_argument("register")
    taking.add_argument("file", type=Path)
    taking.add_argument("--on", dest="day", type=_day, help="哪一天，默认今天")
    template = _action(actions, "template", "导出只有表头的空表，供填写", _template)
    template.add_argument("register")
    template.add_argument("file", type=Path)
    showing = _action(actions, "show", "查阅一条记录", _show)
    showing.add_argument("register")
    showing.add_argument("key", help="主键；由几列组成的用 | 连接")
    showing.add_argument("--on", dest="day", type=_day, help="哪一天有效的版本，默认今天")
    showing.add_argument("--history", action="store_true", help="列出全部版本")
    _action(actions, "list", "列出登记簿和各列", _list)
    standing = _action(actions, "may-act", "某主体某日能否办理某事项", _may_act)
    standing.add_argument("agency")
    standing.add_argument("item")
    standing.add_argument("--on", dest="day", type=_day)
    watching = _action(actions, "watch", "列出到期、逾期和需要处理的事", _watch)
    watching.add_argument("--scheme", choices=sorted(SCHEMES), default="aba", help="目录调整期限：aba 按工作日，sichuan 按日")
    _action(actions, "verify", "核对登记簿的每一行与全过程记录是否一致", _verify)
    register_acts.add_to(actions, _runs)


def _action(actions: Any, name: str, words: str, run: Any) -> Any:
    parser = actions.add_parser(name, help=words)
    _runs(parser, run)
    return parser


def _runs(parser: Any, run: Any) -> None:
    parser.set_defaults(run=lambda arguments: _with_database(run, arguments))


def _with_database(run: Any, arguments: argparse.Namespace) -> int:
    with closing(Database(Settings.from_environment().database_url)) as database:
        return int(run(database, arguments))


def _import(database: Database, arguments: argparse.Namespace) -> int:
    def tell(stage: str, rows: int) -> None:
        print(f"\r{stage} {rows} 行", end="", file=sys.stderr, flush=True)

    report = import_file(
        database, arguments.register, arguments.file, actor=arguments.by, at=SystemClock().now(), day=arguments.day,
        origin=arguments.origin, dry_run=arguments.dry_run, progress=tell,
    )
    if report.rows >= 1000:
        print(file=sys.stderr)
    print(json.dumps(_as_data(report), ensure_ascii=False, indent=2) if arguments.json else _as_text(report))
    return 0 if report.accepted else 1


def _as_text(report: ImportReport) -> str:
    if report.accepted:
        done = "检查通过，没有写入（试导入）" if report.dry_run else "导入完成"
        if not report.added and not report.changed:
            done = "与登记簿一致，没有变化"
        return f"{report.title}：{report.rows} 行，{done}。新增 {report.added}，变更 {report.changed}，相同 {report.unchanged}"
    lines = [f"{report.title}：{report.rows} 行中有 {report.fault_count} 处错误，一行也没有写入"]
    lines += [f"  {fault.where}：{fault.message}" for fault in report.faults[:SHOWN_FAULTS]]
    more = report.fault_count - min(len(report.faults), SHOWN_FAULTS)
    return "\n".join([*lines, *([f"  ……另有 {more} 处"] if more else [])])


def _as_data(report: ImportReport) -> dict[str, Any]:
    return {
        "register": report.register, "file": report.file, "sha256": report.sha256, "rows": report.rows, "added": report.added,
        "changed": report.changed, "unchanged": report.unchanged, "dry_run": report.dry_run, "accepted": report.accepted,
        "fault_count": report.fault_count,
        "faults": [{"where": each.where, "code": each.code, "message": each.message} for each in report.faults],
    }


def _export(database: Database, arguments: argparse.Namespace) -> int:
    with database.reading() as session:
        count = export_file(session, arguments.register, arguments.file, arguments.day or _today())
    print(f"已导出 {count} 条到 {arguments.file}")
    return 0


def _template(database: Database, arguments: argparse.Namespace) -> int:
    with database.reading() as session:
        export_template(session, arguments.register, arguments.file)
    print(f"空表在 {arguments.file}")
    return 0


def _show(database: Database, arguments: argparse.Namespace) -> int:
    with database.reading() as session:
        definition = definition_of(session, arguments.register)
        day = arguments.day or _today()
        if arguments.history:
            found = history(session, definition.name, arguments.key)
        else:
            record = on_day(session, definition.name, arguments.key, day)
            found = [record] if record else []
        if not found:
            raise Invalid("registers.no_record", f"{definition.title}中没有主键为“{arguments.key}”的记录（{day}）")
        for record in found:
            _print_record(definition, record)
    return 0


def _print_record(definition: Definition, record: Record) -> None:
    until = "起终止" if record.ended else f"起，至 {record.valid_to} 止" if record.valid_to else "起"
    print(f"{definition.title} {record.key} 第 {record.version} 版，自 {record.valid_from} {until}")
    print(f"  登记 {record.recorded_at:%Y-%m-%d %H:%M} {record.actor_id} {record.reason}")
    for column in definition.fields:
        if text := column.show(record.data.get(column.key)):
            print(f"  {column.title}：{text}")


def _list(_database: Database, _arguments: argparse.Namespace) -> int:
    for definition in built_in().values():
        print(f"{definition.name} {definition.title}（{definition.article}）")
        for column in definition.fields:
            marks = [*(["必填"] if column.required else []), *(["主键"] if column.key in definition.key else [])]
            choices = f" 可选：{'、'.join(column.choices.values())}" if column.choices else ""
            print(f"  {column.title}{'（' + '，'.join(marks) + '）' if marks else ''}{choices} {column.hint}".rstrip())
    return 0


def _may_act(database: Database, arguments: argparse.Namespace) -> int:
    with database.reading() as session:
        found = may_act(session, arguments.agency, arguments.item, arguments.day or _today())
    kinds = {"OWN": "法定职权", "DELEGATED": "赋权", "ENTRUSTED": "受委托"}
    if found.allowed:
        print(f"可以办理（{kinds[found.kind]}，以 {found.in_name_of} 的名义）")
        return 0
    print(f"不得办理：{found.reason}\n  依据：{found.article}")
    return 1


def _watch(database: Database, arguments: argparse.Namespace) -> int:
    with database.reading() as session:
        found = [
            each for each in findings(
                session, SystemClock().now(), WorkingCalendar(), SCHEMES[arguments.scheme], last_used=_last_used(session)
            ) if each.light != GREEN
        ]
    for each in sorted(found, key=lambda one: (one.light != "red", one.due or date.max)):
        due = f"，期限 {each.due}" if each.due else ""
        print(f"{LIGHTS[each.light]} {each.message}{due}，责任 {each.owner}\n    依据：{each.article}")
    print(f"共 {len(found)} 项需要处理")
    return 1 if any(each.light == "red" for each in found) else 0


def _last_used(session: Session) -> dict[tuple[str, str], date]:
    query = select(Case.item_code, Case.agency_code, func.max(Case.opened_at)).group_by(Case.item_code, Case.agency_code)
    return {(item, agency): opened.date() for item, agency, opened in session.execute(query)}


def _verify(database: Database, _arguments: argparse.Namespace) -> int:
    with database.reading() as session:
        count, problems = broken_batches(session)
    for problem in problems:
        print(f"不符：{problem}")
    print(f"核对 {count} 行：{'与全过程记录一致' if not problems else f'{len(problems)} 处不符'}")
    return 1 if problems else 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}”不是日期，应当写作 2026-03-02") from None


def _today() -> date:
    return SystemClock().now().date()
