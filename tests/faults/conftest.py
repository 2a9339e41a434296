"""The installations of `tests/processes`, for the faults that are injected here."""

from __future__ import annotations

from tests.processes.conftest import host

__all__ = ["host"]
