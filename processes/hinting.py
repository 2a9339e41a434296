"""What the discretion standard says about the answers so far, shown beside the form before it is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.cases.cases import Case
from engine.cases.earlier_fines import earlier_fines, warning
from engine.cases.parties import party_of
from engine.cases.submissions import latest
from engine.cases.weighing import DECLARED, known_factors
from engine.errors import Invalid
from engine.law.discretion import TIERS
from engine.law.fines import FineRange, amount_in_tier
from engine.law.local_rules import read_local_rules
from engine.law.wording import money_text
from forms.definition import Field, Form
from forms.fields import FIELD_TYPES, FieldFault
from processes.host import Host

REPORT = "investigation_report"


def discretion_hint(host: Host, session: Session, case: Case, form: Form, raw: Mapping[str, object]) -> str:
    """What to know before a penalty is proposed: an earlier fine, and the standard's tier and range; else empty.

    raw: the answers as they were posted; what the form does not ask is taken from the report. A hint never decides: the same
    table is asked again when the step is handed in (行政处罚法 第三十四条).
    """
    fields = {field.key: field for field in form.fields}
    if "tier" not in fields or party_of(session, case.id) is None:
        return ""
    return warning(earlier_fines(session, case)) + _standard_hint(host, session, case, form, raw)


def _standard_hint(host: Host, session: Session, case: Case, form: Form, raw: Mapping[str, object]) -> str:
    """Tier, range and a sum to start from, or which factors are still missing; empty where no standard is chosen."""
    fields = {field.key: field for field in form.fields}
    report = latest(session, case.id, REPORT)
    before = dict(report.values) if report and form.id != REPORT else {}
    answers = {**before, **{key: value for key, field in fields.items() if (value := _typed(field, raw.get(key))) is not None}}
    bundle = host.bundle(session, case.release_digest)
    table = bundle.standards.get(str(answers.get("discretion_standard")))
    if table is None:
        return ""
    known = known_factors(session, case, read_local_rules(bundle.manifest.settings), host.clock.now().date())
    factors: dict[str, Any] = {**answers, **known}
    if missing := [name for key, name in table.factors.items() if key not in DECLARED and factors.get(key) is None]:
        return f"还需要填写裁量因素：{'、'.join(missing)}。"
    try:
        found = table.assess(factors)
    except Invalid as refusal:
        return refusal.message
    start = amount_in_tier(FineRange(found.low, found.high), 0)
    return (
        f"按《{table.title}》，已填写的因素符合“{found.row}”条目：{TIERS[found.tier]}，"
        f"幅度{money_text(found.low)}至{money_text(found.high)}，可以从{money_text(start)}起考虑；"
        f"法定幅度{money_text(found.statutory_low)}至{money_text(found.statutory_high)}。"
    )


def _typed(field: Field, value: object) -> Any:
    """The answer as a typed value; what is not valid yet counts as not given."""
    kind = FIELD_TYPES.get(field.type)
    if kind is None:
        return None
    try:
        cleaned = kind.clean(value)
        return None if cleaned in (None, "", []) else kind.typed(field, cleaned)
    except (FieldFault, TypeError, ValueError, ArithmeticError, AttributeError):
        return None
