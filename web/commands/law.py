"""`zhifa law`: explains a statutory time limit step by step, lists all limits, recomputes those that were provisional."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from engine.clock import LEGAL_TIME_ZONE, end_of_day
from engine.errors import Invalid
from engine.law.deadlines import Deadline, Extension, Suspension, compute
from engine.law.explaining import UNITS
from engine.law.scopes import Scope, limits_for, read_by
from engine.law.time_limits import FIXED_DATE, TimeLimit, load_limits, load_suspensions
from engine.law.wording import chinese_date, chinese_moment
from engine.settings import Settings
from processes.host import open_calendar, open_host
from processes.recomputing import recompute_limits

SUSPEND = (
    "不计入期限的期间，写成 起:止，起日不计入、止日重新计入，例如 2026-03-10:2026-03-22 扣除3月10日至21日共12日"
    "（期间开始的日不计入，民事诉讼法 第八十五条第二款）；可以写多个"
)
ATTRIBUTES = (
    "id", "subject", "name", "amount", "unit", "fixed_on", "direction", "protects", "start_event", "end_event", "procedures",
    "scope", "basis", "rolls", "suspensions", "yellow_remaining", "yellow_unit", "red", "on_expiry", "confidence", "note",
)


def add_to(families: Any) -> None:
    """Add this family of commands."""
    law = families.add_parser("law", help="法定期限").add_subparsers(dest="law_command", required=True, metavar="命令")
    explain = law.add_parser("explain", help="计算一个期限，逐步说明怎样得出")
    explain.add_argument("limit", metavar="LIMIT_ID", nargs="?", default="", help="期限编号，例如 TL_PEN_DECISION；全部编号见 zhifa law list")
    explain.add_argument("--from", dest="start", metavar="日期", help="起算日期，例如 2026-03-02；向前计算的期限为举行之日")
    explain.add_argument("--at", default="00:00", metavar="时刻", help="起算时刻，例如 16:30；只影响按小时计算的期限")
    explain.add_argument("--suspend", action="extend", nargs="+", default=[], metavar="起:止", help=SUSPEND)
    explain.add_argument("--suspend-code", action="extend", nargs="+", default=[], metavar="CODE",
                         help="各期间的种类，与 --suspend 一一对应，只写一个则都适用；不写则取该期限扣除的第一种")
    explain.add_argument("--extend", action="extend", nargs="+", default=[], metavar="N", help="经有权机关批准延长的数量，按规定的单位")
    explain.add_argument("--setting", action="extend", nargs="+", default=[], metavar="名称=值", help="采用存疑条文的另一种理解")
    explain.add_argument("--json", action="store_true", help="输出 JSON")
    explain.set_defaults(run=_explain)
    listing = law.add_parser("list", help="列出全部期限，或者一个领域、地区适用的期限")
    listing.add_argument("--domain", default="", help="执法领域，例如 market_regulation")
    listing.add_argument("--region", default="", help="行政区划代码，例如 440300")
    listing.add_argument("--json", action="store_true", help="输出 JSON")
    listing.set_defaults(run=_list)
    again = law.add_parser("recompute", help="放假安排公布后，重新计算在办案件中暂按周末推算的期限")
    again.add_argument("--by", required=True, help="经办人编号，记入全过程记录")
    again.set_defaults(run=_recompute)


def _explain(arguments: argparse.Namespace) -> int:
    try:
        limit = _limit(arguments.limit, arguments.setting)
        started_at = _started_at(arguments.start, arguments.at)
        stops = _suspensions(limit, arguments.suspend, arguments.suspend_code)
        extensions = _extensions(limit, arguments.extend)
        calendar = open_calendar(Settings.from_environment())
    except Invalid as wrong:
        print(f"用法有误（{wrong.code}）：{wrong.message}", file=sys.stderr)
        return 2
    deadline = compute(limit, started_at, calendar, stops, extensions)
    if arguments.json:
        print(json.dumps(_as_data(limit, started_at, deadline), ensure_ascii=False, indent=2))
        return 0
    print(f"{limit.id}  {limit.name}")
    for number, step in enumerate(deadline.trace, start=1):
        print(f"{number:>3}. {step.text}（{step.article}）")
    print(f"届满：{_shown(deadline.due_at, deadline, last=True)}")
    print(f"黄灯：{_shown(deadline.warn_at, deadline)}起；红灯：{_shown(deadline.due_at, deadline)}起")
    for remark in (limit.on_expiry and f"届满的后果：{limit.on_expiry}", limit.note and f"说明：{limit.note}"):
        if remark:
            print(remark)
    return 0


def _as_data(limit: TimeLimit, started_at: datetime, deadline: Deadline) -> dict[str, Any]:
    """What --json prints: due is a day, for hours a moment; yellow_from and red_from likewise."""
    return {
        "limit": limit.id, "name": limit.name, "article": limit.basis, "confidence": limit.confidence,
        "from": started_at.isoformat(), "due": _written(deadline.due_at, deadline, last=True),
        "due_at": deadline.due_at.isoformat(), "yellow_from": _written(deadline.warn_at, deadline),
        "red_from": _written(deadline.due_at, deadline), "provisional": deadline.provisional,
        "trace": [step.as_data() for step in deadline.trace],
    }


def _written(at: datetime, deadline: Deadline, *, last: bool = False) -> str:
    if last and at == end_of_day(deadline.due_on):
        return deadline.due_on.isoformat()
    by_days = deadline.due_at == end_of_day(deadline.due_on) and at.time() == time()
    return at.date().isoformat() if by_days else at.isoformat()


def _shown(at: datetime, deadline: Deadline, *, last: bool = False) -> str:
    text = _written(at, deadline, last=last)
    return chinese_moment(at) if "T" in text else chinese_date(date.fromisoformat(text))


def _limit(limit_id: str, settings: Sequence[str]) -> TimeLimit:
    limit = load_limits().get(limit_id)
    if limit is None:
        if not limit_id:
            raise Invalid("law.limit", "请写明期限编号，全部编号见 zhifa law list")
        raise Invalid("law.limit", f"没有“{limit_id}”这个期限，全部编号见 zhifa law list")
    known = {reading.setting: reading.value for reading in limit.readings}
    chosen: dict[str, object] = {}
    for text in settings:
        name, _, value = text.partition("=")
        if name not in known or value.lower() != str(known[name]).lower():
            choices = "、".join(f"{each}={str(value).lower()}" for each, value in known.items()) or "无"
            raise Invalid("law.setting", f"“{limit.name}”没有“{text}”这种理解，可以选择：{choices}")
        chosen[name] = known[name]
    return read_by(limit, chosen)


def _started_at(day: str | None, clock: str) -> datetime:
    if not day:
        raise Invalid("law.from", "请用 --from 写明起算日期，例如 --from 2026-03-02")
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), LEGAL_TIME_ZONE)
    except ValueError:
        raise Invalid("law.from", f"起算时间“{day} {clock}”有误，应当写成 2026-03-02 和 16:30") from None


def _suspensions(limit: TimeLimit, periods: Sequence[str], codes: Sequence[str]) -> list[Suspension]:
    if (periods or codes) and not limit.suspensions:
        raise Invalid("law.suspend", f"“{limit.name}”没有可以扣除的期间，不能使用 --suspend（{limit.basis}）")
    if codes and len(codes) not in (1, len(periods)):
        raise Invalid("law.suspend_code", f"--suspend-code 写了{len(codes)}个，--suspend 写了{len(periods)}个，应当一一对应")
    named = codes if len(codes) == len(periods) else [codes[0] if codes else limit.suspensions[0]] * len(periods)
    return [_suspension(limit, period, code) for period, code in zip(periods, named, strict=True)]


def _suspension(limit: TimeLimit, period: str, code: str) -> Suspension:
    if code not in limit.suspensions:
        raise Invalid("law.suspend_code", f"“{limit.name}”不扣除“{code}”，可以扣除的是：{'、'.join(limit.suspensions)}")
    try:
        start, end = map(date.fromisoformat, period.split(":"))
    except ValueError:
        raise Invalid("law.suspend", f"期间“{period}”有误，应当写成 2026-03-10:2026-03-22") from None
    if end < start:
        raise Invalid("law.suspend", f"期间“{period}”的止日早于起日")
    kind = load_suspensions()[code]
    return Suspension(code, kind.name, start, end, kind.basis, whole_days=True)


def _extensions(limit: TimeLimit, amounts: Sequence[str]) -> list[Extension]:
    rules = [rule for rule in limit.extensions for _ in range(rule.times)]
    found = []
    for position, text in enumerate(amounts):
        if not text.isascii() or not text.isdigit():
            raise Invalid("law.extend", f"延长的数量“{text}”有误，应当是正整数")
        found.append(Extension(int(text), rules[position].approver if position < len(rules) else "agency_head"))
    return found


def _list(arguments: argparse.Namespace) -> int:
    narrowed = arguments.domain or arguments.region
    limits = limits_for(Scope.of(arguments.domain, arguments.region)) if narrowed else load_limits()
    if arguments.json:
        rows = [{name: getattr(limit, name) for name in ATTRIBUTES} for limit in limits.values()]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    for limit in limits.values():
        length = limit.fixed_on if limit.unit == FIXED_DATE else f"{limit.amount}{UNITS[limit.unit]}"
        print("\t".join((limit.id, limit.name, length, limit.scope, limit.confidence, limit.basis)))
    return 0


def _recompute(arguments: argparse.Namespace) -> int:
    host = open_host(Settings.from_environment())
    try:
        done = recompute_limits(host, arguments.by)
    finally:
        host.close()
    for each in done:
        state = "，仍为暂定" if each.row.provisional else ""
        print(f"案件{each.row.case_id}  {each.row.name}：{chinese_date(each.before)} → {chinese_date(each.row.due_on)}{state}")
    print(f"重新计算了{len(done)}个期限")
    return 0
