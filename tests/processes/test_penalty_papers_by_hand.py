"""The penalty papers of the national package made by hand in a case: every one that is offered is filled, one is printed."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from engine.cases.document_records import AWAITING, find_document
from engine.clock import at_legal_midnight
from engine.registers.agencies import find_officer
from processes.making import begin, make_by_hand, offered, preview
from processes.queue import drain
from tests.builders import a_case, host_in
from tests.documents.entered import samples

SAMPLES = samples("entered_penalty.toml")
LEAD = "YJWH0101"


def test_every_penalty_paper_that_is_offered_can_be_filled_and_printed(pattern: Path, tmp_path: Path, fonts: Path) -> None:
    shutil.copytree(pattern, tmp_path / "installation")
    host = host_in(tmp_path / "installation")
    case = a_case(host).until("choose_act").case_id
    host.clock.set(at_legal_midnight(date(2026, 3, 10)))  # type: ignore[attr-defined]
    with host.database.reading() as session:
        found, bundle, _ = begin(host, session, case, LEAD, "DOC-19")
        codes = [kind.code for kind in offered(bundle, found, find_officer(session, LEAD), host) if kind.code in SAMPLES]
    assert len(codes) >= 20
    for code in codes:
        text = "".join(preview(host, case, LEAD, code, SAMPLES[code]["entered"]))
        assert SAMPLES[code]["phrases"][0] in text
    made = make_by_hand(host, case, LEAD, "DOC-19", SAMPLES["DOC-19"]["entered"])
    assert drain(host, case) == 0
    with host.database.reading() as session:
        record = find_document(session, made)
        assert (record.number, record.state, record.pages) == ("云望市监登存〔2026〕1号", AWAITING, 2)
    host.close()
