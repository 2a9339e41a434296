"""Ask a malware scanner about a file: clamd's INSTREAM over TCP or a local socket; without a scanner nothing is known."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from engine.cases.evidence_files import CLEAN, INFECTED, UNSCANNED
from engine.errors import Invalid

PIECE = 1 << 18
PATIENCE = 120.0  # seconds without a word from the scanner


@dataclass(frozen=True)
class Verdict:
    """What the scanner says: CLEAN, INFECTED or UNSCANNED; words: the name of what was found, or why it was not looked for."""

    result: str
    words: str = ""


def scan(scanner: str, file: Path) -> Verdict:
    """Let the scanner at an address (tcp://host:port or unix:/path; empty: there is none) read a file.

    OSError when it cannot be reached or falls silent: the caller tries again later.
    """
    if not scanner:
        return Verdict(UNSCANNED, "没有设置查毒程序")
    with _connected(scanner) as line, file.open("rb") as stream:
        line.sendall(b"zINSTREAM\0")
        try:
            while piece := stream.read(PIECE):
                line.sendall(struct.pack(">I", len(piece)) + piece)
            line.sendall(struct.pack(">I", 0))
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has stopped listening: what it says now tells why
        said = _answer(line)
    if said == "stream: OK":
        return Verdict(CLEAN)
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        return Verdict(INFECTED, said.removeprefix("stream: ").removesuffix(" FOUND")[:200])
    if "size limit exceeded" in said:
        return Verdict(UNSCANNED, "文件超过查毒程序的大小限制")
    raise OSError(f"the scanner says: {said[:200]!r}")


def _connected(scanner: str) -> socket.socket:
    address = urlsplit(scanner)
    try:
        if address.scheme == "unix" and address.path:
            line = socket.socket(socket.AF_UNIX)
            line.settimeout(PATIENCE)
            line.connect(address.path)
            return line
        if address.scheme == "tcp" and address.hostname and address.port:
            return socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
    except ValueError:
        pass  # a port that is no number
    raise Invalid("settings.scanner", f"查毒程序的地址应为 tcp://主机:端口 或者 unix:/路径，实为“{scanner}”")


def _answer(line: socket.socket) -> str:
    said = b""
    while b"\0" not in said and len(said) < 4096:
        piece = line.recv(1024)
        if not piece:
            break
        said += piece
    return said.split(b"\0", 1)[0].decode("utf-8", "replace").strip()
