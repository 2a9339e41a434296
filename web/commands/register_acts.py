"""`zhifa registers set|end|certificate|change`: single acts on the registers, each by a named person and for a reason."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from engine.clock import Clock, SystemClock, legal_time
from engine.database import Database
from engine.errors import Invalid
from engine.law.calendar import WorkingCalendar
from engine.registers import certificates
from engine.registers.administrators import Gate
from engine.registers.changes import Desk, apply_change, approve, publish, review
from engine.registers.definitions import definition_of
from engine.registers.limits import SCHEMES
from engine.registers.recording import change, end
from engine.registers.urgent import adjust_urgently, confirm_basis, report_upward
from engine.registers.versions import Record


def add_to(actions: Any, act: Any) -> None:
    """Add these acts; act(parser, run) says what runs with an open database."""
    setting = _parser(actions, "set", "修改一条记录的某些列", act, _set)
    setting.add_argument("register")
    setting.add_argument("key")
    setting.add_argument("values", nargs="+", metavar="列=值", help="列名用中文或者英文键")
    ending = _parser(actions, "end", "自某一天起终止一条记录", act, _end)
    ending.add_argument("register")
    ending.add_argument("key")
    held = _parser(actions, "certificate", "执法证件：发证、暂扣、发还、注销", act, _certificate)
    held.add_argument("act", choices=["issue", "suspend", "restore", "revoke"])
    held.add_argument("officer")
    held.add_argument("--number", default="", help="证号（发证）")
    held.add_argument("--begins", type=date.fromisoformat, help="有效期起（发证）")
    held.add_argument("--ends", type=date.fromisoformat, help="有效期止（发证）")
    changing = _parser(actions, "change", "目录调整：申请、审核、审定、公布、紧急调整、报备、确认依据", act, _change)
    changing.add_argument("act", choices=list(ACTS))
    changing.add_argument("number", help="调整编号；确认依据时填事项编码")
    changing.add_argument("--scheme", choices=sorted(SCHEMES), default="aba")
    changing.add_argument("--content", type=Path, help="TOML 文件：申请的 kind、item、agency、content 等，或者依据的各列")
    changing.add_argument("--refuse", action="store_true", help="不同意")
    for key, word in (("legal", "法制部门意见"), ("establishment", "机构编制部门意见"), ("service-centre", "政务服务中心意见")):
        changing.add_argument(f"--{key}", default="", help=word)
    changing.add_argument("--document", default="", help="审定文号，或者报备的行业主管部门")
    changing.add_argument("--sequence", type=int, default=1, help="确认第几项依据")


def _parser(actions: Any, name: str, words: str, act: Any, run: Any) -> Any:
    parser = actions.add_parser(name, help=words)
    parser.add_argument("--by", required=True, help="操作人编号")
    parser.add_argument("--reason", default="", help="理由")
    parser.add_argument("--from", dest="day", type=date.fromisoformat, help="自哪一天起，默认今天")
    act(parser, run)
    return parser


def _who(arguments: argparse.Namespace, clock: Clock) -> dict[str, Any]:
    if not arguments.reason.strip():
        raise Invalid("registers.reason", "应当用 --reason 写明理由")
    return {"actor": arguments.by, "at": clock.now(), "reason": arguments.reason}


def _set(database: Database, arguments: argparse.Namespace) -> int:
    clock = SystemClock()
    with database.writing() as session:
        definition = definition_of(session, arguments.register)
        titles = {each.title: each.key for each in definition.fields}
        pairs = [pair.partition("=") for pair in arguments.values]
        changes = {titles.get(key, key): value for key, _, value in pairs}
        known = {each.key for each in definition.fields} | {"valid_to"}
        if strange := sorted(set(changes) - known):
            raise Invalid("registers.column", f"“{definition.title}”没有名为“{strange[0]}”的列")
        gate = Gate(session, arguments.by, clock.now().date())
        who = _who(arguments, clock)
        _tell(change(session, definition.name, arguments.key, changes, **who, day=arguments.day or clock.now().date(), gate=gate))
    return 0


def _end(database: Database, arguments: argparse.Namespace) -> int:
    clock = SystemClock()
    with database.writing() as session:
        gate = Gate(session, arguments.by, clock.now().date())
        _tell(end(session, arguments.register, arguments.key, **_who(arguments, clock), day=arguments.day, gate=gate))
    return 0


def _certificate(database: Database, arguments: argparse.Namespace) -> int:
    clock = SystemClock()
    with database.writing() as session:
        more = {**_who(arguments, clock), "gate": Gate(session, arguments.by, clock.now().date())}
        if arguments.act == "issue":
            if not (arguments.number and arguments.begins and arguments.ends):
                raise Invalid("certificate.incomplete", "发证应当写明 --number、--begins、--ends")
            _tell(certificates.issue(session, arguments.officer, arguments.number, arguments.begins, arguments.ends, **more))
        else:
            act = {"suspend": certificates.suspend, "restore": certificates.restore, "revoke": certificates.revoke}[arguments.act]
            _tell(act(session, arguments.officer, **more, day=arguments.day))
    return 0


def _change(database: Database, arguments: argparse.Namespace) -> int:
    desk = Desk(arguments.by, SystemClock().now(), WorkingCalendar(), SCHEMES[arguments.scheme])
    with database.writing() as session:
        _tell(ACTS[arguments.act](session, desk, arguments))
    return 0


def _apply(session: Session, desk: Desk, arguments: argparse.Namespace) -> Record:
    given = _content(arguments)
    if strange := sorted(set(given) - {"kind", "item", "agency", "cause", "cause_on", "law_change", "content"}):
        raise Invalid("item_change.column", f"申请文件中的“{strange[0]}”不认识")
    needed = ("kind", "item", "agency", "cause")
    if missing := [key for key in needed if not isinstance(given.get(key), str)]:
        raise Invalid("item_change.incomplete", f"申请文件缺少“{missing[0]}”")
    return apply_change(session, desk, number=arguments.number, **given)


def _review(session: Session, desk: Desk, arguments: argparse.Namespace) -> Record:
    opinions = {
        "legal": arguments.legal, "establishment": arguments.establishment, "service_centre": arguments.service_centre,
    }
    return review(
        session, desk, arguments.number, agrees=not arguments.refuse, opinions=opinions, reason=arguments.reason
    )


def _approve(session: Session, desk: Desk, arguments: argparse.Namespace) -> Record:
    return approve(
        session, desk, arguments.number, approved=not arguments.refuse, document=arguments.document, reason=arguments.reason
    )


def _publish(session: Session, desk: Desk, arguments: argparse.Namespace) -> Record:
    return publish(session, desk, arguments.number)


def _urgent(session: Session, desk: Desk, arguments: argparse.Namespace) -> Record:
    given = dict(_content(arguments))
    item = str(given.pop("item", ""))
    return adjust_urgently(session, desk, number=arguments.number, item=item, basis=given, cause=arguments.reason)


def _report(session: Session, desk: Desk, arguments: argparse.Namespace) -> Record:
    return report_upward(session, desk, arguments.number, reported_to=arguments.document)


def _confirm(session: Session, desk: Desk, arguments: argparse.Namespace) -> Record:
    return confirm_basis(session, desk, arguments.number, arguments.sequence, opinion=arguments.reason)


def _content(arguments: argparse.Namespace) -> Mapping[str, Any]:
    if arguments.content is None:
        raise Invalid("item_change.content", "应当用 --content 指明 TOML 文件")
    try:
        return tomllib.loads(arguments.content.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid("item_change.content", f"无法读取“{arguments.content.name}”：{error}") from error


def _tell(record: Record) -> None:
    what = "终止" if record.ended else f"第 {record.version} 版"
    state = f"，状态 {record.data['state']}" if record.register == "item_change" else ""
    print(f"{record.register} {record.key} {what}，自 {record.valid_from} 起{state}（{legal_time(record.recorded_at):%Y-%m-%d %H:%M}）")


ACTS = {
    "apply": _apply, "review": _review, "approve": _approve, "publish": _publish, "urgent": _urgent, "report": _report,
    "confirm": _confirm,
}
