"""Turns Word documents into PDF/A with LibreOffices that stay running."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import TracebackType

import pikepdf

from documents.fonts import CONFIGURATION, font_environment
from engine.errors import Invalid

SYSTEM_PYTHON = "/usr/bin/python3"
TIMEOUT_SECONDS = 60.0
MOST_DOCUMENTS = 500
LARGEST_MEMORY = 1024 * 1024 * 1024  # bytes; between two documents, twice as much during one
WATCH_SECONDS = 0.5
WORKER = Path(__file__).with_name("uno_worker.py")
_SETTINGS = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Common/Save/Document", "AutoSave", "false"),
    ("Setup/Office", "ooSetupInstCompleted", "true"),
)


class ConverterUnavailable(RuntimeError):
    """LibreOffice cannot be started or does not answer; the document may be tried again later."""


class _Broken(Exception):
    """This LibreOffice is gone or hangs; another one may do it."""


class _Office:
    """One running LibreOffice with its worker, profile and folder."""

    def __init__(self, program: str, fonts_dir: Path, timeout: float, memory: int) -> None:
        self._timeout, self._memory = timeout, memory
        self.folder = Path(tempfile.mkdtemp(prefix="zhifa-office-"))
        self._write_profile()
        pipe = f"zhifa{uuid.uuid4().hex}"
        environment = {
            "PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.folder), "TMPDIR": str(self.folder),
            "LANG": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp", **font_environment(fonts_dir),
        }
        self._log = (self.folder / "log.txt").open("wb")
        self._processes: list[subprocess.Popen[bytes]] = []
        try:
            self._start([
                program, f"-env:UserInstallation={(self.folder / 'profile').as_uri()}", f"--accept=pipe,name={pipe};urp",
                "--headless", "--invisible", "--nologo", "--nodefault", "--norestore", "--nofirststartwizard", "--nolockcheck",
            ], environment)
            self._worker = self._start([SYSTEM_PYTHON, "-s", str(WORKER), pipe], environment, talking=True)
            if self._answer()["state"] != "ready":
                raise _Broken("LibreOffice did not start")
        except (OSError, _Broken):
            self.kill()
            raise

    def _write_profile(self) -> None:
        user = self.folder / "profile" / "user"
        user.mkdir(parents=True)
        items = "".join(
            f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
            for path, name, value in _SETTINGS
        )
        (user / "registrymodifications.xcu").write_text(
            '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry" '
            f'xmlns:xs="http://www.w3.org/2001/XMLSchema">{items}</oor:items>', "utf-8",
        )

    def _start(self, command: list[str], environment: dict[str, str], *, talking: bool = False) -> subprocess.Popen[bytes]:
        stream = subprocess.PIPE if talking else subprocess.DEVNULL
        process = subprocess.Popen(  # noqa: S603
            command, env=environment, cwd=self.folder, stdin=stream, stdout=stream, stderr=self._log, start_new_session=True,
        )
        self._processes.append(process)
        return process

    def _answer(self) -> dict[str, str]:
        answered = threading.Event()
        watchdog = threading.Thread(target=self._watch, args=(answered,), daemon=True)
        watchdog.start()
        try:
            line = self._worker.stdout.readline() if self._worker.stdout else b""
        finally:
            answered.set()
            watchdog.join()
        if not line:
            raise _Broken("no answer")
        answer: dict[str, str] = json.loads(line)
        return answer

    def _watch(self, answered: threading.Event) -> None:
        """Kill what does not answer in time, or takes more than twice the memory at which it would be replaced anyway."""
        deadline = time.monotonic() + self._timeout
        while not answered.wait(WATCH_SECONDS):
            if time.monotonic() > deadline or self.memory() > 2 * self._memory:
                self._kill_processes()
                return

    def convert(self, docx: bytes) -> bytes:
        """PDF of a Word document."""
        source, target = self.folder / "document.docx", self.folder / "document.pdf"
        source.write_bytes(docx)
        target.unlink(missing_ok=True)
        try:
            assert self._worker.stdin is not None  # noqa: S101 (opened as a pipe above)
            self._worker.stdin.write(json.dumps({"source": str(source), "target": str(target)}).encode() + b"\n")
            self._worker.stdin.flush()
        except OSError as error:
            raise _Broken(str(error)) from error
        answer = self._answer()
        if answer["state"] == "broken":
            raise _Broken(answer["reason"])
        if answer["state"] != "done" or not target.is_file():
            raise Invalid("document.unconvertible", "这份 Word 文件无法转换为 PDF：文件已损坏或不是 Word 文档")
        return target.read_bytes()

    def memory(self) -> int:
        """Bytes of memory that the processes of this LibreOffice hold, as the kernel counts them."""
        groups, total = {process.pid for process in self._processes}, 0
        for status in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # a process may end meanwhile
                values = status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
                if int(values[2]) in groups:
                    total += int(values[21]) * resource.getpagesize()
        return total

    def _kill_processes(self) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End all processes and remove the folder."""
        self._kill_processes()
        for process in self._processes:
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class _Slot:
    """The place of one LibreOffice: started with the first document, replaced when it dies, hangs, grows or has done enough."""

    def __init__(self, start: Callable[[], _Office], memory: int) -> None:
        self._start, self._memory, self._done = start, memory, 0
        self._office: _Office | None = None

    def convert(self, docx: bytes) -> bytes:
        """PDF of a document; a LibreOffice that breaks is replaced once."""
        for _ in range(2):
            try:
                if self._office is None:
                    self._office, self._done = self._start(), 0
                self._done += 1
                return self._office.convert(docx)
            except (_Broken, OSError):
                self.stop()
        raise ConverterUnavailable("LibreOffice 没有应答，转换未完成")

    def rest(self) -> None:
        """Between two documents: end a LibreOffice that has done its share or has grown too large."""
        if self._office and (self._done >= MOST_DOCUMENTS or self._office.memory() > self._memory):
            self.stop()

    def stop(self) -> None:
        """End the LibreOffice; the next document starts another."""
        if self._office is not None:
            self._office.kill()
            self._office = None


class OfficeConverter:
    """Word to PDF by up to `processes` LibreOffices; each starts when there is a document that no idle one can take."""

    def __init__(
        self, fonts_dir: Path, program: str = "", timeout: float = TIMEOUT_SECONDS, processes: int = 1, memory: int = LARGEST_MEMORY,
    ) -> None:
        self._fonts_dir, self._program, self._timeout, self._memory = fonts_dir, program, timeout, memory
        self._slots = [_Slot(self._start, memory) for _ in range(processes)]
        self._idle: queue.LifoQueue[_Slot] = queue.LifoQueue()  # the one that ran last is warm
        for slot in self._slots:
            self._idle.put(slot)

    def convert(self, docx: bytes) -> bytes:
        """PDF/A-2b of a Word document; Invalid when LibreOffice cannot read it, ConverterUnavailable when it fails twice."""
        slot = self._idle.get()
        try:
            return slot.convert(docx)
        finally:
            slot.rest()
            self._idle.put(slot)

    def _start(self) -> _Office:
        program = shutil.which(self._program or "soffice")
        if program is None:
            raise ConverterUnavailable(f"没有找到 LibreOffice：{self._program or 'soffice'}")
        if not (self._fonts_dir / CONFIGURATION).is_file():
            raise ConverterUnavailable(f"公文字体尚未生成：{self._fonts_dir}，请运行 setup/fonts.sh")
        return _Office(program, self._fonts_dir, self._timeout, self._memory)

    def close(self) -> None:
        """Wait for the documents at work and end every LibreOffice; a later document starts one again."""
        slots = [self._idle.get() for _ in self._slots]
        for slot in slots:
            slot.stop()
            self._idle.put(slot)

    def __enter__(self) -> OfficeConverter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def page_count(pdf: bytes) -> int:
    """Number of pages."""
    with pikepdf.open(BytesIO(pdf)) as document:
        return len(document.pages)
