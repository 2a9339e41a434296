"""The table of time limits, suspensions, extensions, surcharge rates and amounts, read from time_limits.toml."""

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
WITHIN, AT_LEAST_BEFORE, NOT_LESS_THAN, PARTY_RIGHT = "within", "at_least_before", "not_less_than", "party_right"
AGENCY_DUTY = "agency_duty"


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
class TimeLimit:
    """One statutory or proposed time limit.

    amount, unit: its length (working_day, calendar_day, calendar_month, calendar_year, hour).
    direction: within, at_least_before, not_less_than or party_right; protects: agency_duty or party_right.
    start_event, end_event: legal events; started_by, ended_by: the same in Chinese.
    procedures: ids of the procedures in which it runs; scope: national or domain:<domain>; basis: articles in Chinese.
    rolls: whether a last day of rest moves on; suspensions: codes of what stops it; extensions: in their order.
    yellow_remaining, yellow_unit: from how much remaining time its lamp is yellow; on_expiry: what follows by law.
    confidence: verified, memory or proposed.
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
    on_expiry: str
    confidence: str


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


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("engine.law").joinpath("time_limits.toml").read_text(encoding="utf-8"))


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
        on_expiry=row.get("on_expiry", ""),
    )


def _extension(row: dict[str, Any]) -> ExtensionRule:
    return ExtensionRule(
        amount=row.get("amount"), unit=row["unit"], approver=row["approver"], times=row["times"],
        condition=row["condition"], basis=row["basis"],
    )
