"""The web as gunicorn serves it, over an installation of the tests: `gunicorn 'tests.faults.server:application()'`."""

from __future__ import annotations

import json
import os
from pathlib import Path

from flask import Flask

from tests.faults.driver import Installation
from web.app import create_app


def application() -> Flask:
    """The application over the installation that the environment names."""
    return create_app(Installation(**json.loads(Path(os.environ["INSTALLATION"]).read_text(encoding="utf-8"))).ready())
