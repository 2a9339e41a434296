"""The package's choices of amounts, as values for the law functions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.law.penalties import Thresholds

_STRICT = Thresholds()


def thresholds(settings: Mapping[str, Any]) -> Thresholds:
    """Amounts from which a hearing is due or a case is major; what a package leaves out keeps the strict default."""
    return Thresholds(
        hearing_fine_person=Decimal(settings.get("hearing_fine_person", _STRICT.hearing_fine_person)),
        hearing_fine_organisation=Decimal(settings.get("hearing_fine_organisation", _STRICT.hearing_fine_organisation)),
        sole_trader_counts_as_person=bool(
            settings.get("sole_trader_counts_as_person", _STRICT.sole_trader_counts_as_person)
        ),
        collective_discussion_fine=Decimal(
            settings.get("collective_discussion_fine", _STRICT.collective_discussion_fine)
        ),
    )
