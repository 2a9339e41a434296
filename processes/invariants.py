"""Read what the law asks of every package, and hold a package against it before it is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from engine.errors import Fault, PackageFault
from engine.verifier.exploring import USUAL, Bounds
from engine.verifier.invariants import BLOCK, WARN, WATCHED, Invariant, Label
from engine.verifier.meaning import Law
from engine.verifier.memory import Memory
from engine.verifier.standing import STANDING, Standing, hold
from engine.verifier.verdicts import Verdict
from engine.verifier.verifying import Package, verify
from engine.workflow.parsing import Procedure, read_procedure
from processes.bundles import INITIAL, fact_types, files_under
from processes.manifest import OWN_SHELF, Manifest, read_manifest, read_toml

FILE = "invariants.toml"
SETS = ("first", "after", "through", "then", "where")
RULES = ("labels", "others", "roles", "limits", "operations")


def national_law() -> tuple[Law, tuple[Standing, ...]]:
    """The invariants that bind every package; no package can replace them."""
    return read_law((OWN_SHELF / "national" / FILE).read_bytes(), f"national/{FILE}")


def law_of(contents: Mapping[str, bytes]) -> tuple[Law, tuple[Standing, ...]]:
    """The national invariants with those that the package adds; PackageFault when it touches a national one."""
    law, rules = national_law()
    own = (OWN_SHELF / "national" / FILE).read_bytes()
    if contents.get(FILE, own) == own:
        return law, rules
    added, more = read_law(contents[FILE], FILE)
    theirs: dict[str, Invariant | Standing] = {each.id: each for each in added.invariants}
    theirs |= {each.id: each for each in more}
    ours: tuple[Invariant | Standing, ...] = (*law.invariants, *rules)
    for known in ours:
        if known.id in theirs and theirs[known.id] != known:
            raise _fault(FILE, "invariants.weakened", f"{FILE} 改动了全国通用的规则 {known.id}“{known.text}”（{known.article}）")
    for key, label in added.labels.items():
        if law.labels.get(key, label) != label:
            raise _fault(FILE, "invariants.weakened", f"{FILE} 改动了全国通用的环节含义 {key}")
    for operation, facts in added.effects.items():
        if law.effects.get(operation, facts) != facts:
            raise _fault(FILE, "invariants.weakened", f"{FILE} 改动了操作 {operation} 对事实的影响")
    fixed = {each.id for each in ours}
    return (
        Law({**added.labels, **law.labels}, (*law.invariants, *(each for each in added.invariants if each.id not in fixed)),
            {**added.effects, **law.effects}, {**added.facts, **law.facts}),
        (*rules, *(each for each in more if each.id not in fixed)),
    )


def read_law(data: bytes, where: str) -> tuple[Law, tuple[Standing, ...]]:
    """Read labels, effects, invariants and standing rules; PackageFault names what is wrong."""
    table = read_toml(data, where)
    try:
        labels = {key: _label(key, row) for key, row in table.get("labels", {}).items()}
        invariants = tuple(_invariant(row, labels) for row in table.get("invariants", ()))
        rules = tuple(_standing(row, labels) for row in table.get("standing", ()))
    except (KeyError, TypeError, ValueError) as error:
        raise _fault(where, "invariants.table", f"{where} 缺少或者写错了 {error}") from error
    return Law(labels, invariants, table.get("effects", {}), table.get("facts", {})), rules


def hold_against_law(
    contents: Mapping[str, bytes], *, bounds: Bounds = USUAL, memory: Memory | None = None
) -> list[Verdict]:
    """All verdicts on a package's files as they run: invariants, soundness, and rules about single steps.

    PackageFault when its own rules touch the national ones, or when its procedures cannot be put together.
    """
    manifest = read_manifest(contents)
    law, rules = law_of(contents)
    procedures = {
        stem: read_procedure(data, f"procedures/{stem}.bpmn")
        for stem, data in files_under(contents, "procedures", ".bpmn").items()
    }
    package = package_of(manifest, procedures)
    return [*verify(package, law, bounds=bounds, memory=memory), *hold(rules, procedures, law, manifest.settings)]


def package_of(manifest: Manifest, procedures: Mapping[str, Procedure]) -> Package:
    """What the verifier needs to know of a package."""
    initial = {name: INITIAL[kind] for name, kind in manifest.facts.items()}
    return Package(procedures, tuple(manifest.procedures), fact_types(manifest), initial)


def faults(verdicts: Iterable[Verdict]) -> list[Fault]:
    """The verdicts for which a package must not be published, as faults with article and path."""
    return [_told(each) for each in verdicts if each.refuses]


def warnings(verdicts: Iterable[Verdict]) -> list[Fault]:
    """The verdicts that a publisher should see, but may publish with."""
    return [_told(each) for each in verdicts if each.level == WARN and each.outcome != "holds"]


def _told(verdict: Verdict) -> Fault:
    if verdict.outcome == "violated":
        return Fault(verdict.where, f"law.{verdict.id}", f"违反“{verdict.text}”：{verdict.sentence}")
    message = f"不能证明“{verdict.text}”（{verdict.article}）：{verdict.reason}"
    return Fault(verdict.where or f"procedures/{verdict.procedure}.bpmn", f"law.{verdict.id}", message)


def _label(key: str, row: Mapping[str, Any]) -> Label:
    _known(row, {"name", "operations", "tag", "limits", "when", "by_time"})
    return Label(
        key, str(row["name"]), frozenset(row.get("operations", ())), row.get("tag", False) is True,
        frozenset(row.get("limits", ())), str(row.get("when", "")), row.get("by_time", False) is True,
    )


def _invariant(row: Mapping[str, Any], labels: Mapping[str, Label]) -> Invariant:
    _known(row, {"id", "article", "level", "text", "kind", "holds", "when", *SETS})
    if row["kind"] not in WATCHED or row["level"] not in (BLOCK, WARN):
        raise ValueError(f"{row['id']}：kind 或者 level")
    sets = {name: frozenset(map(str, row.get(name, ()))) for name in SETS}
    _declared(str(row["id"]), frozenset[str]().union(*sets.values()), labels)
    return Invariant(
        str(row["id"]), str(row["article"]), str(row["level"]), str(row["text"]), str(row["kind"]),
        holds=str(row.get("holds", "")), when=str(row.get("when", "")), **sets,
    )


def _standing(row: Mapping[str, Any], labels: Mapping[str, Label]) -> Standing:
    _known(row, {"id", "article", "level", "text", "kind", "key", "minimum", "maximum", *RULES})
    if row["kind"] not in STANDING or row["level"] not in (BLOCK, WARN):
        raise ValueError(f"{row['id']}：kind 或者 level")
    sets = {name: frozenset(map(str, row.get(name, ()))) for name in RULES}
    _declared(str(row["id"]), sets["labels"] | sets["others"], labels)
    minimum, maximum = (None if name not in row else Decimal(str(row[name])) for name in ("minimum", "maximum"))
    return Standing(
        str(row["id"]), str(row["article"]), str(row["level"]), str(row["text"]), str(row["kind"]), key=str(row.get("key", "")),
        minimum=minimum, maximum=maximum, **sets,
    )


def _declared(rule: str, used: Iterable[str], labels: Mapping[str, Label]) -> None:
    for key in used:
        if ":" not in key and key not in labels:
            raise ValueError(f"{rule}：没有声明环节含义 {key}")


def _known(row: Mapping[str, Any], words: set[str]) -> None:
    if strange := sorted(set(row) - words):
        raise ValueError(f"{row.get('id', '')} 不认识的词 {strange[0]}")


def _fault(where: str, code: str, message: str) -> PackageFault:
    return PackageFault(code, message, faults=(Fault(where, code, message),))
