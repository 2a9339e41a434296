"""The rehearsal installation that the tests of running cases use."""

from __future__ import annotations

from tests.processes.conftest import host as host
from tests.processes.conftest import pattern as pattern
