"""Codes and officers carry their Chinese names into documents."""

from __future__ import annotations

from forms.naming import with_names
from forms.validation import clean
from tests.forms.samples import OFFICERS, answers, national


def test_codes_and_officers_get_names() -> None:
    form = national("collective_discussion")
    raw = {**answers(form), "observers": ["YJWH0109"], "tier": "T2",
           "penalties": [{"kind": "FINE", "amount": "186000"}, {"kind": "WARNING"}]}
    named = with_names(form, clean(form, raw, officer_ids=None), dict(zip(OFFICERS, ("林望舒", "何砚"), strict=True)))
    assert named["attendees_name"] == ["林望舒", "何砚"]
    assert named["observers_name"] == ["YJWH0109"]
    assert named["tier_name"] == "从轻"
    rows = named["penalties"]
    assert isinstance(rows, list)
    assert [row["kind_name"] for row in rows] == ["罚款", "警告"]


def test_what_was_not_answered_has_no_name() -> None:
    form = national("collective_discussion")
    named = with_names(form, clean(form, answers(form), officer_ids=None), {})
    assert named["tier_name"] is None
    assert named["penalties"] is None
