"""新建案件：where the lead comes from, a few questions, which procedure they call for and why, what looks alike, and opening the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import render_template, request
from sqlalchemy.orm import Session

from engine.errors import Invalid, NotPermitted
from engine.registers.agencies import Officer
from engine.registers.emergencies import covering
from engine.registers.items import Item, items_of
from engine.workflow import releases
from forms.rendering import initial, parse_posted, view
from forms.validation import clean
from processes.bundles import Bundle
from processes.choosing import NEW_CASE, Advice, advise, known_facts, require_choice
from processes.likeness import alike
from processes.opening import open_case
from processes.viewing import officer_in_session
from web.current import new_key, officer_id, request_key, the_host

OPENERS = frozenset({"intake_clerk", "lead_officer"})
PACKAGE = "national"


def opening_page(refusal: Invalid | None = None, *, advised: bool = False) -> str:
    """The page of a new case: first the sources, then the questions, then, when all is answered, the advice."""
    host = the_host()
    now = host.clock.now()
    with host.database.reading() as session:
        officer, bundle = _opener(session)
        form = bundle.forms[NEW_CASE]
        posted = request.method == "POST"
        chosen = request.args.get("source", "")
        if not posted and not chosen and "paper" not in request.args:
            return render_template("cases/sources.html", sources=bundle.code_lists["CASE_SOURCE"])
        raw = parse_posted(form, request.form) if posted else {**initial(form), **_asked(chosen)}
        items = items_of(session, officer.agency_code)
        advice, likeness = list[Advice](), None
        if advised or (refusal and not refusal.faults and _chosen(items)):
            answers = clean(form, raw, officer_ids=())
            advice = _advice(session, officer, bundle, answers)
            likeness = alike(host, session, officer, request.form["item"], answers, now)
        return render_template(
            "cases/new.html", view=view(form, raw, refusal.faults if refusal else (), {}), items=items, item=request.form.get("item", ""),
            fast={row.code for row in items if covering(session, officer.agency.region_code, row.code, now.date())}, advice=advice,
            likeness=likeness, message=refusal.message if refusal and not refusal.faults else "", key=new_key(),
            chosen=request.form.get("procedure", ""), reason=request.form.get("reason", ""),
        )


def open_as_chosen() -> int | None:
    """Open the case under the procedure that the officer chose; None when he has not chosen yet. Invalid when an answer is wrong."""
    host = the_host()
    with host.database.reading() as session:
        officer, bundle = _opener(session)
        item = _item(items_of(session, officer.agency_code))
        answers = clean(bundle.forms[NEW_CASE], parse_posted(bundle.forms[NEW_CASE], request.form), officer_ids=())
        if "procedure" not in request.form or "advise" in request.form:
            return None
        reason = request.form.get("reason", "")[:500]
        require_choice(_advice(session, officer, bundle, answers), request.form["procedure"], reason)
    day = answers.get("violation_to")
    return open_case(
        host, officer_id(), request.form["procedure"], item.code, violated_on=day if isinstance(day, date) else None,
        key=request_key(), answers=answers, reason=reason,
    )


def _opener(session: Session) -> tuple[Officer, Bundle]:
    """The officer, when he may open cases at all, and the release under which a case opened now would run."""
    host = the_host()
    officer = officer_in_session(session, officer_id())
    if not OPENERS & officer.role_keys:
        raise NotPermitted("case.open_role", "只有案源登记员和主办执法人员可以新建案件")
    return officer, host.bundle(session, releases.current(session, PACKAGE, host.clock.now()).digest)


def _advice(session: Session, officer: Officer, bundle: Bundle, answers: Mapping[str, Any]) -> list[Advice]:
    known = known_facts(session, officer, request.form.get("item", ""), answers, the_host().clock.now().date())
    return advise(bundle, answers, known, officer.role_keys)


def _chosen(items: list[Item]) -> Item | None:
    return next((row for row in items if row.code == request.form.get("item", "")), None)


def _item(items: list[Item]) -> Item:
    found = _chosen(items)
    if found is None:
        raise Invalid("case.item", "请选择执法事项")
    return found


def _asked(source: str) -> dict[str, object]:
    """What the first page has answered already."""
    return {**({"source_type": source} if source else {}), **({"paper": True} if "paper" in request.args else {})}
