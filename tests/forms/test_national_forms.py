"""The national package's own forms: they load, they speak Chinese, they hold what the law asks for."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft202012Validator

from forms.definition import Field, FormGroup
from forms.schema import json_schema
from forms.validation import clean
from tests.forms.samples import ENTRY_FORMS, FORM_IDS, OFFICERS, answers, code_lists, codes, national

COLLECTING = ["site_inspection", "interview", "collect_documents", "collect_electronic"]
VARIANTS = [{}, {"yes": True}, {"last": True}, {"yes": True, "last": True, "optional": True}, {"optional": True}]


def questions(form_id: str) -> list[Field]:
    form = national(form_id)
    return [*form.fields, *(inner for field in form.fields if isinstance(field, FormGroup) for inner in field.fields)]


def test_there_is_a_form_for_every_step_of_the_national_procedures() -> None:
    assert len(set(FORM_IDS) - set(ENTRY_FORMS) - {"new_case"}) == 53


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_its_json_schema_passes_the_metaschema(form_id: str) -> None:
    schema = json_schema(national(form_id))
    Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    assert all(each["title"] for each in schema["properties"].values())


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_its_texts_are_chinese_and_name_their_articles_in_full(form_id: str) -> None:
    form = national(form_id)
    chinese = re.compile("[\u4e00-\u9fff]")
    assert all(chinese.search(text) for text in (form.title, form.introduction, form.basis))
    for field in questions(form_id):
        assert chinese.search(field.label), field.key
        assert len(field.label) <= 40
        assert not field.basis or re.search("《.+》(（.+）)?第.+条", field.basis), field.basis
    assert re.search("《.+》(（.+）)?第.+条", form.basis)


@pytest.mark.parametrize("form_id", FORM_IDS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_complete_answers_are_accepted_and_an_empty_form_is_not(form_id: str, variant: dict[str, bool]) -> None:
    form = national(form_id)
    values = clean(form, answers(form, **variant), officer_ids=OFFICERS)
    assert list(values) == [field.key for field in form.fields]
    asked = [field.key for field in form.fields if field.always_required]
    assert [where for where, code in codes(form, {}) if code == "form.missing"] == asked or asked == []


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_each_required_answer_is_missed_by_name(form_id: str) -> None:
    form = national(form_id)
    whole = answers(form)
    for key in whole:
        assert (key, "form.missing") in codes(form, {other: whole[other] for other in whole if other != key})


@pytest.mark.rule("R-AB-30-4")
@pytest.mark.rule("INV-A04")
@pytest.mark.parametrize("form_id", [one for one in FORM_IDS if "decision" in {f.key for f in national(one).fields}])
def test_a_negative_opinion_needs_a_reason(form_id: str) -> None:
    form = national(form_id)
    negative = [choice.code for choice in form.field("decision").choices if choice.code != "AGREE"]
    assert negative
    for code in negative:
        for blank in ({}, {"opinion": ""}, {"opinion": " \u3000\n"}, {"opinion": None}):
            assert codes(form, {"decision": code, **blank}) == [("opinion", "form.missing")]
        assert clean(form, {"decision": code, "opinion": "事实不清"}, officer_ids=None)["opinion"] == "事实不清"
    assert clean(form, {"decision": "AGREE"}, officer_ids=None)["opinion"] is None
    assert codes(form, {"decision": "DISAGREE"})[0] == ("decision", "form.not_a_choice")


@pytest.mark.parametrize("form_id", COLLECTING)
def test_evidence_is_collected_by_two_officers(form_id: str) -> None:
    form = national(form_id)
    assert form.field("co_officer").required
    assert form.field("evidence").required
    assert ("co_officer", "form.unknown_officer") in codes(form, {**answers(form), "co_officer": "YJWH9999"}, OFFICERS)


@pytest.mark.parametrize("form_id", ["site_inspection", "interview", "verify_clue"])
@pytest.mark.parametrize("key", ["certificate_shown", "rights_told"])
def test_certificate_and_rights_have_to_be_confirmed(form_id: str, key: str) -> None:
    form = national(form_id)
    assert (key, "form.must_confirm") in codes(form, {**answers(form), key: False})


def test_the_same_person_is_not_two_officers() -> None:
    form = national("assign_officers")
    assert codes(form, {**answers(form), "co_officer": OFFICERS[0]}) == [("co_officer", "form.same_value")]


@pytest.mark.parametrize("failing", ["relevance", "legality", "authenticity"])
def test_evidence_that_fails_one_property_needs_a_reason(failing: str) -> None:
    form = national("evidence_review")
    row = {"evidence_number": "ZJ010", "relevance": True, "legality": True, "authenticity": True}
    assert codes(form, {"reviews": [row]}) == []
    assert codes(form, {"reviews": [row, {**row, failing: False}]}) == [("reviews[1].reason", "form.missing")]


FOOD_FACTORS = ("goods_value", "prior_2y", "harm", "high_risk", "stopped", "licensed_after", "cooperate", "obstruct")
NO_STANDARD = {"discretion_standard": "OTHER", "factors": "没有基准", **dict.fromkeys(FOOD_FACTORS)}


@pytest.mark.parametrize(
    ("form_id", "change", "expected"),
    [
        ("register_source", {"party_type": "PERSON"}, [("party_code", "form.hidden_field"),
                                                       ("party_identity_number", "form.missing"),
                                                       ("legal_representative", "form.hidden_field")]),
        ("propose_filing", {"proposal": "NOT_FILE"}, [("not_file_reason", "form.missing")]),
        ("register_defence", {"statement": True}, [("statement_at", "form.missing"), ("statement_content", "form.missing")]),
        ("register_defence", {"waived": ["HEARING"]}, [("waiver_signed_at", "form.missing")]),
        ("serve_document", {"method": "E_PLATFORM"}, [("arrived_at", "form.missing")]),
        ("serve_document", {"method": "LEAVE"}, [("refusal_reason", "form.missing")]),
        ("serve_document", {"method": "PHONE"}, [("method", "form.not_a_choice")]),
        ("confirm_address", {"electronic_consent": True}, [("electronic_channel", "form.missing"),
                                                          ("electronic_address", "form.missing")]),
        ("publicity_review", {"publish": True}, [("reason", "form.hidden_field")]),
        ("investigation_report", {"tier": "T3", "no_penalty_reason": None}, [("penalties", "form.missing")]),
        ("investigation_report", {"tier": "T3"}, [("no_penalty_reason", "form.hidden_field"), ("penalties", "form.missing")]),
        ("investigation_report", {"tier": "T1", "no_penalty_reason": None, "penalties": [{"kind": "WARNING"}]},
         [("mitigating", "form.missing")]),
        ("investigation_report", {"harm": None}, [("harm", "form.missing")]),
        ("investigation_report", {"illegal_gain": "3440"}, [("illegal_gain", "form.hidden_field")]),
        ("investigation_report", {"penalties": [{"kind": "WARNING"}]}, [("penalties", "form.hidden_field")]),
        ("investigation_report", {**NO_STANDARD, "range_low": "300000", "range_high": "200000"}, [("range_high", "form.below")]),
        ("investigation_report", NO_STANDARD, [("range_low", "form.missing"), ("range_high", "form.missing")]),
        ("investigation_report", {"range_low": "1", "range_high": "2"}, [("range_low", "form.hidden_field"),
                                                                        ("range_high", "form.hidden_field")]),
        ("investigation_report", {"tier": "T3", "no_penalty_reason": None, "penalties": [{"kind": "FINE"}]},
         [("penalties[0].amount", "form.missing")]),
        ("record_payment", {"payments": [{"kind": "FINE", "amount": "0", "channel": "BANK", "bill_number": "1",
                                          "paid_at": "2026-06-12T10:00"}]}, [("payments[0].amount", "form.out_of_range")]),
    ],
)
def test_answers_that_depend_on_others(form_id: str, change: dict[str, object], expected: list[tuple[str, str]]) -> None:
    form = national(form_id)
    base = answers(form, last=form_id == "register_source")
    assert codes(form, {**base, **change}) == expected


def test_every_code_list_of_the_labels_has_chinese_names() -> None:
    for name, labels in code_lists().items():
        assert re.fullmatch("[A-Z_]+", name)
        assert len(set(labels.values())) == len(labels), name


def test_the_routes_of_choose_act_are_forms() -> None:
    acts = {choice.code for choice in national("choose_act").field("next_act").choices}
    assert acts - {"finish"} <= set(FORM_IDS)
