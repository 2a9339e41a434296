"""Talks to LibreOffice for documents.pdf: runs under the system's Python, one JSON line per request and answer."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uno
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]
from com.sun.star.connection import NoConnectException  # type: ignore[import-not-found]
from com.sun.star.lang import DisposedException  # type: ignore[import-not-found]

START_SECONDS = 45.0
PAUSE_SECONDS = 0.05


def connect(pipe: str) -> Any:
    """The desktop of the LibreOffice that listens on a pipe; waits until it does."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        except NoConnectException:
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)


def properties(**values: Any) -> tuple[Any, ...]:
    """UNO's form of named arguments."""
    return tuple(PropertyValue(name, 0, value, 0) for name, value in values.items())


def convert(desktop: Any, source: str, target: str) -> dict[str, str]:
    """Load a Word file and export it as PDF/A-2b; the answer is a state and, when it failed, why."""
    document = None
    try:
        document = desktop.loadComponentFromURL(
            Path(source).as_uri(), "_blank", 0,
            properties(Hidden=True, ReadOnly=True, FilterName="MS Word 2007 XML", MacroExecutionMode=0, UpdateDocMode=0),
        )
        if document is None:
            return {"state": "refused", "reason": "not loadable"}
        options = properties(SelectPdfVersion=2, ExportBookmarksToPDFDestination=True)
        data = uno.Any("[]com.sun.star.beans.PropertyValue", options)
        document.storeToURL(Path(target).as_uri(), properties(FilterName="writer_pdf_Export", FilterData=data))
        return {"state": "done"}
    except DisposedException as error:
        return {"state": "broken", "reason": str(error)}
    except Exception as error:  # every UNO exception says only that this file could not be read or exported
        return {"state": "refused", "reason": f"{type(error).__name__}: {error}"}
    finally:
        if document is not None:
            _close(document)


def _close(document: Any) -> None:
    try:
        document.close(True)  # noqa: FBT003 (UNO knows no named arguments)
    except Exception as error:
        sys.stderr.write(f"close: {error}\n")


def answers(desktop: Any) -> Iterator[dict[str, str]]:
    """One answer for the connection and one for every request, until the requests end."""
    yield {"state": "ready"}
    for line in sys.stdin:
        request = json.loads(line)
        yield convert(desktop, request["source"], request["target"])


def main() -> None:
    """Serve requests; when they end LibreOffice is told to end too."""
    desktop = connect(sys.argv[1])
    for answer in answers(desktop):
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    try:
        desktop.terminate()
    except DisposedException:
        return


if __name__ == "__main__":
    main()
