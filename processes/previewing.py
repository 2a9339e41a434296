"""What a step would make, before it is handed in: the step is carried out in a transaction that is given up, its documents are read.

So the preview is refused by the same rules as the step, and shows the very text that would be printed. Nothing of it stays: no number
is taken, nothing is queued, nothing is journalled, for nothing was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from documents.drafting import paragraphs
from documents.operations import DRAFT, ISSUE
from engine.cases.document_records import DocumentRecord
from engine.cases.superseding import everything
from engine.workflow.parsing import Node, Procedure
from engine.workflow.tasks import find_item
from processes.bundles import Bundle
from processes.host import Host
from processes.running import complete_within, let_time_pass

NUMBER_LATER = "（提交时取号）"
MAKING = frozenset({ISSUE, DRAFT})


@dataclass(frozen=True)
class PreviewedDocument:
    """One document that the step would make: its title and its paragraphs."""

    title: str
    paragraphs: list[str]


class _GivenUp(Exception):
    """Takes the transaction back."""


def makes_documents(procedure: Procedure, node: Node) -> bool:
    """Whether, in its own diagram, a step may lead to documents before the next step of a person: what decides on offering a preview."""
    seen, todo = set[str](), [node.id]
    while todo:
        for flow in procedure.after(todo.pop()):
            target = procedure.nodes[flow.target]
            if target.operation in MAKING and target.documents:
                return True
            if target.id not in seen and target.kind != "userTask" and not target.called:
                seen.add(target.id)
                todo.append(target.id)
    return False


def preview_step(
    host: Host, item_id: int, officer_id: str, form: Mapping[str, Any], *, revision: int | None = None
) -> list[PreviewedDocument]:
    """The documents that the step would make with these answers, none when it would make none; refused as the step would be."""
    with host.database.reading() as session:
        case = find_item(session, item_id).case
        case_id, bundle = case.id, host.bundle(session, case.release_digest)
    let_time_pass(host, case_id)
    host.keep_registers_current()
    made: list[tuple[str, str, str, dict[str, Any]]] = []
    try:
        with host.database.writing() as session:
            last = session.scalar(select(func.max(DocumentRecord.id)), execution_options=everything()) or 0
            complete_within(host, session, item_id, officer_id, form, revision, host.clock.now(), None, in_time=True)
            query = select(DocumentRecord).where(DocumentRecord.case_id == case_id, DocumentRecord.id > last).order_by(DocumentRecord.id)
            made = [(row.kind, row.title, row.number, row.snapshot) for row in session.scalars(query)]
            raise _GivenUp
    except _GivenUp:
        return [PreviewedDocument(title, _text(host, bundle, kind, number, snapshot)) for kind, title, number, snapshot in made]


def _text(host: Host, bundle: Bundle, kind: str, number: str, snapshot: Mapping[str, Any]) -> list[str]:
    texts = paragraphs(bundle.templates[kind].fill(snapshot, host.files.get))
    return [text.replace(number, NUMBER_LATER) for text in texts] if number else texts
