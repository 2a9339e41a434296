"""Prepares the Fandol fonts so that LibreOffice finds them under the names that Chinese official Word styles use."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from fontTools.ttLib import TTFont

from engine.errors import Invalid

CONFIGURATION = "fonts.conf"
INSIDE = Path("usr/share/texlive/texmf-dist/fonts/opentype/public/fandol")
FALLBACK = "Noto Serif CJK SC"
REGULAR, BOLD = 400, 700
FAMILY_NAME, STYLE_NAME, UNIQUE_NAME, FULL_NAME, POSTSCRIPT_NAME, WIDE_FAMILY, WIDE_STYLE = 1, 2, 3, 4, 6, 16, 17


@dataclass(frozen=True)
class Face:
    """One font file: where it comes from, its family and its weight."""

    source: str
    family: str
    weight: int = REGULAR

    @property
    def style(self) -> str:
        """Name of the style inside the family."""
        return "Bold" if self.weight == BOLD else "Regular"

    @property
    def file(self) -> str:
        """Name of the prepared file."""
        return f"{self.family}-{self.style}.otf"


FACES = (
    Face("FandolSong-Regular.otf", "FandolSong"), Face("FandolSong-Bold.otf", "FandolSong", BOLD),
    Face("FandolHei-Regular.otf", "FandolHei"), Face("FandolHei-Bold.otf", "FandolHei", BOLD),
    Face("FandolFang-Regular.otf", "FandolFang"), Face("FandolKai-Regular.otf", "FandolKai"),
    Face("FandolSong-Bold.otf", "FandolTitleSong"),
)
STAND_INS = {
    "FandolFang": ("仿宋_GB2312", "仿宋", "FangSong_GB2312", "FangSong", "华文仿宋", "STFangsong"),
    "FandolKai": ("楷体_GB2312", "楷体", "KaiTi_GB2312", "KaiTi", "华文楷体", "STKaiti"),
    "FandolHei": ("黑体", "SimHei", "华文黑体", "STHeiti"),
    "FandolSong": ("宋体", "SimSun", "新宋体", "NSimSun", "华文宋体", "STSong"),
    "FandolTitleSong": ("方正小标宋简体", "方正小标宋_GBK", "小标宋", "FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05"),
}


def font_environment(fonts_dir: Path) -> dict[str, str]:
    """What a program's environment must say so that it uses the prepared fonts."""
    return {"FONTCONFIG_FILE": str(fonts_dir.resolve() / CONFIGURATION)}


def font_file(fonts_dir: Path, family: str) -> Path:
    """The regular face of a prepared family; Invalid when the fonts have not been prepared."""
    found = fonts_dir / Face("", family).file
    if not found.is_file():
        raise Invalid("fonts.missing", f"公文字体尚未生成：{found}，请运行 setup/fonts.sh")
    return found


def build(target: Path, package: Path | None = None) -> bool:
    """Prepare the fonts in a folder; False when they were already there."""
    target = target.resolve()
    text = _configuration(target)
    configuration = target / CONFIGURATION
    if configuration.is_file() and configuration.read_text("utf-8") == text and all((target / face.file).is_file() for face in FACES):
        return False
    (target / "cache").mkdir(parents=True, exist_ok=True)
    with _sources(package) as folder:
        for face in FACES:
            _rename(folder / face.source, target / face.file, face)
    configuration.write_text(text, "utf-8")
    return True


@contextmanager
def _sources(package: Path | None) -> Iterator[Path]:
    installed = Path("/") / INSIDE
    if package is None:
        if not installed.is_dir():
            raise Invalid("fonts.no_source", "没有找到 Fandol 字体：请用 --deb 指明 texlive-lang-chinese 软件包文件")
        yield installed
        return
    extractor = shutil.which("dpkg-deb")
    if extractor is None or not package.is_file():
        raise Invalid("fonts.no_source", f"无法取出字体：缺少 dpkg-deb 或文件 {package}")
    with tempfile.TemporaryDirectory() as folder:
        with subprocess.Popen([extractor, "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as contents:  # noqa: S603
            unpacked = subprocess.run(  # noqa: S603
                [shutil.which("tar") or "/bin/tar", "-x", "-C", folder, f"./{INSIDE}"], stdin=contents.stdout, check=False,
            )
        if contents.returncode or unpacked.returncode:
            raise Invalid("fonts.no_source", f"软件包 {package.name} 中没有 Fandol 字体")
        yield Path(folder) / INSIDE


def _rename(source: Path, target: Path, face: Face) -> None:
    font = TTFont(source)
    names = font["name"]
    postscript, full = f"{face.family}-{face.style}", f"{face.family} {face.style}"
    names.names = [record for record in names.names if record.nameID in (0, 5, 7, 8, 9, 11, 12, 13, 14) and record.platformID == 3]
    for identity, text in (
        (FAMILY_NAME, face.family), (STYLE_NAME, face.style), (UNIQUE_NAME, postscript), (FULL_NAME, full),
        (POSTSCRIPT_NAME, postscript), (WIDE_FAMILY, face.family), (WIDE_STYLE, face.style),
    ):
        names.setName(text, identity, 3, 1, 0x409)
    bold = face.weight == BOLD
    font["OS/2"].usWeightClass = face.weight
    font["OS/2"].fsSelection = font["OS/2"].fsSelection & ~0x61 | (0x20 if bold else 0x40)
    font["head"].macStyle = 1 if bold else 0
    compact = font["CFF "].cff
    compact.fontNames = [postscript]
    compact.topDictIndex[0].FamilyName, compact.topDictIndex[0].FullName = face.family, full
    compact.topDictIndex[0].Weight = face.style
    font.save(target)


def _configuration(target: Path) -> str:
    rules = "\n".join(
        f'  <match target="pattern"><test name="family" qual="any"><string>{escape(name)}</string></test>'
        f'<edit name="family" mode="assign" binding="same"><string>{family}</string><string>{FALLBACK}</string></edit></match>'
        for family, names in STAND_INS.items() for name in names
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{escape(str(target))}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{escape(str(target / "cache"))}</cachedir>
{rules}
  <include ignore_missing="yes">/etc/fonts/conf.d</include>
</fontconfig>
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: prepare the fonts in a folder."""
    parser = argparse.ArgumentParser(prog="documents.fonts", description="生成公文字体")
    parser.add_argument("target", type=Path, help="目标文件夹")
    parser.add_argument("--deb", type=Path, help="texlive-lang-chinese 软件包文件")
    chosen = parser.parse_args(arguments)
    try:
        made = build(chosen.target, chosen.deb)
    except Invalid as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    sys.stdout.write(f"公文字体{'已生成' if made else '已存在'}：{chosen.target}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
