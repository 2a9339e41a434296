"""A form file is read strictly: whatever is wrong with it is named with file and field."""

from __future__ import annotations

import pytest

from engine.errors import PackageFault
from forms.schema import load_code_lists, load_form
from tests.forms.samples import LISTS, a_form, a_text

NAME = 'key = "name"\nlabel = "名称"\ntype = "text"'
AGREED = 'key = "agreed"\nlabel = "是否同意"\ntype = "boolean"'


def found(text: str, where: str = "forms/sample.toml") -> list[tuple[str, str]]:
    with pytest.raises(PackageFault) as caught:
        load_form(text, where, LISTS)
    assert caught.value.code == "form.package_fault"
    assert where in caught.value.message
    assert all(fault.where.startswith(where) and fault.message for fault in caught.value.faults)
    return [(fault.where.removeprefix(where).lstrip(": "), fault.code) for fault in caught.value.faults]


def field(more: str, key: str = "extra", kind: str = "text") -> str:
    return f'key = "{key}"\nlabel = "某项"\ntype = "{kind}"\n{more}'


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (field("", kind="picture"), ("extra", "form.unknown_type")),
        (field("", key="name"), ("name", "form.duplicate_key")),
        (field("", key="Name"), ("Name", "form.bad_key")),
        (field("", key="csrf_token"), ("csrf_token", "form.bad_key")),
        (field("", key="actor"), ("actor", "form.bad_key")),
        (field('list = "SHAPE"', kind="code"), ("extra", "form.unknown_list")),
        (field("", kind="code"), ("extra", "form.unknown_list")),
        (field('list = "COLOUR"\nchoices = ["RED", "BLUE"]', kind="code"), ("extra", "form.bad_choices")),
        (field('list = "COLOUR"\nchoices = []', kind="code"), ("extra", "form.bad_choices")),
        (field('list = "COLOUR"\nchoices = ["RED", "RED"]', kind="codes"), ("extra", "form.bad_choices")),
        (field('list = "COLOUR"'), ("extra", "form.misplaced_word")),
        (field("must = true"), ("extra", "form.misplaced_word")),
        (field("max_length = 0"), ("extra", "form.bad_size")),
        (field("max_length = 1000000"), ("extra", "form.bad_size")),
        (field('required_when = "nobody = 1"'), ("extra", "form.bad_condition")),
        (field('shown_when = "extra = \\"x\\""'), ("extra", "form.bad_condition")),
        (field('required_when = "agreed and"'), ("extra", "form.bad_condition")),
        (field('required = true\nrequired_when = "agreed"'), ("extra", "form.double_required")),
        (field('not_below = "name"', kind="date"), ("extra", "form.unknown_name")),
        (field('not_below = "extra"', kind="date"), ("extra", "form.unknown_name")),
        (field('differs_from = "nobody"', kind="officer"), ("extra", "form.unknown_name")),
        (field("colour = 1"), ("extra", "form.unknown_word")),
        (field('required = "yes"'), ("extra", "form.wrong_type")),
        (field('default = "maybe"', kind="boolean"), ("extra", "form.bad_default")),
        (field('default = "2026-02-30"', kind="date"), ("extra", "form.bad_default")),
        (field("", kind="group"), ("extra", "form.bad_size")),
        (field("minimum_rows = 3\nmaximum_rows = 2\n[[field.field]]\n" + NAME, kind="group"), ("extra", "form.bad_size")),
        (field("[[field.field]]\n" + field("", kind="group"), kind="group"), ("extra.extra", "form.unknown_type")),
        (field("[[field.field]]\n" + NAME + "\n[[field.field]]\n" + NAME, kind="group"),
         ("extra.name", "form.duplicate_key")),
        ('key = "extra"\ntype = "text"', ("extra", "form.missing_word")),
        ('key = "extra"\nlabel = " "\ntype = "text"', ("extra", "form.missing_word")),
    ],
)
def test_a_hostile_field_is_named_with_file_and_field(lines: str, fault: tuple[str, str]) -> None:
    assert fault in found(a_text(NAME, AGREED, lines))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("id = ", ("", "form.not_toml")),
        ('id = "sample"\nid = "sample"', ("", "form.not_toml")),
        ("a = " + "[" * 5000, ("", "form.not_toml")),
        ("# " + "x" * 300_000, ("", "form.too_large")),
        ('id = "sample"\ntitle = "样表"', ("", "form.bad_size")),
        ('id = "sample"\ntitle = "样表"\nfield = 3', ("", "form.wrong_type")),
        ('id = "other"\ntitle = "样表"\n[[field]]\n' + NAME, ("id", "form.bad_id")),
        ('title = "样表"\n[[field]]\n' + NAME, ("", "form.missing_word")),
        ('id = "sample"\ntitle = "样表"\nscript = "x"\n[[field]]\n' + NAME, ("", "form.unknown_word")),
    ],
)
def test_a_hostile_file_is_named(text: str, fault: tuple[str, str]) -> None:
    assert fault in found(text)


def test_every_fault_of_a_file_is_named_at_once() -> None:
    faults = found(a_text(NAME, field("", kind="picture"), field("", key="name"), field("colour = 1", key="other")))
    assert {code for _, code in faults} >= {"form.unknown_type", "form.duplicate_key", "form.unknown_word"}


def test_a_good_file_becomes_a_form() -> None:
    form = a_form(NAME + "\nrequired = true\nmax_length = 20", AGREED, field('list = "COLOUR"', kind="code"))
    assert (form.id, form.title) == ("sample", "样表")
    assert form.field("name").max_length == 20
    assert [choice.label for choice in form.field("extra").choices] == ["红", "黄", "绿"]
    with pytest.raises(KeyError):
        form.field("nobody")


@pytest.mark.parametrize("text", ["code_lists = 3", "[code_lists]\nA = 1", "[code_lists.A]", "[code_lists.A]\nB = 1"])
def test_broken_labels_are_refused(text: str) -> None:
    with pytest.raises(PackageFault):
        load_code_lists(text, "labels.toml")
