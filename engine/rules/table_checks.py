"""Finds what is wrong with decision tables without running them."""

from __future__ import annotations

from engine.errors import Fault
from engine.rules.requirements import Model


def check_tables(model: Model) -> list[Fault]:
    """The faults kept while reading."""
    return list(model.faults)
