"""The installation of `tests/processes`."""

from tests.processes.conftest import host, pattern

__all__ = ["host", "pattern"]
