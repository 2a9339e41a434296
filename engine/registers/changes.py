"""The catalogue is changed by a procedure: applied for, reviewed, approved by the government, published; each act in time.

四川省行政职权目录动态调整管理办法（试行） 第三条至第五条; 阿坝州行政权力依法规范公开运行实施办法（试行） 第十八条至第二十二条.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.clock import legal_time
from engine.errors import Conflict, Invalid, NotPermitted, Unlawful
from engine.law.calendar import WorkingCalendar
from engine.registers.administrators import REGION, grants_of, lineage
from engine.registers.agencies import Officer, find_officer
from engine.registers.change_contents import ADD, ADJUSTMENTS, CANCEL, CHANGE, RESUME, SUSPEND, require_content
from engine.registers.limits import ABA, ABA_LIMITS, SICHUAN, ChangeLimits, due
from engine.registers.lookup import Lookup
from engine.registers.recording import change, record
from engine.registers.versions import Record, newest

APPLIED, REVIEWED, RETURNED, APPROVED = "APPLIED", "REVIEWED", "RETURNED", "APPROVED"
PUBLISHED, REFUSED = "PUBLISHED", "REFUSED"
OPINIONS = {"legal": "政府法制部门", "establishment": "机构编制部门"}
SERVICE_CENTRE = "service_centre"


@dataclass(frozen=True)
class Desk:
    """Who acts on a change and when; calendar and limits are those of the deployment."""

    actor: str
    at: datetime
    calendar: WorkingCalendar
    limits: ChangeLimits = ABA_LIMITS

    @property
    def today(self) -> date:
        """The day of the act in the legal time zone."""
        return legal_time(self.at).date()


def apply_change(
    session: Session, desk: Desk, *, number: str, kind: str, item: str, agency: str, cause: str,
    content: Mapping[str, Any] | None = None, cause_on: date | None = None, law_change: str = "",
) -> Record:
    """Apply for a change: within 20 days after the basis or the functions changed (川动态调整 第三条; 阿坝 第十八条).

    content: the whole item for ADD, the changed columns for CHANGE. A late application is taken, and marked late.
    """
    officer = find_officer(session, desk.actor)
    held = newest(session, "agency", agency)
    if held is None or officer.agency_code != agency:
        raise NotPermitted("item_change.agency", "目录调整由行权部门自己的人员提出申请")
    found = newest(session, "item", item)
    require_content(session, kind, found, held.data, content or {}, cause)
    if newest(session, "item_change", number):
        raise Conflict("item_change.number", f"调整编号“{number}”已经使用")
    if law_change and (changed := newest(session, "law_change", law_change)):
        cause_on = changed.data["published_on"]
    deadline = due(desk.limits.apply, cause_on, desk.calendar).due_on if cause_on and kind in ADJUSTMENTS else None
    before = {key: found.data.get(key) for key in content or {} if key in found.data} if found else {}
    return record(
        session, "item_change",
        {
            "number": number, "kind": kind, "item": item, "agency": agency, "state": APPLIED, "cause": cause, "cause_on": cause_on,
            "law_change": law_change, "content": {"before": _plain(before), "after": _plain(content or {})},
            "steps": [_step(desk, APPLIED, deadline, cause)],
        },
        actor=desk.actor, at=desk.at, reason="申请调整职权目录",
    )


def review(session: Session, desk: Desk, number: str, *, agrees: bool, opinions: Mapping[str, str], reason: str = "") -> Record:
    """The platform authority's opinion within 10 working days (阿坝 第十九条); a suspension or resumption takes effect with it.

    opinions: of legal and establishment department, of the service centre as well for a permit (川动态调整 第四条).
    """
    held = find_change(session, number, APPLIED)
    _require_authority(session, desk, held)
    if not agrees and not reason.strip():
        raise Unlawful("opinion.reason", "持否定意见的，应当说明理由", article=f"{ABA} 第三十条第四项")
    kind = str(held.data["kind"])
    if kind in ADJUSTMENTS:
        _require_opinions(session, held, opinions)
    deadline = due(desk.limits.review, _day_of(held, APPLIED), desk.calendar).due_on
    state = REVIEWED if agrees else RETURNED
    add_step(session, desk, held, state, deadline, reason, {"opinions": dict(opinions)})
    if agrees and kind in {SUSPEND, RESUME}:
        status = "SUSPENDED" if kind == SUSPEND else "ACTIVE"
        bond = f"{held.data['item']}|{held.data['agency']}"
        change(session, "holding", bond, {"status": status}, actor=desk.actor, at=desk.at, reason=f"目录调整 {number}")
        add_step(session, desk, find_change(session, number, REVIEWED), PUBLISHED, None, "", {})
    return find_change(session, number)


def approve(session: Session, desk: Desk, number: str, *, approved: bool, document: str, reason: str = "") -> Record:
    """Record the decision of the people's government (川动态调整 第四条; 阿坝 第二十二条); document: its number."""
    held = find_change(session, number, REVIEWED)
    _require_authority(session, desk, held)
    if not document.strip():
        raise Unlawful("item_change.document", "应当填写本级人民政府审定的文号", article=f"{ABA} 第二十二条")
    return add_step(session, desk, held, APPROVED if approved else REFUSED, None, reason, {"document": document})


def publish(session: Session, desk: Desk, number: str) -> Record:
    """Bring the catalogue up to date exactly as approved: within 15 working days (阿坝 第二十条) or 10 days (川 第五条)."""
    held = find_change(session, number, APPROVED)
    officer = find_officer(session, desk.actor)
    if officer.agency_code != held.data["agency"]:
        raise NotPermitted("item_change.agency", "审定后由申请的行权部门更新目录")
    deadline = due(desk.limits.publish, _day_of(held, APPROVED), desk.calendar).due_on
    _carry_out(session, desk, held)
    return add_step(session, desk, held, PUBLISHED, deadline, "", {})


def differences(session: Session, number: str) -> list[str]:
    """Columns in which the catalogue differs today from what was approved (川动态调整 第五条、第七条第三项); for spot checks."""
    held = find_change(session, number, PUBLISHED)
    item = newest(session, "item", str(held.data["item"]))
    wanted = _approved_values(held)
    found = item.data if item else {}
    return sorted(key for key, value in wanted.items() if _plain(found).get(key) != value)


def _carry_out(session: Session, desk: Desk, held: Record) -> None:
    wanted, reason = _approved_values(held), f"目录调整 {held.key}"
    code = str(held.data["item"])
    if held.data["kind"] == ADD:
        record(session, "item", {"code": code, **wanted}, actor=desk.actor, at=desk.at, reason=reason)
        bond = {"item": code, "agency": held.data["agency"]}
        record(session, "holding", bond, actor=desk.actor, at=desk.at, reason=reason)
    else:
        source = newest(session, "item", code)
        origin = str(source.data["source"]) if source else ""
        change(session, "item", code, wanted, actor=desk.actor, at=desk.at, reason=reason, origin=origin)


def _approved_values(held: Record) -> dict[str, Any]:
    content: Any = held.data["content"]
    document = next(step["document"] for step in reversed(held.data["steps"]) if step["state"] == APPROVED)
    if held.data["kind"] == CANCEL:
        return {"status": "CANCELLED"}
    after = {key: value for key, value in content["after"].items() if key != "standard"}
    return {**after, "approval": document, **({"status": "ACTIVE"} if held.data["kind"] in {ADD, CHANGE} else {})}


def find_change(session: Session, number: str, state: str = "") -> Record:
    """The change of this number as it stands; Conflict when it is not in the state that is asked for."""
    held = newest(session, "item_change", number)
    if held is None:
        raise Invalid("item_change.unknown", f"没有编号为“{number[:60]}”的目录调整")
    if state and held.data["state"] != state:
        raise Conflict("item_change.state", f"目录调整“{number}”的状态是{held.data['state']}，不能这样办理")
    return held


def _require_authority(session: Session, desk: Desk, held: Record) -> None:
    """The platform authority of the same level: a region administrator above the agency, and nobody of the agency itself."""
    officer: Officer = find_officer(session, desk.actor)
    agency = newest(session, "agency", str(held.data["agency"]))
    line = lineage(str(agency.data["region_code"]) if agency else "", Lookup(session))
    grants = grants_of(session, officer.id, desk.today)
    if not any(grant.kind == REGION and grant.region in line for grant in grants):
        raise NotPermitted("item_change.authority", "目录调整由行权平台管理部门（地区管理员）审核", article=f"{ABA} 第十九条")
    if officer.agency_code == held.data["agency"]:
        raise NotPermitted("item_change.own", "申请部门不得审核自己的目录调整申请", article=f"{SICHUAN} 第四条")


def _require_opinions(session: Session, held: Record, opinions: Mapping[str, str]) -> None:
    item = newest(session, "item", str(held.data["item"]))
    after: Any = held.data["content"]["after"]
    power = after.get("power_type") or (item.data["power_type"] if item else "")
    wanted = {**OPINIONS, **({SERVICE_CENTRE: "政务服务中心"} if power == "PERMIT" else {})}
    if missing := [word for key, word in wanted.items() if not opinions.get(key, "").strip()]:
        raise Unlawful("item_change.opinions", f"缺少审核意见：{'、'.join(missing)}", article=f"{SICHUAN} 第四条; {ABA} 第十九条")


def _day_of(held: Record, state: str) -> date:
    return next(date.fromisoformat(step["at"][:10]) for step in reversed(held.data["steps"]) if step["state"] == state)


def add_step(
    session: Session, desk: Desk, held: Record, state: str, deadline: date | None, note: str, more: Mapping[str, Any]
) -> Record:
    """Bring a change to its next state and keep who did it, when, and whether it was in time."""
    steps = [*held.data["steps"], {**_step(desk, state, deadline, note), **more}]
    return change(
        session, "item_change", held.key, {"state": state, "steps": steps}, actor=desk.actor, at=desk.at, reason="办理目录调整"
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()}


def _step(desk: Desk, state: str, deadline: date | None, note: str) -> dict[str, Any]:
    return {
        "state": state, "by": desk.actor, "at": legal_time(desk.at).isoformat(), "due": deadline.isoformat() if deadline else "",
        "late": bool(deadline and desk.today > deadline), "note": note,
    }
