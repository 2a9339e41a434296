"""The law on which a case rests, as it read on a day: kept with every document, so that it can be asked years later."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from engine.cases.cases import Case
from engine.registers.versions import on_day


def law_in_force(session: Session, case: Case, day: date) -> list[dict[str, Any]]:
    """The clauses on which the case's item rests, with the version of statute and clause in force on a day.

    A basis that is not linked to the statute register has no version: then `since` is empty and the text is the item's own.
    """
    rows = []
    for basis in case.item.legal_bases:
        clause = on_day(session, "clause", basis.clause, day) if basis.clause else None
        statute = on_day(session, "statute", basis.clause.split("|", 1)[0], day) if basis.clause else None
        rows.append({
            "statute": basis.statute, "article": basis.article, "text": str(clause.data["text"]) if clause else basis.text,
            "statute_since": statute.valid_from if statute else None, "since": clause.valid_from if clause else None,
            "version": clause.version if clause else None, "digest": clause.digest if clause else "",
        })
    return rows
