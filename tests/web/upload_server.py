"""The web over an installation of the tests in a process of its own, to be killed: `python -m tests.web.upload_server FOLDER PORT MOMENT`."""

from __future__ import annotations

import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import cast

from werkzeug.serving import make_server

from engine.clock import SettableClock
from processes.working import Worker
from tests.builders import host_in
from web.app import create_app


def main(folder: str, port: str, moment: str) -> None:
    """Serve until killed, with a worker beside."""
    host = host_in(Path(folder))
    cast(SettableClock, host.clock).set(datetime.fromisoformat(moment))
    threading.Thread(target=Worker(host, threading.Event()).run, daemon=True).start()
    make_server("127.0.0.1", int(port), create_app(host, demonstration=True), threaded=True).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
