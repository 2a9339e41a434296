"""Check a package before anything of it runs: every fault is named with its file and element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from documents.kinds import DocumentKind, load_kind
from documents.merging import check_template
from documents.provenance import ROOTS
from engine.cases.weighing import DECLARED
from engine.errors import Fault, PackageFault
from engine.law.local_rules import check_settings
from engine.law.scopes import check_limit_settings
from engine.law.time_limits import load_limits
from engine.workflow import lint
from engine.workflow.parsing import Procedure, read_procedure
from forms.schema import Form, FormGroup, load_form
from processes import choosing, invariants
from processes.bundles import asked_by_name, code_lists, fact_types, files_under, make_bundle, standard_tables
from processes.decision_models import check_inputs, read_models
from processes.host import OPERATIONS
from processes.manifest import read_manifest


def check_package(contents: Mapping[str, bytes]) -> list[Fault]:
    """All faults of a package's files; an empty list means that it may be published.

    Whatever is well-formed is then held against the law, run by run (行政处罚法 第三十八条第二款).
    """
    faults: list[Fault] = []
    try:
        manifest = read_manifest(contents)
        lists, facts = code_lists(contents), fact_types(manifest)
    except PackageFault as error:
        return _faults_of(error, "package.toml")
    forms, procedures, kinds = _forms(contents, lists, faults), _procedures(contents, faults), _kinds(contents, faults)
    decisions, faulty_decisions = read_models(asked_by_name(contents))
    faults += faulty_decisions
    faults += lint.check_procedures(
        procedures, facts, forms=forms, documents=kinds, operations=OPERATIONS, limits=load_limits(), decisions=decisions
    )
    faults += check_inputs(procedures, decisions, facts)
    faults += [
        Fault("package.toml", "package.procedure", f"package.toml 登记的程序“{name}”没有流程文件")
        for name in manifest.procedures if name not in procedures
    ]
    if not manifest.procedures:
        faults.append(Fault("package.toml", "package.procedure", "package.toml 没有登记任何可以立案的程序（[procedures.…]）"))
    faults += choosing.faults(manifest, forms)
    faults += _sources(kinds, forms)
    faults += check_limit_settings(manifest.settings.get("limits", {}))
    faults += check_settings(manifest.settings)
    faults += _standards(contents, forms, lists.get("DISCRETION_STANDARD", {}))
    if not faults:
        try:
            make_bundle(contents)
        except PackageFault as error:
            faults += _faults_of(error, "package.toml")
    if not faults:
        try:
            faults += invariants.faults(invariants.hold_against_law(contents))
        except PackageFault as error:
            faults += _faults_of(error, invariants.FILE)
    return faults


def package_warnings(contents: Mapping[str, bytes]) -> list[Fault]:
    """What a publisher should see of a package without faults, although it may be published."""
    return invariants.warnings(invariants.hold_against_law(contents))


def _forms(contents: Mapping[str, bytes], lists: Any, faults: list[Fault]) -> dict[str, Form]:
    forms = {}
    for stem, data in files_under(contents, "forms", ".toml").items():
        try:
            forms[stem] = load_form(data.decode(), f"forms/{stem}.toml", lists)
        except (PackageFault, UnicodeDecodeError) as error:
            faults += _faults_of(error, f"forms/{stem}.toml")
    return forms


def _procedures(contents: Mapping[str, bytes], faults: list[Fault]) -> dict[str, Procedure]:
    procedures = {}
    for stem, data in files_under(contents, "procedures", ".bpmn").items():
        where = f"procedures/{stem}.bpmn"
        try:
            procedures[stem] = read_procedure(data, where)
            if procedures[stem].id != stem:
                faults.append(Fault(where, "bpmn.process", f"流程标识“{procedures[stem].id}”应当与文件名“{stem}”相同"))
        except PackageFault as error:
            faults += _faults_of(error, where)
    return procedures


def _kinds(contents: Mapping[str, bytes], faults: list[Fault]) -> dict[str, DocumentKind]:
    kinds = {}
    words = files_under(contents, "templates", ".docx")
    for stem, data in files_under(contents, "templates", ".toml").items():
        where = f"templates/{stem}.toml"
        try:
            kinds[stem] = load_kind(data.decode(), where)
        except (PackageFault, UnicodeDecodeError) as error:
            faults += _faults_of(error, where)
            continue
        if stem not in words:
            faults.append(Fault(where, "template.missing", f"《{kinds[stem].title}》没有 Word 模板 templates/{stem}.docx"))
            continue
        faults += check_template(words[stem], kinds[stem])
    return kinds


def _sources(kinds: Mapping[str, DocumentKind], forms: Mapping[str, Form]) -> list[Fault]:
    """A placeholder that draws on a form must name a form and a field that exist, of a step or of the kind's own form."""
    faults = []
    for code, kind in kinds.items():
        where = f"templates/{code}.toml"
        if kind.form and kind.form not in forms:
            faults.append(Fault(where, "template.form", f"文件 {where} 的《{kind.title}》要用表单“{kind.form}”，但没有 forms/{kind.form}.toml"))
            continue
        for field, source in ((one, path) for one in kind.fields for path in one.sources):
            parts = source.replace("[]", "").split(".")
            if parts[0] == "entered":
                parts = ["forms", kind.form, *parts[1:]]
            elif parts[0] not in ROOTS:
                message = f"文件 {where} 中《{kind.title}》的“{field.name}”取自 {source}，但案件数据没有“{parts[0]}”"
                faults.append(Fault(where, "template.source", message))
                continue
            if parts[0] != "forms" or (len(parts) < 3 and kind.form != parts[1]):
                continue
            if not _asks(forms.get(parts[1]), parts[2:]):
                message = f"文件 {where} 中《{kind.title}》的“{field.name}”取自 {source}，但没有这个表单或者栏目"
                faults.append(Fault(where, "template.source", message))
    return faults


def _asks(form: Form | None, path: Sequence[str]) -> bool:
    """Whether a form has the field of a path, or the label that goes with it; its officer and time are always there."""
    if form is None or not path:
        return False
    if path[0] in ("actor", "at"):
        return len(path) == 1
    found = next((one for one in form.fields if one.key in (path[0], path[0].removesuffix("_name"))), None)
    if found is None or len(path) == 1:
        return found is not None
    inner = {one.key for one in found.fields} if isinstance(found, FormGroup) else set()
    return len(path) == 2 and bool({path[1], path[1].removesuffix("_name")} & inner)


def _standards(contents: Mapping[str, bytes], forms: Mapping[str, Form], offered: Mapping[str, str]) -> list[Fault]:
    """A discretion standard has sound tables, is offered to the officer, and asks only for what a form or the case tells."""
    try:
        tables = standard_tables(contents)
    except PackageFault as error:
        return _faults_of(error, "decisions")
    asked = {field.key for form in forms.values() for field in form.fields} | DECLARED
    faults = []
    for stem, table in tables.items():
        where = f"decisions/{stem}.dmn"
        faults += table.decisions.check()
        if table.code not in offered:
            message = f"《{table.title}》的代码“{table.code}”不在代码集 DISCRETION_STANDARD 中，办案人员无法选用"
            faults.append(Fault(f"decisions/{stem}.toml", "standard.not_offered", message))
        for name in sorted(table.needs() - asked):
            message = f"《{table.title}》的决策表需要因素“{name}”，但没有表单填写它，系统也不能得出"
            faults.append(Fault(where, "standard.factor", message))
    codes = [table.code for table in tables.values()]
    faults += [
        Fault("decisions", "standard.twice", f"裁量基准“{code}”有两张决策表") for code in sorted({c for c in codes if codes.count(c) > 1})
    ]
    return faults


def _faults_of(error: Exception, where: str) -> list[Fault]:
    if isinstance(error, PackageFault):
        return list(error.faults) or [Fault(where, error.code, error.message)]
    return [Fault(where, "package.encoding", f"文件 {where} 不是 UTF-8 编码")]
