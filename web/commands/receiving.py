"""A receiver of the exchange for trying out and for tests: it speaks docs/exchange.md and keeps each entry once, in a file."""

from __future__ import annotations

import hmac
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from engine.database import to_json
from engine.oversight.exchange import digest_of

LARGEST = 5_000_000


class Received:
    """The entries received so far, by sender and number; a line is on the disk before it is acknowledged."""

    def __init__(self, file: Path) -> None:
        self._file, self._lock = file, threading.Lock()
        self._known: dict[tuple[str, int], str] = {}
        whole, _, broken = (file.read_bytes() if file.exists() else b"").rpartition(b"\n")
        if broken:  # the machine stopped while it was written: nobody was told that it is here
            file.write_bytes(whole + b"\n" if whole else b"")
        for line in whole.splitlines():
            row = json.loads(line)
            self._known[row["sender"], row["id"]] = row["digest"]

    def take(self, sender: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        """Keep what is new; the same again is accepted again, another content under a known number is refused."""
        accepted, refused, lines = list[list[Any]](), list[list[Any]](), list[str]()
        with self._lock:
            for entry in entries:
                number, digest, content = entry["id"], entry["digest"], entry["content"]
                known = self._known.get((sender, number))
                if digest_of(to_json(content, canonical=True)) != digest:
                    refused.append([number, "摘要与内容不符"])
                elif known not in (None, digest):
                    refused.append([number, "同一编号已经接收过不同的内容"])
                else:
                    if known is None:
                        self._known[sender, number] = digest
                        lines.append(json.dumps({"sender": sender, **entry}, ensure_ascii=False) + "\n")
                    accepted.append([number, digest])
            with self._file.open("a", encoding="utf-8") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
        return {"accepted": accepted, "refused": refused}


def receive(file: Path, port: int, token: str) -> ThreadingHTTPServer:
    """A receiver on this machine; whoever calls has to serve and to close it."""
    received = Received(file)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if not hmac.compare_digest(self.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
                self._say(401, {"error": "token"})
                return
            try:
                length = int(self.headers.get("Content-Length", "0"))
                if not 0 < length <= LARGEST:
                    raise ValueError("size")
                body = json.loads(self.rfile.read(length))
                reply = received.take(str(body["sender"]), list(body["entries"]))
            except (ValueError, KeyError, TypeError):
                self._say(400, {"error": "request"})
                return
            self._say(200, reply)

        def _say(self, status: int, reply: dict[str, Any]) -> None:
            data = json.dumps(reply, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Requests are not logged: the file tells what came."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
