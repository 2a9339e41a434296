"""Region and department administrators: what each may keep, enforced below the web.

四川省行政权力依法规范公开运行平台建设和使用管理办法（试行） 第九条; 阿坝州行政权力依法规范公开运行实施办法（试行） 第三十三条.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotPermitted
from engine.registers.definitions import Definition
from engine.registers.lookup import DEEPEST, Lookup
from engine.registers.versions import RegisterVersion, about

REGION, DEPARTMENT = "REGION", "DEPARTMENT"
ARTICLE = "四川省行政权力依法规范公开运行平台建设和使用管理办法（试行） 第九条; 阿坝州行政权力依法规范公开运行实施办法（试行） 第三十三条"


@dataclass(frozen=True)
class Grant:
    """One scope of one administrator: a region with everything below it, for all domains or for one."""

    kind: str
    region: str
    domain: str


def grants_of(session: Session, officer_id: str, day: date) -> tuple[Grant, ...]:
    """The scopes of an officer on a day; empty for somebody who administers nothing."""
    rows = (each.data for each in about(session, "administrator", officer_id, day))
    return tuple(Grant(row["kind"], row["region_code"], row["domain"]) for row in rows)


def nobody_administers(session: Session) -> bool:
    """Whether the installation never had an administrator: only then may set-up fill the registers without one."""
    query = select(RegisterVersion.id).where(RegisterVersion.register == "administrator").limit(1)
    return session.scalar(query) is None


class Gate:
    """Says of each record whether one administrator may keep it; NotPermitted at once for somebody who is none."""

    def __init__(self, session: Session, officer_id: str, day: date) -> None:
        self.grants = grants_of(session, officer_id, day)
        if not self.grants:
            raise NotPermitted(
                "registers.no_administrator", f"“{officer_id}”不是地区管理员或者部门管理员，不得维护要素库", article=ARTICLE
            )

    def refusal(self, definition: Definition, data: Mapping[str, Any], lookup: Lookup) -> str:
        """Why the record lies outside the administrator's scope; empty when he may keep it."""
        kind, *columns = definition.scope.split(":")
        if kind == "province":
            inside = any(grant.kind == REGION and self._level(grant.region, lookup) == "province" for grant in self.grants)
            return "" if inside else f"“{definition.title}”由省级地区管理员维护"
        region, domain = _place(kind, [str(data.get(column, "")) for column in columns], data, lookup)
        if region and self.covers(region, domain, lookup):
            return ""
        return "不在您的管理范围内" + (f"（区划 {region}" + (f"，领域 {domain}）" if domain else "）") if region else "")

    def covers(self, region: str, domain: str, lookup: Lookup) -> bool:
        """Whether one of the scopes takes in a region and a domain (empty: all domains)."""
        line = lineage(region, lookup)
        return any(
            grant.region in line and (grant.kind == REGION or (domain != "" and grant.domain == domain)) for grant in self.grants
        )

    def _level(self, region: str, lookup: Lookup) -> str:
        found = lookup.find("region", region)
        return str(found["level"]) if found else ""


def lineage(region: str, lookup: Lookup) -> list[str]:
    """A region and those above it, the nearest first."""
    line: list[str] = []
    while region and len(line) < DEEPEST:
        line.append(region)
        found = lookup.find("region", region)
        region = found["parent_code"] if found else ""
    return line


def _place(kind: str, values: list[str], data: Mapping[str, Any], lookup: Lookup) -> tuple[str, str]:
    """Region and domain to which a record belongs; ("", "") when that cannot be told."""
    if kind == "region":
        return values[0] or str(data.get("code", "")), ""
    if kind == "place":
        return values[0], values[1]
    found = lookup.find(kind, values[0])
    if found is None:
        return "", ""
    if kind == "officer":
        found = lookup.find("agency", found["agency_code"]) or {}
    return str(found.get("region_code", "")), str(found.get("domain", ""))
