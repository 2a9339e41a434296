"""The installation of `tests/processes`."""

from tests.processes.conftest import host

__all__ = ["host"]
