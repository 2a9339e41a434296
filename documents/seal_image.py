"""Draws an agency's round seal: its name on an arc, a five-pointed star, its number below, as vector PDF."""

from __future__ import annotations

import math
from pathlib import Path

import cairosvg
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.ttLib import TTFont

from documents.fonts import font_file
from engine.errors import Invalid

DIAMETER_MM = 42.0
RED = "#d7000f"
POINTS = 72 / 25.4
RADIUS = 210.0  # the drawing's own unit is a tenth of a millimetre
RIM = 12.0
NAME_HEIGHT, NAME_WIDTH = 56.0, 40.0
NAME_RADIUS = RADIUS - RIM - NAME_HEIGHT - 12
NUMBER_HEIGHT = 20.0
WIDEST_ARC, NARROWEST_STEP, WIDEST_STEP = 262.0, 9.0, 30.0


def seal_image(agency_name: str, seal_number: str, fonts_dir: Path) -> bytes:
    """A one-page PDF of 42 mm by 42 mm with the seal, its outlines drawn so that no font is needed to show it."""
    glyphs = _Glyphs(font_file(fonts_dir, "FandolSong"))
    parts = [
        f'<circle cx="0" cy="0" r="{RADIUS - RIM / 2}" fill="none" stroke="{RED}" stroke-width="{RIM}"/>',
        f'<path d="{_star(66)}" fill="{RED}"/>',
        *_arc(glyphs, agency_name, NAME_RADIUS, NAME_HEIGHT, NAME_WIDTH, upper=True),
        *_arc(glyphs, seal_number, RADIUS - RIM - 12, NUMBER_HEIGHT, 14, upper=False),
    ]
    size = DIAMETER_MM * POINTS
    box = f"{-RADIUS} {-RADIUS} {2 * RADIUS} {2 * RADIUS}"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}pt" height="{size}pt" viewBox="{box}">{"".join(parts)}</svg>'
    return bytes(cairosvg.svg2pdf(bytestring=svg.encode()))


class _Glyphs:
    """Outlines of characters from one font file."""

    def __init__(self, file: Path) -> None:
        self.font = TTFont(file)
        self.names = self.font.getBestCmap()
        self.shapes = self.font.getGlyphSet()
        self.em = self.font["head"].unitsPerEm

    def path(self, character: str) -> tuple[str, float]:
        """SVG path in font units and the advance width; Invalid for a character that the font lacks."""
        name = self.names.get(ord(character))
        if name is None:
            raise Invalid("seal.character", f"印章字体缺少“{character}”字")
        pen = SVGPathPen(self.shapes)
        self.shapes[name].draw(pen)
        return pen.getCommands(), self.shapes[name].width


def _arc(glyphs: _Glyphs, text: str, radius: float, height: float, width: float, *, upper: bool) -> list[str]:
    """Characters around the circle: heads outwards above, heads inwards below."""
    step = min(WIDEST_STEP, max(NARROWEST_STEP, WIDEST_ARC / max(len(text) - 1, 1))) if upper else math.degrees(width / radius)
    first = -step * (len(text) - 1) / 2
    drawn = []
    for place, character in enumerate(text):
        outline, advance = glyphs.path(character)
        angle = first + place * step
        turn = angle if upper else -angle
        wide = min(width, 2 * math.pi * radius * step / 360 * 0.92) if upper else width
        across, up = wide / advance, height / glyphs.em
        # In font units y grows upwards; the baseline of a Chinese glyph lies 0.12 em above its foot.
        shift = -(radius + height * 0.12) if upper else radius
        drawn.append(
            f'<g transform="rotate({turn:.3f}) translate(0 {shift:.2f}) scale({across:.5f} {-up:.5f}) translate({-advance / 2} 0)">'
            f'<path d="{outline}" fill="{RED}"/></g>'
        )
    return drawn


def _star(radius: float) -> str:
    """Path of a five-pointed star with its point upwards."""
    inner = radius * math.sin(math.radians(18)) / math.sin(math.radians(54))
    corners = []
    for place in range(10):
        length = radius if place % 2 == 0 else inner
        angle = math.radians(place * 36)
        corners.append(f"{length * math.sin(angle):.2f},{-length * math.cos(angle):.2f}")
    return f"M{' L'.join(corners)} Z"
