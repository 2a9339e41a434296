"""A case of the national package in the middle of its life is moved: limits, documents and discretion stay what they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine import journal
from engine.cases.cases import find_case
from engine.cases.document_records import DRAFTED, DocumentRecord
from engine.cases.limits import CaseLimit
from engine.workflow.mapping import Renaming
from engine.workflow.releases import Release
from processes import migrating
from processes.host import Host
from processes.migrating import apply, revert
from processes.migration_plans import Planner, planner
from processes.publishing import publish
from tests.builders import CaseBuilder, a_case, copied_package

ADMIN = "YJWH0001"
ACCEPTED = Renaming(accepted={"standards": "新基准处罚较轻，适用新规定"})


def changed(host: Host, shelf: Path, edits: Mapping[str, tuple[str, ...]]) -> Release:
    """Publish the national package with texts replaced."""
    folder = copied_package(shelf)
    for path, pairs in edits.items():
        text = (folder / path).read_text(encoding="utf-8")
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert old in text
            text = text.replace(old, new) if old else new + text
        (folder / path).write_text(text, encoding="utf-8")
    return publish(replace(host, settings=replace(host.settings, shelves=(shelf,))), "national", ADMIN)


def plans(host: Host, case: CaseBuilder, new: Release, renaming: Renaming | None = None) -> Planner:
    with host.database.reading() as session:
        return planner(host, session, "national", find_case(session, case.case_id).release_digest, new.digest, renaming)


def rows(host: Host, kind: Any, *names: str) -> list[tuple[Any, ...]]:
    with host.database.reading() as session:
        return [tuple(getattr(row, name) for name in names) for row in session.scalars(select(kind).order_by(kind.id))]


@pytest.mark.rule("INV-A15")
def test_a_case_in_the_middle_of_its_life_is_moved_and_ends_like_any_other(host: Host, tmp_path: Path) -> None:
    case = a_case(host).until("case_review")
    new = changed(host, tmp_path / "shelf", {
        "package.toml": ("[settings]", "[settings]\ndefence_window_working_days = 9"),
        "procedures/execution.bpmn": ("审批结案", "批准结案"), "templates/DOC-10.toml": ("", "# 改过\n"),
        "decisions/price_gouging.toml": ("", "# 改过\n"),
    })
    limits, documents = (rows(host, kind, *names) for kind, names in (
        (CaseLimit, ("limit_id", "started_at", "due_on", "due_at", "ended_at", "trace")),
        (DocumentRecord, ("kind", "number", "state", "word", "pdf", "snapshot")),
    ))
    refused = apply(host, plans(host, case, new), case.case_id, ADMIN, "适用新版")
    assert refused.outcome == migrating.REFUSED and "裁量基准" in refused.message

    found = plans(host, case, new, ACCEPTED)
    with host.database.reading() as session:
        plan = found.plan(session, case.case_id)
    assert plan.verdict.can_move and any("届满日仍为" in note for note in plan.verdict.notes)
    assert apply(host, found, case.case_id, ADMIN, "适用新版").outcome == migrating.MOVED
    assert rows(host, CaseLimit, "limit_id", "started_at", "due_on", "due_at", "ended_at", "trace") == limits
    assert rows(host, DocumentRecord, "kind", "number", "state", "word", "pdf", "snapshot") == documents
    revert(host, case.case_id, ADMIN, "暂缓")
    apply(host, found, case.case_id, ADMIN, "适用新版")

    case.until("")
    assert case.open_items() == []
    with host.database.reading() as session:
        assert journal.verify(session)[1] == []
        told = [entry.read_facts() for entry in journal.entries(session, case.case_id) if entry.act == "case.migrated"]
    assert told[0]["mapping"]["accepted"] == dict(ACCEPTED.accepted)


def test_what_is_being_made_keeps_its_template_and_a_statutory_step_is_not_passed_over(host: Host, tmp_path: Path) -> None:
    case = a_case(host).until("case_review")
    with host.database.writing() as session:
        record = session.scalars(select(DocumentRecord).order_by(DocumentRecord.id)).first()
        assert record is not None
        record.state, kind = DRAFTED, record.kind
    new = changed(host, tmp_path / "shelf", {
        f"templates/{kind}.toml": ("", "# 改过\n"),
        "procedures/evidence.bpmn": ("evidence_review", "review_of_evidence", 'form="review_of_evidence"', 'form="evidence_review"'),
    })
    with host.database.reading() as session:
        verdict = plans(host, case, new).plan(session, case.case_id).verdict
    codes = {one.code: one for one in verdict.hindrances}
    assert set(codes) == {"migration.document", "migration.statutory"}
    assert codes["migration.statutory"].article == "行政处罚法 第三十八条第二款" and codes["migration.statutory"].acceptable
    accepted = Renaming(elements={"evidence": {"evidence_review": "review_of_evidence"}})
    with host.database.reading() as session:
        verdict = plans(host, case, new, accepted).plan(session, case.case_id).verdict
    assert [one.code for one in verdict.hindrances] == ["migration.document"]
