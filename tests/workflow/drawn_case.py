"""A case of a department's own procedure, drawn from a few lines of text and published as a package; every step has the same form."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.procedure import FORM, MANIFEST
from engine.cases.cases import find_case
from engine.workflow.tasks import OPEN, items_of_case
from processes.host import Host
from processes.opening import open_case
from processes.publishing import publish
from tests.workflow.sketches import draw

LEAD, ITEM = "YJWH0101", "SCJG-CF-0122-01"
STEP = '<documentation>如实填写。</documentation><extensionElements><zhifa:step form="note" tag="" article="" /></extensionElements>'
ANSWER = {"note": "办理情况", "on": "2026-03-02"}


def lane(*nodes: str) -> str:
    """The lane of the lead officer, in which all nodes lie."""
    inside = "".join(f"<flowNodeRef>{node}</flowNodeRef>" for node in nodes)
    return f'<laneSet id="lanes"><lane id="lane_lead_officer" name="办案人员">{inside}</lane></laneSet>'


def drawn_case(host: Host, folder: Path, text: str, before: str = "") -> int:
    """Publish the drawing as package and procedure `drawn` and open a case of it; before stands beside the process."""
    package = folder / "shelf" / "drawn"
    (package / "forms").mkdir(parents=True)
    (package / "procedures").mkdir()
    (package / "package.toml").write_text(MANIFEST.replace("bench", "drawn"), encoding="utf-8")
    (package / "forms" / "note.toml").write_text(FORM, encoding="utf-8")
    (package / "procedures" / "drawn.bpmn").write_bytes(draw(text, process="drawn", before=before))
    publish(replace(host, settings=replace(host.settings, shelves=(folder / "shelf",))), "drawn", "YJWH0001")
    found = open_case(host, LEAD, "drawn", ITEM, package="drawn")
    with host.database.writing() as session:
        find_case(session, found).lead_officer_id = LEAD
    return found


def waiting(host: Host, case_id: int) -> dict[str, int]:
    """The open work items by step; of several instances of one step the last."""
    with host.database.reading() as session:
        return {row.step: row.id for row in items_of_case(session, case_id) if row.state == OPEN}
