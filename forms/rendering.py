"""Builds what a screen needs to show a form: plain values, no HTML, no web framework."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.clock import LEGAL_TIME_ZONE
from engine.errors import Fault
from forms.definition import Choice, Condition, Field, Form, FormGroup
from forms.fields import FIELD_TYPES, LONGTEXT_LENGTH, TEXT_LENGTH, FieldFault
from forms.posting import Posted, RowCommand, parse_posted, row_command, with_row_command

__all__ = ["ErrorView", "FieldView", "FormView", "OptionView", "Posted", "RowCommand", "RowView", "initial",
           "parse_posted", "row_command", "view", "with_row_command"]

Choices = Mapping[str, Sequence[Choice]]

_MOST_RADIOS = 4
_WIDGETS = {"longtext": "textarea", "date": "date", "datetime": "datetime-local", "phone": "tel", "group": "group"}
_INPUT_MODES = {"money": "decimal", "decimal": "decimal", "integer": "numeric", "phone": "tel"}
_LENGTHS = {"text": TEXT_LENGTH, "longtext": LONGTEXT_LENGTH, "identity_number": 18, "credit_code": 18, "phone": 20}
_YES_NO = (Choice("true", "是"), Choice("false", "否"))


@dataclass(frozen=True)
class OptionView:
    """One option of a choice: the posted value, its label, whether it is chosen, the id of its control."""

    value: str
    label: str
    chosen: bool
    id: str


@dataclass(frozen=True)
class ErrorView:
    """One line of the error summary: the id to jump to ("" when no field is meant) and the sentence."""

    target: str
    message: str


@dataclass(frozen=True)
class FieldView:
    """One question as it is shown.

    id: of the control (or of the first option); name: as posted; widget: text, tel, textarea, date, datetime-local,
    select, multiple, radio, checkbox, checkboxes or group; value: the text in the control; text: the answer for
    reading; conditional: it is asked only in some cases; shown: those cases hold now; controls: other questions
    depend on it.
    """

    id: str
    name: str
    label: str
    type: str
    widget: str
    value: str
    text: str
    options: tuple[OptionView, ...]
    help: str
    basis: str
    error: str
    required: bool
    conditional: bool
    shown: bool
    controls: bool
    inputmode: str
    maxlength: int | None
    rows: tuple[RowView, ...] = ()
    add: str = ""

    @property
    def described_by(self) -> str:
        """The ids of help and error, for aria-describedby; empty when there is neither."""
        return " ".join(f"{self.id}-{part}" for part in ("help", "error")
                        if (self.error if part == "error" else self.help or self.basis))


@dataclass(frozen=True)
class RowView:
    """One row of a group: its number as people count, its questions, the name of its remove button."""

    number: int
    id: str
    fields: tuple[FieldView, ...]
    remove: str


@dataclass(frozen=True)
class FormView:
    """A whole form as it is shown; errors lists every fault in order, for the summary at the top."""

    id: str
    title: str
    introduction: str
    basis: str
    fields: tuple[FieldView, ...]
    errors: tuple[ErrorView, ...]


def initial(form: Form) -> dict[str, object]:
    """The raw values with which an empty form opens: the defaults of its file."""
    return {field.key: field.default for field in form.fields if field.default is not None}


def view(form: Form, raw_values: Mapping[str, object], faults: Iterable[Fault], choices: Choices) -> FormView:
    """The form with these answers and faults.

    raw_values: as parse_posted or to_plain give them; choices: options by field key, or by "officer" for every
    officer question (an officer question without options becomes a text input).
    """
    every = tuple(faults)
    messages: dict[str, str] = {}
    for fault in every:
        messages.setdefault(fault.where, fault.message)
    builder = _Builder(choices, messages)
    fields = tuple(builder.field(field, form.fields, raw_values, "", "") for field in form.fields)
    errors = tuple(ErrorView(builder.targets.get(fault.where, ""), fault.message) for fault in every)
    return FormView(form.id, form.title, form.introduction, form.basis, fields, errors)


class _Builder:
    def __init__(self, choices: Choices, messages: Mapping[str, str]) -> None:
        self.choices = choices
        self.messages = messages
        self.targets: dict[str, str] = {}

    def field(self, field: Field, beside: Sequence[Field], raw: Mapping[str, object], prefix: str,
              path: str) -> FieldView:
        name, where = prefix + field.key, path + field.key
        value = raw.get(field.key)
        control = f"field-{name}"
        options = self._options(field, value, control)
        widget = _widget(field, options)
        first = options[0].id if options and widget in ("radio", "checkboxes") else control
        self.targets[where] = first
        shown = field.shown_when is None or _holds(field.shown_when, beside, raw)
        required = _required(field, beside, raw)
        conditions = [one for one in (field.shown_when, field.required_when) if one]
        return FieldView(
            id=control, name=name, label=field.label, type=field.type, widget=widget, value=_value(field, value),
            text=_text(field, value, options), options=options, help=field.help, basis=field.basis,
            error=self.messages.get(where, ""), required=required,
            conditional=bool(conditions), shown=shown,
            controls=any(field.key in one.names for other in beside
                         for one in (other.shown_when, other.required_when) if one),
            inputmode=_INPUT_MODES.get(field.type, ""), maxlength=field.max_length or _LENGTHS.get(field.type),
            rows=self._rows(field, value, name, where, int(required and shown)), add=f"add:{field.key}" if field.type == "group" else "",
        )

    def _rows(self, field: Field, value: object, name: str, where: str, least: int) -> tuple[RowView, ...]:
        if not isinstance(field, FormGroup):
            return ()
        given = [row if isinstance(row, Mapping) else {} for row in value] if isinstance(value, list) else []
        given += [{}] * (max(field.minimum_rows, least) - len(given))
        rows = []
        for place, row in enumerate(given):
            path = f"{where}[{place}]"
            self.targets[path] = f"field-{name}-{place}"
            fields = tuple(self.field(one, field.fields, row, f"{name}-{place}-", f"{path}.") for one in field.fields)
            rows.append(RowView(place + 1, f"field-{name}-{place}", fields, f"remove:{name}-{place}"))
        return tuple(rows)

    def _options(self, field: Field, value: object, control: str) -> tuple[OptionView, ...]:
        if field.type == "boolean":
            offered: Sequence[Choice] = (Choice("true", "确认"),) if field.must else _YES_NO
        elif field.type in ("officer", "officers"):
            offered = self.choices.get(field.key) or self.choices.get("officer") or ()
        else:
            offered = field.choices
        chosen = {_scalar(one) for one in (value if isinstance(value, list) else [value]) if one is not None}
        return tuple(OptionView(one.code, one.label, one.code in chosen, f"{control}-{place}")
                     for place, one in enumerate(offered))


def _widget(field: Field, options: Sequence[OptionView]) -> str:
    if field.type == "boolean":
        return "checkbox" if field.must else "radio"
    if field.type == "codes":
        return "checkboxes"
    if field.type == "officers":
        return "checkboxes" if options else "text"
    if field.type == "officer":
        return "select" if options else "text"
    if field.type == "code":
        return "radio" if field.required and len(options) <= _MOST_RADIOS else "select"
    return _WIDGETS.get(field.type, "text")


def _required(field: Field, beside: Sequence[Field], raw: Mapping[str, object]) -> bool:
    return field.required or (field.required_when is not None and _holds(field.required_when, beside, raw))


def _holds(condition: Condition, beside: Sequence[Field], raw: Mapping[str, object]) -> bool:
    """The condition over raw answers; an answer that is not valid yet counts as not given."""
    typed: dict[str, object] = {}
    for field in beside:
        kind = FIELD_TYPES.get(field.type)
        if kind is None or field.key not in condition.names:
            continue
        try:
            value = kind.clean(raw.get(field.key))
            typed[field.key] = None if value in (None, "", []) else kind.typed(field, value)
        except (FieldFault, TypeError, ValueError, ArithmeticError, AttributeError):
            typed[field.key] = None
    return condition.holds(typed)


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(field: Field, value: object) -> str:
    if value is None or isinstance(value, Mapping) or isinstance(field, FormGroup):
        return ""
    text = "、".join(map(str, value)) if isinstance(value, list) else _scalar(value)
    if field.type != "datetime":
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    local = moment.astimezone(LEGAL_TIME_ZONE) if moment.tzinfo else moment
    return local.replace(tzinfo=None).isoformat(timespec="minutes")


def _text(field: Field, value: object, options: Sequence[OptionView]) -> str:
    chosen = [option.label for option in options if option.chosen]
    if chosen:
        return "、".join(chosen)
    return _value(field, value).replace("T", " ") if field.type == "datetime" else _value(field, value)
