"""The tables of time limits, suspensions, extensions, surcharge rates and amounts, read from time_limits/*.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

WORKING_DAY, CALENDAR_DAY = "working_day", "calendar_day"
CALENDAR_MONTH, CALENDAR_YEAR, HOUR = "calendar_month", "calendar_year", "hour"
FIXED_DATE, TIMES_A_DAY = "fixed_date", "times_per_working_day"
WITHIN, AT_LEAST_BEFORE, NOT_LESS_THAN, PARTY_RIGHT = "within", "at_least_before", "not_less_than", "party_right"
NOT_MORE_THAN = "not_more_than"
AGENCY_DUTY, BOTH = "agency_duty", "both"
NATIONAL, EXTERNAL = "national", "external"


@dataclass(frozen=True)
class ExtensionRule:
    """An extension that a rule grants: amount None means a reasonable period fixed by the approver."""

    amount: int | None
    unit: str
    approver: str
    times: int
    condition: str
    basis: str


@dataclass(frozen=True)
class Reading:
    """Another reading of a doubtful rule, taken where a setting of the package says so; without it the strict one holds.

    setting, value: what a package must set; changes: the fields of the limit that then differ; why: the doubt, in Chinese.
    """

    setting: str
    value: bool | str
    changes: Mapping[str, Any]
    why: str


@dataclass(frozen=True)
class TimeLimit:
    """One statutory or proposed time limit.

    amount, unit: its length (working_day, calendar_day, calendar_month, calendar_year, hour, times_per_working_day); with
    fixed_date, fixed_on is the date: 01-31 of each year, or 10 of each month.
    direction: within, at_least_before, not_less_than, not_more_than or party_right.
    protects: whom: agency_duty (a department may only shorten it), party_right (only lengthen it) or both (neither).
    start_event, end_event: legal events; started_by, ended_by: the same in Chinese.
    procedures: ids of the procedures in which it runs; basis: articles in Chinese.
    scope: national, external (binds a court, the police or another body), domain:…, city:…, prefecture:… or province:….
    subject: what it governs; of several limits with one subject the one of the nearest scope holds (see scopes).
    rolls: whether a last day of rest moves on; suspensions: codes of what stops it; extensions: in their order.
    granted_in: the scope whose rule grants these suspensions and extensions, where the limit itself reaches further.
    per_object: whether it runs for each object, so that a test stops only what is tested (行政强制法 第二十五条第三款).
    yellow_remaining, yellow_unit: from how much remaining time its lamp is yellow; red: what its end means: overdue, block
    (the next step may not be taken), information, automatic (the platform acts) or track (another body is late).
    on_expiry: what follows by law; readings: other readings of what is doubtful; note: what to know, in Chinese.
    confidence: verified (read in a stored copy of the text), summary (read in a report of it), memory or proposed.
    """

    id: str
    name: str
    amount: int
    unit: str
    direction: str
    protects: str
    start_event: str
    end_event: str
    started_by: str
    ended_by: str
    procedures: tuple[str, ...]
    scope: str
    basis: str
    rolls: bool
    suspensions: tuple[str, ...]
    extensions: tuple[ExtensionRule, ...]
    yellow_remaining: int
    yellow_unit: str
    red: str
    on_expiry: str
    confidence: str
    subject: str
    fixed_on: str
    per_object: bool
    granted_in: str
    readings: tuple[Reading, ...]
    note: str


@dataclass(frozen=True)
class SuspensionKind:
    """A period that is not counted: between which events, on what basis, proved by which documents."""

    code: str
    name: str
    start_event: str
    end_event: str
    documents: tuple[str, ...]
    basis: str


@dataclass(frozen=True)
class Rate:
    """A daily surcharge: rate per calendar day on base, never more than cap, not while paused_by."""

    id: str
    name: str
    rate: Decimal
    base: str
    cap: str
    paused_by: tuple[str, ...]
    basis: str
    confidence: str


@dataclass(frozen=True)
class AmountThreshold:
    """An amount in yuan from which, or up to which, a rule applies; comparison: at_most, at_least or more_than."""

    id: str
    name: str
    comparison: str
    amount: Decimal
    scope: str
    basis: str
    confidence: str


@cache
def load_limits() -> Mapping[str, TimeLimit]:
    """All time limits by id (行政处罚法 第六十条 and others, each row names its article)."""
    events = _table()["events"]
    return MappingProxyType({row["id"]: _limit(row, events) for row in _table()["limits"]})


@cache
def load_suspensions() -> Mapping[str, SuspensionKind]:
    """All kinds of suspension by code (市场监督管理行政处罚程序规定 第六十四条第二款 and others)."""
    rows = _table()["suspensions"]
    return MappingProxyType(
        {row["code"]: SuspensionKind(**{**row, "documents": tuple(row["documents"])}) for row in rows}
    )


@cache
def load_rates() -> Mapping[str, Rate]:
    """The surcharge rates by id (行政处罚法 第七十二条; 价格违法行为行政处罚规定 第二十一条)."""
    rows = _table()["rates"]
    return MappingProxyType(
        {
            row["id"]: Rate(**{**row, "rate": Decimal(row["rate"]), "paused_by": tuple(row["paused_by"])})
            for row in rows
        }
    )


@cache
def load_amount_thresholds() -> Mapping[str, AmountThreshold]:
    """The amounts by id (行政处罚法 第五十一条、第六十三条、第六十八条 and others)."""
    rows = _table()["amount_thresholds"]
    return MappingProxyType({row["id"]: AmountThreshold(**{**row, "amount": Decimal(row["amount"])}) for row in rows})


def load_places() -> Mapping[str, str]:
    """Places that have limits of their own: the beginning of an administrative division's code → scope."""
    return MappingProxyType(_table()["places"])


def files_of_limits() -> Mapping[str, str]:
    """In which file of time_limits/ each limit stands: id → file name."""
    return MappingProxyType({row["id"]: row["file"] for row in _table()["limits"]})


@cache
def _table() -> dict[str, Any]:
    """All files of the folder as one: lists one after the other in the order of the file names, the events merged."""
    table: dict[str, Any] = {"events": {}, "places": {}, "limits": [], "suspensions": [], "rates": [], "amount_thresholds": []}
    folder = files("engine.law").joinpath("time_limits")
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            read = tomllib.loads(file.read_text(encoding="utf-8"))
            for kind, rows in read.items():
                if isinstance(rows, dict):
                    table[kind].update(rows)
                else:
                    table[kind] += [{**row, "file": file.name} for row in rows] if kind == "limits" else rows
    return table


def _limit(row: dict[str, Any], events: Mapping[str, str]) -> TimeLimit:
    same = ("id", "name", "amount", "unit", "direction", "protects", "start_event", "end_event", "scope", "basis", "rolls",
            "confidence")
    return TimeLimit(
        **{key: row[key] for key in same},
        started_by=events[row["start_event"]],
        ended_by=events[row["end_event"]],
        procedures=tuple(row["procedures"]),
        suspensions=tuple(row["suspensions"]),
        extensions=tuple(_extension(each) for each in row.get("extensions", ())),
        yellow_remaining=row["yellow"]["remaining"],
        yellow_unit=row["yellow"]["unit"],
        red=row.get("red", "overdue"),
        on_expiry=row.get("on_expiry", ""),
        subject=row.get("subject", row["id"]),
        fixed_on=row.get("fixed_on", ""),
        per_object=row.get("per_object", False),
        granted_in=row.get("granted_in", ""),
        readings=tuple(_reading(each) for each in row.get("readings", ())),
        note=row.get("note", ""),
    )


def _extension(row: dict[str, Any]) -> ExtensionRule:
    return ExtensionRule(
        amount=row.get("amount"), unit=row["unit"], approver=row["approver"], times=row["times"],
        condition=row["condition"], basis=row["basis"],
    )


def _reading(row: dict[str, Any]) -> Reading:
    changes = {key: tuple(value) if isinstance(value, list) else value for key, value in row["changes"].items()}
    return Reading(setting=row["setting"], value=row["value"], changes=MappingProxyType(changes), why=row["why"])
