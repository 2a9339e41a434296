"""A package made ready to run: procedures, forms, document kinds with their templates, labels and settings."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from documents.kinds import DocumentKind, load_kind
from documents.merging import CompiledTemplate
from engine.cases.standard_tables import StandardTable, read_standard_table
from engine.errors import PackageFault
from engine.rules.conditions import FeelType
from engine.workflow.instances import Blueprint, blueprint
from engine.workflow.parsing import Procedure, read_procedure
from forms.schema import Form, FormGroup, load_code_lists, load_form
from processes.decision_models import read_models
from processes.manifest import Manifest, read_manifest

LARGEST_CACHE = 16
INITIAL: Mapping[str, object] = {"boolean": False, "string": "", "number": 0, "list": ()}


@dataclass(frozen=True)
class Bundle:
    """One release, parsed. blueprints: by the top procedure that a case is opened with; standards: by their codes."""

    manifest: Manifest
    code_lists: Mapping[str, Mapping[str, str]]
    procedures: Mapping[str, Procedure]
    forms: Mapping[str, Form]
    kinds: Mapping[str, DocumentKind]
    templates: Mapping[str, CompiledTemplate]
    blueprints: Mapping[str, Blueprint]
    standards: Mapping[str, StandardTable]

    def initial_facts(self) -> dict[str, Any]:
        """The facts with which every case begins."""
        return {name: INITIAL[kind] for name, kind in self.manifest.facts.items()}

    def label(self, step: str, field: str, value: object) -> str:
        """Chinese label of a code in a step's form; field is dotted inside groups; empty when it carries no code list."""
        form = self.forms.get(step)
        if form is None or not isinstance(value, str):
            return ""
        key, _, inner = field.partition(".")
        found = next((one for one in form.fields if one.key == key), None)
        if inner and isinstance(found, FormGroup):
            found = next((one for one in found.fields if one.key == inner), None)
        return next((choice.label for choice in found.choices if choice.code == value), "") if found else ""


def files_under(contents: Mapping[str, bytes], folder: str, suffix: str) -> dict[str, bytes]:
    """Files of one folder of a package by stem, e.g. forms/*.toml."""
    return {
        PurePosixPath(path).stem: data for path, data in sorted(contents.items())
        if path.startswith(f"{folder}/") and path.endswith(suffix)
    }


def code_lists(contents: Mapping[str, bytes]) -> dict[str, dict[str, str]]:
    """The package's code lists: list id → code → Chinese label."""
    return load_code_lists(contents.get("labels.toml", b"").decode(), "labels.toml")


def standard_tables(contents: Mapping[str, bytes]) -> dict[str, StandardTable]:
    """The discretion standards of a package by file stem: decisions/*.toml with the decision tables beside them."""
    tables = files_under(contents, "decisions", ".dmn")
    return {
        stem: read_standard_table(data, tables.get(stem, b""), f"decisions/{stem}")
        for stem, data in files_under(contents, "decisions", ".toml").items()
    }


def asked_by_name(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The decision tables that procedures ask by the name of a decision: those that are no discretion standard, by stem."""
    standards = files_under(contents, "decisions", ".toml")
    return {stem: data for stem, data in files_under(contents, "decisions", ".dmn").items() if stem not in standards}


def fact_types(manifest: Manifest) -> dict[str, FeelType]:
    """The declared facts with the types of the rule engine."""
    unknown = [name for name, kind in manifest.facts.items() if kind not in INITIAL]
    if unknown:
        raise PackageFault("package.fact_type", f"package.toml 中事实“{unknown[0]}”的类型“{manifest.facts[unknown[0]]}”无效")
    return {name: FeelType(kind) for name, kind in manifest.facts.items()}


def make_bundle(contents: Mapping[str, bytes]) -> Bundle:
    """Parse all files of a release; PackageFault names the first that is wrong."""
    manifest = read_manifest(contents)
    lists = code_lists(contents)
    procedures = {
        stem: read_procedure(data, f"procedures/{stem}.bpmn")
        for stem, data in files_under(contents, "procedures", ".bpmn").items()
    }
    templates = files_under(contents, "templates", ".docx")
    kinds = {
        stem: load_kind(data.decode(), f"templates/{stem}.toml")
        for stem, data in files_under(contents, "templates", ".toml").items()
    }
    facts = fact_types(manifest)
    decisions, faults = read_models(asked_by_name(contents))
    if faults:
        raise PackageFault(faults[0].code, faults[0].message, faults=tuple(faults))
    return Bundle(
        manifest=manifest, code_lists=lists, procedures=procedures,
        forms={
            stem: load_form(data.decode(), f"forms/{stem}.toml", lists)
            for stem, data in files_under(contents, "forms", ".toml").items()
        },
        kinds=kinds,
        templates=Templates(templates, kinds),
        blueprints={top: blueprint(procedures, top, facts, decisions) for top in manifest.procedures},
        standards={table.code: table for table in standard_tables(contents).values()},
    )


class Templates(Mapping[str, CompiledTemplate]):
    """The Word templates of a release by kind, each compiled when it is first used: a case needs few of the many kinds.

    They were checked one by one before the release was published.
    """

    def __init__(self, words: Mapping[str, bytes], kinds: Mapping[str, DocumentKind]) -> None:
        self._words, self._kinds = {stem: words[stem] for stem in kinds}, kinds
        self._compiled: dict[str, CompiledTemplate] = {}

    def __getitem__(self, stem: str) -> CompiledTemplate:
        """The template of a kind; KeyError when the release has none, PackageFault when it is wrong."""
        if stem not in self._compiled:
            self._compiled[stem] = CompiledTemplate(self._words[stem], self._kinds[stem])
        return self._compiled[stem]

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)


class BundleCache:
    """The bundles used last, by release digest."""

    def __init__(self) -> None:
        self._bundles: OrderedDict[str, Bundle] = OrderedDict()

    def get(self, digest: str, read: Callable[[], Mapping[str, bytes]]) -> Bundle:
        """The bundle of a digest; its files are read only when it is not at hand."""
        if digest not in self._bundles:
            self._bundles[digest] = make_bundle(read())
            if len(self._bundles) > LARGEST_CACHE:
                self._bundles.popitem(last=False)
        self._bundles.move_to_end(digest)
        return self._bundles[digest]
