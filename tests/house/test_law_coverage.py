"""docs/law-coverage.md tells the truth about the time limits and their due dates."""

from __future__ import annotations

import pytest

from tests.house import law_coverage
from tests.house.coverage import Requirement


def test_law_coverage_document_agrees_with_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert law_coverage.main(["--check"]) == 0, f"run `make coverage`\n{capsys.readouterr().out}"


def test_a_limit_that_nobody_implements_must_be_excused(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [*law_coverage.asked(), Requirement("TL_NEW", "某法 第一条", "新期限")]
    with pytest.raises(ValueError, match="TL_NEW"):
        law_coverage.report(wanted)
    monkeypatch.setattr(law_coverage, "NOT_IMPLEMENTED", {"TL_NEW": "尚未施行"})
    assert "- TL_NEW：尚未施行。" in law_coverage.report(wanted)


def test_a_limit_cannot_be_implemented_and_excused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(law_coverage, "NOT_IMPLEMENTED", {"TL_PAY": "没有原因"})
    with pytest.raises(ValueError, match="TL_PAY"):
        law_coverage.report(law_coverage.asked())
