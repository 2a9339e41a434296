"""Makes a picture of every page, to be looked at: `python -m tests.web.pictures FOLDER [part of a name]`.

A throwaway installation with one case is made and served; every page is shown to the one who sees the most of it, in four looks.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from processes.sample import install_sample
from tests.builders import host_in
from tests.web.conftest import ARGUMENTS, CHROMIUM
from tests.web.test_access import prepared
from tests.web.visits import LOOKS, context_of, visits
from web.app import create_app

SHOWN = [look for look in LOOKS if not look.large or (look.width, look.scheme) == (390, "light")]
TALLEST = 4000  # pixels; a longer page is cut


def main(folder: Path, part: str = "") -> None:
    """Write one PNG for each page and look."""
    folder.mkdir(parents=True, exist_ok=True)
    host = host_in(Path(tempfile.mkdtemp(prefix="zhifa-pictures-")))
    install_sample(host)
    objects = prepared(host)
    app = create_app(host, demonstration=True)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, env={**os.environ, "LANGUAGE": "zh_CN"})
        for visit in visits(app, objects):
            for look in SHOWN:
                if part not in visit.name:
                    continue
                context = context_of(chromium, address, app, visit, look)
                page = context.new_page()
                page.goto(visit.address)
                page.wait_for_load_state("networkidle")
                height = min(int(page.evaluate("document.scrollingElement.scrollHeight")), TALLEST)
                page.set_viewport_size({"width": look.width, "height": height})
                page.screenshot(path=folder / f"{visit.name}-{look.name}.png")
                context.close()
        chromium.close()
    server.shutdown()
    host.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
