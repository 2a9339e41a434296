"""What a kind of document is: title, number, seal and the contents that the law demands of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.cases.cases import STATUSES
from engine.errors import Fault, Invalid, PackageFault
from engine.law.wording import format_number

USUAL_STATUSES = ("FILED", "INVESTIGATING", "REVIEWING", "NOTICED", "DECIDING", "DECIDED", "EXECUTING")
AUDIENCES = frozenset({"internal", "record", "party", "other", "archive"})
_NUMBER_TOKENS: Mapping[str, object] = {
    "abbr": "某", "dom": "某", "year": 2026, "seq": 1, "case_no": "某", "archive_no": "某",
}
_KIND_KEYS = frozenset(
    {"code", "title", "base", "number", "audience", "sealed", "serve", "signers", "retention", "basis", "form", "statuses", "field"}
)
_FIELD_KEYS = frozenset({"name", "element", "source", "required", "required_when"})


@dataclass(frozen=True)
class KindField:
    """One content of a document.

    name: the placeholder in the Word template; element: what the law or the official form calls it; sources: dotted
    paths into the snapshot, the first that is not empty is taken, and `rows[].key` collects from each row;
    required_when: dotted path that must be true for the content to be required.
    """

    name: str
    element: str
    sources: tuple[str, ...]
    required: bool = False
    required_when: str = ""

    @property
    def source(self) -> str:
        """The source that is looked at first."""
        return self.sources[0]


@dataclass(frozen=True)
class DocumentKind:
    """One kind of document as its sidecar file declares it.

    number: pattern of the 文号, empty for a kind without one; form: name of the form in which an officer enters what the
    case does not know yet, read by the sources `entered.<field>`; empty for a kind made from the case alone. statuses: the
    statuses of a case in which such a kind may be made by hand.
    """

    code: str
    title: str
    base: str
    number: str
    audience: str
    sealed: bool
    serve: bool
    signers: tuple[str, ...]
    retention: str
    basis: str
    form: str
    statuses: frozenset[str]
    fields: tuple[KindField, ...]

    @property
    def names(self) -> frozenset[str]:
        """The placeholders that the template may use."""
        return frozenset(field.name for field in self.fields)


def load_kind(text: str, where: str) -> DocumentKind:
    """A kind from the text of its sidecar; PackageFault lists every fault with the file."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        fault = Fault(where, "document.toml", f"文件 {where} 不是有效的 TOML：{error}")
        raise PackageFault(fault.code, fault.message, faults=(fault,)) from None
    faults = _faults(raw, where)
    if faults:
        raise PackageFault(faults[0].code, faults[0].message, faults=tuple(faults))
    return DocumentKind(
        code=raw["code"], title=raw["title"], base=raw.get("base", ""), number=raw.get("number", ""),
        audience=raw.get("audience", "internal"), sealed=raw.get("sealed", False), serve=raw.get("serve", False),
        signers=tuple(raw.get("signers", ())), retention=raw.get("retention", ""), basis=raw.get("basis", ""),
        form=raw.get("form", ""), statuses=frozenset(raw.get("statuses", USUAL_STATUSES)),
        fields=tuple(
            KindField(
                name=row["name"], element=row.get("element", row["name"]), sources=_sources(row["source"]),
                required=row.get("required", False), required_when=row.get("required_when", ""),
            )
            for row in raw["field"]
        ),
    )


def _sources(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else ()


def _faults(raw: Mapping[str, Any], where: str) -> list[Fault]:
    faults = [Fault(where, "document.unknown_key", f"文件 {where} 有不认识的栏目“{key}”") for key in raw if key not in _KIND_KEYS]
    for key in ("code", "title"):
        if not isinstance(raw.get(key), str) or not raw[key]:
            faults.append(Fault(where, "document.key_missing", f"文件 {where} 缺少“{key}”"))
    if raw.get("audience", "internal") not in AUDIENCES:
        faults.append(Fault(where, "document.audience", f"文件 {where} 的 audience“{raw['audience']}”无效"))
    statuses = raw.get("statuses", [])
    if not isinstance(statuses, list) or not all(isinstance(one, str) and one in STATUSES for one in statuses):
        faults.append(Fault(where, "document.statuses", f"文件 {where} 的 statuses 应当是案件状态代码的列表，如 {'、'.join(USUAL_STATUSES)}"))
    for key in ("sealed", "serve"):
        if not isinstance(raw.get(key, False), bool):
            faults.append(Fault(where, "document.key_type", f"文件 {where} 的“{key}”应当是 true 或者 false"))
    try:
        format_number(str(raw.get("number", "")), **_NUMBER_TOKENS)
    except PackageFault as error:
        faults.append(Fault(where, error.code, error.message))
    fields = raw.get("field")
    if not isinstance(fields, list) or not fields or not all(isinstance(row, dict) for row in fields):
        return [*faults, Fault(where, "document.key_missing", f"文件 {where} 没有声明任何内容（[[field]]）")]
    seen: set[str] = set()
    for row in fields:
        faults += _field_faults(row, seen, where)
    return faults


def _field_faults(row: Mapping[str, Any], seen: set[str], where: str) -> list[Fault]:
    name = row.get("name")
    if not isinstance(name, str) or not name.isidentifier():
        return [Fault(where, "document.field_name", f"文件 {where} 中内容的名称“{name}”不能作为占位符")]
    faults = [
        Fault(where, "document.unknown_key", f"文件 {where} 的“{name}”有不认识的栏目“{key}”") for key in row if key not in _FIELD_KEYS
    ]
    if name in seen:
        faults.append(Fault(where, "document.field_twice", f"文件 {where} 重复声明了“{name}”"))
    seen.add(name)
    sources = _sources(row.get("source"))
    paths = [*sources, row.get("required_when") or "ok"]
    if not sources or not all(isinstance(path, str) and _is_path(path) for path in paths):
        faults.append(Fault(where, "document.field_source", f"文件 {where} 的“{name}”没有有效的数据来源"))
    if not isinstance(row.get("required", False), bool):
        faults.append(Fault(where, "document.key_type", f"文件 {where} 的“{name}”的 required 应当是 true 或者 false"))
    return faults


def _is_path(path: str) -> bool:
    return all(part.removesuffix("[]").isidentifier() for part in path.split("."))


def template_data(kind: DocumentKind, snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The declared contents and nothing else; Invalid names each content that the law demands and that is missing."""
    data, faults = {}, []
    for field in kind.fields:
        source = taken_source(field, snapshot)
        data[field.name] = value = _plain(_look_up(snapshot, source.split("."))) if source else None
        needed = field.required or bool(field.required_when and _look_up(snapshot, field.required_when.split(".")))
        if needed and is_empty(value):
            basis = f"（{kind.basis}）" if kind.basis else ""
            message = f"《{kind.title}》缺少法定内容“{field.element}”{basis}"
            faults.append(Fault(field.name, "document.field_missing", message))
    if faults:
        raise Invalid(
            "document.field_missing", "；".join(fault.message for fault in faults), faults=tuple(faults), article=kind.basis,
        )
    return data


def taken_source(field: KindField, snapshot: Mapping[str, Any]) -> str:
    """The source from which a content is taken, the first that is not empty; empty when all are."""
    return next((path for path in field.sources if not is_empty(_look_up(snapshot, path.split(".")))), "")


def is_empty(value: object) -> bool:
    """Whether nothing has been filled in; False and 0 are answers."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def _look_up(value: Any, path: Sequence[str]) -> Any:
    for position, part in enumerate(path):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part.removesuffix("[]"))
        if part.endswith("[]"):
            rows = value if isinstance(value, list | tuple) else ()
            return [found for row in rows if not is_empty(found := _look_up(row, path[position + 1:]))]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, str | bool | int | Decimal | date):
        return value
    raise Invalid("document.value", f"文书数据中有不能写入文书的内容（{type(value).__name__}）")
