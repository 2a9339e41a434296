"""Documents: filling a template against docxtpl, and printing through a LibreOffice that stays against one that is started each time."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from docxtpl import DocxTemplate
from jinja2.sandbox import ImmutableSandboxedEnvironment

from documents.kinds import load_kind, template_data
from documents.merging import CompiledTemplate
from documents.pdf import OfficeConverter
from documents.sandbox import ClosedEnvironment
from processes.overlay import resolve
from tests.documents.sample_snapshot import sample_snapshot

KIND = "DOC-45"
FILLS, CONVERSIONS = 100, 8
FILL_TARGET, CONVERSION_TARGET = 30.0, 8.0


def main() -> int:
    """Print both ratios in processor time and wall time; 1 when a target was missed."""
    files = resolve("national")
    kind, word = load_kind(files[f"templates/{KIND}.toml"].decode(), KIND), files[f"templates/{KIND}.docx"]
    data = template_data(kind, sample_snapshot())
    template = CompiledTemplate(word, kind)
    docx = template.fill(data)
    ours, theirs = _each(lambda: template.fill(data), FILLS), _each(lambda: _stock(word, data), FILLS // 5)
    print(f"填写 {kind.title}：本平台 {ours:.2f} 毫秒，docxtpl {theirs:.2f} 毫秒，{theirs / ours:.1f} 倍（目标 {FILL_TARGET:.0f}）")
    with OfficeConverter(Path("var/fonts")) as converter:
        converter.convert(docx)
        kept = _each(lambda: converter.convert(docx), CONVERSIONS)
    once = _each(lambda: _one_shot(docx), 3)
    print(f"转 PDF：常驻 {kept:.0f} 毫秒，每次启动 {once:.0f} 毫秒，{once / kept:.1f} 倍（目标 {CONVERSION_TARGET:.0f}，墙上时间）")
    return int(theirs / ours < FILL_TARGET or once / kept < CONVERSION_TARGET)


def _each(act: Callable[[], object], times: int) -> float:
    """Median wall milliseconds of one call."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        spent.append((time.perf_counter() - began) * 1000)
    return sorted(spent)[len(spent) // 2]


def _stock(word: bytes, data: dict[str, object]) -> bytes:
    """As docxtpl's documentation does it: open, render, save."""
    environment = ImmutableSandboxedEnvironment(autoescape=True)
    environment.filters = ClosedEnvironment().filters
    document, out = DocxTemplate(io.BytesIO(word)), io.BytesIO()
    document.render(data, environment)
    document.save(out)
    return out.getvalue()


def _one_shot(docx: bytes) -> bytes:
    program = shutil.which("soffice") or "soffice"
    with tempfile.TemporaryDirectory(prefix="zhifa-bench-") as folder:
        source = Path(folder) / "document.docx"
        source.write_bytes(docx)
        subprocess.run(  # noqa: S603 - our own file, our own program
            [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf", "--outdir", folder, str(source)],
            check=True, capture_output=True,
        )
        return (Path(folder) / "document.pdf").read_bytes()


if __name__ == "__main__":
    raise SystemExit(main())
