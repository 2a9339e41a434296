"""经过: the journal of a case as a person tells it, day by day: what was done, by whom, with which words. The journal itself stays beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from engine.journal import JournalEntry
from engine.law.wording import chinese_date
from web.filters import act_name

LEFT_OUT = frozenset({"view.refused", "case.refused", "cases.check_item", "cases.check_emergency", "registers.recorded", "step.refused"})
SYSTEM = "system"
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True)
class Told:
    """One thing that happened: the time, what, by whom (empty: by the system itself), and the words that were said with it."""

    at: datetime
    what: str
    who: str
    words: tuple[str, ...]
    machine: bool


@dataclass(frozen=True)
class Day:
    """One day of a case and what happened on it, in order."""

    on: date
    title: str
    told: tuple[Told, ...]


def told_by_day(entries: Iterable[JournalEntry], names: Mapping[str, str]) -> list[Day]:
    """What happened to a case, the newest day first, within a day in order; refused attempts are only in the journal."""
    told = [_told(entry, names) for entry in entries if entry.act not in LEFT_OUT and not entry.act.endswith("_refused")]
    days = [(on, tuple(group)) for on, group in groupby(told, key=lambda one: one.at.date())]
    return [Day(on, f"{chinese_date(on)} 星期{WEEKDAYS[on.weekday()]}", group) for on, group in reversed(days)]


def _told(entry: JournalEntry, names: Mapping[str, str]) -> Told:
    facts = entry.read_facts()
    name = str(facts.get("name") or facts.get("title") or "")
    what = {
        "step.completed": f"办结“{name}”", "limit.reached": f"“{name}”期限届满", "step.returned":
        f"从“{facts.get('from_name', '')}”退回到“{facts.get('to_name', '')}”", "step.withdrawn": f"撤回“{name}”", "step.handed_over":
        f"“{name}”转由{names.get(str(facts.get('to', '')), facts.get('to', ''))}办理",
    }.get(entry.act) or act_name(entry.act) + (f"“{name}”" if name else "")
    who = "" if entry.actor_id == SYSTEM else names.get(entry.actor_id, entry.actor_id)
    if deputised := facts.get("acting_for"):
        who += f"（代{names.get(deputised, deputised)}）"
    machine = entry.act not in ("step.completed", "case.opened") and "." in entry.act and not entry.act.startswith(("step.", "case.", "opinion."))
    return Told(entry.at, what, who, tuple(_words(facts)), machine)


def _words(facts: Mapping[str, Any]) -> list[str]:
    said = [
        f"《{made['title']}》{made.get('number') or ''}" + (f"（第{made['version']}版）" if made.get("version", 1) > 1 else "")
        for made in facts.get("documents") or []
    ]
    values = facts.get("values") or {}
    said += [str(facts[key]) for key in ("reason", "question", "text", "cause") if facts.get(key)]
    return said + [str(values[key]) for key in ("opinion", "advice") if values.get(key)]
