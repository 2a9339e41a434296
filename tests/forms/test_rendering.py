"""A form is shown so that it can be answered without JavaScript, without a mouse and without sight."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.datastructures import MultiDict

from engine.errors import Fault
from forms.definition import Choice, Form
from forms.rendering import (
    FieldView,
    FormView,
    RowCommand,
    initial,
    parse_posted,
    row_command,
    view,
    with_row_command,
)
from forms.validation import clean, to_plain
from tests.forms.samples import FORM_IDS, OFFICERS, answers, faults, national

TEMPLATES = Path(__file__).parents[2] / "web" / "templates"
PEOPLE = {"officer": (Choice(OFFICERS[0], "林望舒"), Choice(OFFICERS[1], "何砚"))}
VOID = {"input", "br"}


class Page(HTMLParser):
    """Collects what the tests ask about, and fails on tags that do not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), (tag, names)
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def values(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]


def html(shown: FormView, macro: str = "form_body") -> str:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return str(getattr(environment.get_template("forms/form.html").module, macro)(shown))


def fields(shown: FormView) -> list[FieldView]:
    return [*shown.fields, *(cell for field in shown.fields for row in field.rows for cell in row.fields)]


def posted(shown: FormView) -> MultiDict[str, str]:
    """What a browser would send back for this page."""
    form: MultiDict[str, str] = MultiDict()
    for field in fields(shown):
        for option in field.options:
            if option.chosen:
                form.add(field.name, option.value)
        if not field.options and field.widget != "group":
            form.add(field.name, field.value)
    return form


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_every_national_form_is_well_formed_and_labelled(form_id: str) -> None:
    form = national(form_id)
    shown = view(form, answers(form, optional=True), faults(form, {}), PEOPLE)
    page = Page(html(shown))
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    labelled = set(page.values("for"))
    for tag, attributes in page.tags:
        if tag in ("input", "select", "textarea"):
            assert attributes["id"] in labelled
        assert not {"style", "onclick", "onchange"} & set(attributes)
        assert tag not in ("script", "style", "form")
    assert {one for value in page.values("aria-describedby") for one in value.split()} <= set(ids)
    assert {value.removeprefix("#") for value in page.values("href")} <= set(ids)


@pytest.mark.parametrize("form_id", FORM_IDS)
@pytest.mark.parametrize("people", [PEOPLE, {}])
def test_what_is_shown_comes_back_as_it_was(form_id: str, people: dict[str, tuple[Choice, ...]]) -> None:
    form = national(form_id)
    raw = answers(form, yes=True, optional=True)
    back = parse_posted(form, posted(view(form, raw, (), people)))
    assert clean(form, back, officer_ids=OFFICERS) == clean(form, raw, officer_ids=OFFICERS)


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_stored_values_are_shown_like_posted_ones(form_id: str) -> None:
    form = national(form_id)
    raw = answers(form, yes=True, optional=True)
    stored = to_plain(clean(form, raw, officer_ids=None))
    shown = [(field.name, field.widget, field.text) for field in fields(view(form, raw, (), PEOPLE))]
    assert [(field.name, field.widget, field.text) for field in fields(view(form, stored, (), PEOPLE))] == shown


def test_text_is_escaped_everywhere() -> None:
    form = national("verify_clue")
    evil = '"><script>alert(1)</script>\''
    raw = {"place": evil, "site_situation": "</textarea>" + evil, "evidence": [{"name": evil}], "co_officer": evil}
    wrong = [Fault("place", "x", evil), Fault("evidence[0].name", "x", evil), Fault("nobody", "x", evil)]
    for macro in ("form_body", "form_answers"):
        shown = html(view(form, raw, wrong, {"officer": (Choice(evil, evil),)}), macro)
        assert "<script" not in shown
        assert "&lt;script&gt;" in shown
        Page(shown)


def test_errors_are_listed_at_the_top_and_told_at_the_field() -> None:
    form = national("record_payment")
    raw: dict[str, object] = {"payments": [{"kind": "FINE"}]}
    shown = view(form, raw, faults(form, raw), {})
    text = html(shown)
    assert 'role="alert"' in text
    assert [error.target for error in shown.errors] == ["field-payments-0-amount", "field-payments-0-channel-0",
                                                         "field-payments-0-bill_number", "field-payments-0-paid_at"]
    assert text.index('role="alert"') < text.index('name="payments-0-kind"')
    amount = shown.fields[0].rows[0].fields[1]
    assert amount.error
    assert f'aria-describedby="{amount.id}-error"' in text
    assert 'aria-invalid="true"' in text


def test_a_fault_without_a_field_is_listed_without_a_link() -> None:
    shown = view(national("review_filing"), {}, [Fault("hack", "form.unknown_field", "表单没有字段“hack”。")], {})
    assert [error.target for error in shown.errors] == [""]
    assert "表单没有字段" in html(shown)


def named(shown: FormView, name: str) -> FieldView:
    return next(field for field in fields(shown) if field.name == name)


def test_the_required_mark_follows_the_other_answers() -> None:
    form = national("review_filing")
    assert not named(view(form, {"decision": "AGREE"}, (), {}), "opinion").required
    assert named(view(form, {"decision": "RETURN"}, (), {}), "opinion").required
    assert named(view(form, {}, (), {}), "decision").controls


def test_a_question_knows_whether_it_is_asked() -> None:
    form = national("confirm_address")
    assert not named(view(form, {"electronic_consent": False}, (), {}), "electronic_address").shown
    assert named(view(form, {"electronic_consent": "true"}, (), {}), "electronic_address").shown
    assert not named(view(form, {"electronic_consent": {"junk": []}}, (), {}), "electronic_address").shown


def test_an_empty_form_opens_with_its_defaults_and_the_rows_it_needs() -> None:
    form = national("register_source")
    assert initial(form) == {"real_name": False, "keep_secret": False}
    assert [option.chosen for option in named(view(form, initial(form), (), {}), "real_name").options] == [False, True]
    assert len(view(national("record_payment"), {}, (), {}).fields[0].rows) == 1
    assert named(view(national("verify_clue"), {}, (), {}), "evidence").rows == ()
    assert len(named(view(national("investigation_report"), {"tier": "T3"}, (), {}), "penalties").rows) == 1
    assert named(view(national("investigation_report"), {"tier": "T0"}, (), {}), "penalties").rows == ()


def test_times_are_shown_in_the_legal_time_zone() -> None:
    form = national("hear_defence")
    shown = named(view(form, {"heard_at": "2026-03-02T02:15:00+00:00"}, (), {}), "heard_at")
    assert (shown.value, shown.text) == ("2026-03-02T10:15", "2026-03-02 10:15")


@pytest.fixture
def form() -> Form:
    return national("record_payment")


def pay(*rows: tuple[int, str]) -> MultiDict[str, str]:
    return MultiDict([(f"payments-{place}-bill_number", number) for place, number in rows])


def test_rows_are_added_and_removed_by_plain_buttons(form: Form) -> None:
    answer = pay((0, "甲"), (1, ""), (2, "丙"))
    assert row_command(answer) is None
    assert parse_posted(form, answer) == {"payments": [{"bill_number": "甲"}, {"bill_number": "丙"}]}
    added = with_row_command(form, answer, RowCommand("payments"))
    assert added == {"payments": [{"bill_number": "甲"}, {}, {"bill_number": "丙"}, {}]}
    removed = with_row_command(form, answer, RowCommand("payments", 0))
    assert removed == {"payments": [{}, {"bill_number": "丙"}]}


def test_row_buttons_are_read_from_their_names(form: Form) -> None:
    assert row_command(MultiDict([("add:payments", "1")])) == RowCommand("payments")
    assert row_command(MultiDict([("remove:payments-2", "1")])) == RowCommand("payments", 2)
    assert row_command(MultiDict([("refresh", "1")])) == RowCommand()
    assert row_command(MultiDict([("remove:payments-x", "1"), ("add:", "1")])) is None
    answer = pay((0, "甲"))
    assert with_row_command(form, answer, RowCommand("nobody", 7)) == {"payments": [{"bill_number": "甲"}]}
    assert with_row_command(form, answer, RowCommand("payments", 7)) == {"payments": [{"bill_number": "甲"}]}


def test_no_more_rows_than_allowed_are_added(form: Form) -> None:
    full = pay(*((place, "号") for place in range(50)))
    added = with_row_command(form, full, RowCommand("payments"))["payments"]
    assert isinstance(added, list)
    assert len(added) == 50


def test_strange_names_in_a_post_are_left_out(form: Form) -> None:
    strange = MultiDict([("csrf_token", "x"), ("payments-0-hack", "x"), ("payments-9999-bill_number", "x"), ("payments", "x")])
    assert parse_posted(form, strange) == {}


def test_the_enter_key_neither_submits_nor_removes(form: Form) -> None:
    buttons = [attributes for tag, attributes in Page(html(view(form, {}, (), {}))).tags if tag == "button"]
    assert [button["name"] for button in buttons] == ["refresh", "remove:payments-0", "add:payments"]
    assert all(button["type"] == "submit" and "formnovalidate" in button for button in buttons)
