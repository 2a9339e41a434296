"""Open a case: on an item that the agency may act on, under the newest release, with the first steps waiting."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy.orm import Session

from engine import journal, receipts
from engine.cases.cases import Case
from engine.errors import Invalid, NotPermitted, Unlawful, ZhifaError
from engine.registers import emergencies
from engine.registers.acting import require_may_act
from engine.registers.agencies import ROLES, Officer, find_officer
from engine.registers.items import Item
from engine.registers.numbers import take_number
from engine.workflow import instances, releases, tasks, unfinished
from forms.rendering import initial
from forms.validation import to_plain
from processes.bundles import Bundle
from processes.host import Host
from processes.manifest import Manifest
from processes.refusals import earlier_answer, journal_refusal
from processes.running import advance

FAST_TRACK, SUMMARY = "fast_track", "summary"
LED_BY_OPENER = frozenset({FAST_TRACK, SUMMARY})
TOLD = ("source_type", "paper", "paper_cause")


def open_case(
    host: Host, officer_id: str, procedure: str, item_code: str, *, violated_on: date | None = None, package: str = "national",
    key: str = "", answers: Mapping[str, object] = MappingProxyType({}), reason: str = "",
) -> int:
    """Open a case on an item of the officer's agency and start its procedure; the case's id is returned.

    The item must be in force and held by the agency on this day, its basis in order (粤府〔2023〕73号 第十三条、第五十四条); the
    fast track is refused unless a declared emergency covers the day, the area and the behaviour (行政处罚法 第四十九条).
    key: as in `complete_step`; answers: what was told before, of which the first step's form takes what it asks too; reason: why another
    procedure than the advised one was chosen.
    """
    now = host.clock.now()
    host.keep_registers_current()
    request = receipts.request(key, officer_id, "open", {"item": item_code, "procedure": procedure, "day": violated_on, "package": package})
    try:
        with host.database.writing() as session:
            officer = find_officer(session, officer_id)
            require_may_act(session, officer.agency_code, item_code, now.date(), acted_on=violated_on)
            item = session.get_one(Item, item_code)
            release = releases.current(session, package, now)
            bundle = host.bundle(session, release.digest)
            if procedure not in bundle.blueprints:
                raise Invalid("case.procedure", f"流程包“{bundle.manifest.title}”没有程序“{procedure}”")
            _require_opener(bundle.manifest, procedure, officer)
            if procedure == FAST_TRACK:
                _require_emergency(session, officer, item_code, violated_on)
            sequence = take_number(session, officer.agency_code, "case", now.year)
            agency = officer.agency
            case = Case(
                number=f"{agency.region_code}{agency.case_word}CF{now.year}{sequence:06d}", title=item.cause,
                procedure=procedure, release_digest=release.digest, agency_code=agency.code, region_code=agency.region_code,
                item_code=item_code, opened_at=now, opened_by=officer.id, violation_to=violated_on,
                lead_officer_id=officer.id if procedure in LED_BY_OPENER else None,
            )
            session.add(case)
            session.flush()
            session.refresh(case)
            journal.append(session, case.id, "case.opened", officer.id, now, {
                "number": case.number, "item": item_code, "procedure": procedure, "release": release.digest,
                **{name: answers[name] for name in TOLD if answers.get(name)}, **({"reason": reason.strip()} if reason.strip() else {}),
            })
            live = instances.start(session, case.id, release.digest, bundle.blueprints[procedure], bundle.initial_facts())
            opened = advance(host, session, bundle, case, live, officer, now)
            _hand_on(session, bundle, opened, officer, answers, now)
            receipts.keep(session, request, {"case_id": case.id}, now)
            return case.id
    except ZhifaError as error:
        answer, refusal = earlier_answer(host, request, error)
        if answer is not None:
            return int(answer["case_id"])
        journal_refusal(host, None, "case.refused", officer_id, now, refusal, {"item": item_code, "procedure": procedure})
        raise refusal from None


def _require_opener(manifest: Manifest, procedure: str, officer: Officer) -> None:
    """Refuse who does not hold one of the roles that the package names for opening with this procedure."""
    suitability = manifest.suitability.get(procedure)
    if suitability and suitability.opened_by and not set(suitability.opened_by) & officer.role_keys:
        names = "、".join(ROLES.get(role, role) for role in suitability.opened_by)
        raise NotPermitted("case.opener", f"“{manifest.procedures[procedure]}”由{names}建立")


def _hand_on(
    session: Session, bundle: Bundle, opened: list[int], officer: Officer, answers: Mapping[str, object], now: datetime
) -> None:
    """Keep for the form of each first step what was told before, so that it is typed once; the officer checks it and goes on."""
    for number in opened if answers else ():
        item = tasks.find_item(session, number)
        form = bundle.forms[bundle.blueprints[item.case.procedure].node(item.procedure, item.step).form]
        plain = to_plain(answers)
        if values := {field.key: plain[field.key] for field in form.fields if plain.get(field.key) is not None}:
            unfinished.keep(session, item, officer.id, f"{unfinished.NEW_CASE}-{secrets.token_urlsafe(18)}", {**initial(form), **values}, now)


def _require_emergency(session: Session, officer: Officer, item_code: str, violated_on: date | None) -> None:
    area = officer.agency.region_code
    if violated_on is None or emergencies.covering(session, area, item_code, violated_on) is None:
        raise Unlawful(
            "emergency.not_covering", "没有覆盖该日期、地区和行为的应急响应，不得适用快速办理，请按普通程序办理",
            article="行政处罚法 第四十九条; 粤府〔2023〕73号 第二十五条",
        )
