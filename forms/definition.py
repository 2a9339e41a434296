"""What a form is made of: the values that a form file is read into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from jsonschema import Draft202012Validator


@dataclass(frozen=True)
class Choice:
    """One entry of a code list: the stored code and the Chinese label that people see."""

    code: str
    label: str


@dataclass(frozen=True)
class Condition:
    """A FEEL text over the fields beside it, compiled.

    text: as written in the form file; names: the field keys that it reads; holds: typed values → whether it is true
    (a missing answer counts as not true).
    """

    text: str
    names: frozenset[str]
    holds: Callable[[Mapping[str, object]], bool] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Field:
    """One question of a form.

    key: permanent name; type: a name of forms.fields.FIELD_TYPES, or "group"; required: must be answered when shown;
    required_when, shown_when: conditions over the fields of the same level; must: a confirmation that has to be true;
    default: only pre-fills the screen, it never answers in place of a person; not_below: key of a field of the same
    type that may not be later or greater; differs_from: key of a field that may not have the same value.
    """

    key: str
    label: str
    type: str
    required: bool = False
    required_when: Condition | None = None
    shown_when: Condition | None = None
    must: bool = False
    code_list: str = ""
    choices: tuple[Choice, ...] = ()
    help: str = ""
    basis: str = ""
    max_length: int | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    default: object = None
    not_below: str = ""
    differs_from: str = ""

    @property
    def always_required(self) -> bool:
        """Whether the field must be answered whatever the other answers are."""
        return self.required and self.shown_when is None


@dataclass(frozen=True)
class FormGroup(Field):
    """A question answered by rows, each with the same fields."""

    fields: tuple[Field, ...] = ()
    minimum_rows: int = 0
    maximum_rows: int = 50


@dataclass(frozen=True)
class Form:
    """A form of a department package: read from a file, shown on a screen, checked on submission.

    id: equals the step that it belongs to; introduction: short help at the point of need; basis: articles;
    validator: the compiled JSON Schema.
    """

    id: str
    title: str
    introduction: str
    basis: str
    fields: tuple[Field, ...]
    validator: Draft202012Validator = field(compare=False, repr=False)

    def field(self, key: str) -> Field:
        """The field of that key; KeyError when the form has none."""
        for each in self.fields:
            if each.key == key:
                return each
        raise KeyError(key)
