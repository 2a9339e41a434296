"""显示设置: how pages look to this browser. Cookies carry it, so that no page asks the database; the account keeps it for other devices."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, g, request

from engine.accounts.preferences import PAGE_SIZES, SIZES, THEMES, Preference

COLOURS = {"system": "light dark", "light": "light", "dark": "dark"}
DARK_WHEN = {"system": "screen and (prefers-color-scheme: dark)", "dark": "screen"}
YEAR = 365 * 86400


@dataclass(frozen=True)
class Display:
    """Text size and theme by their keys, rows of a page, and whether single keys are shortcuts."""

    text_size: str = "normal"
    theme: str = "system"
    page_size: int = PAGE_SIZES[0]
    shortcuts: bool = True

    @property
    def large(self) -> bool:
        """Whether it is 大字版."""
        return self.text_size == "large"

    @property
    def colours(self) -> str:
        """What the browser is told of the colours of its own parts."""
        return COLOURS[self.theme]

    @property
    def dark_when(self) -> str:
        """The media for which the dark colours hold; empty for never."""
        return DARK_WHEN.get(self.theme, "")


def shown() -> Display:
    """What this browser asks for; a value that there is not counts as none."""
    size, theme = request.cookies.get("text_size", ""), request.cookies.get("theme", "")
    rows = request.cookies.get("page_size", "")
    return Display(
        size if size in SIZES else "normal", theme if theme in THEMES else "system",
        int(rows) if rows in {str(each) for each in PAGE_SIZES} else PAGE_SIZES[0], request.cookies.get("shortcuts") != "off",
    )


def keep(response: Response, display: Display) -> Response:
    """Let the browser remember."""
    for name, value in (
        ("text_size", display.text_size), ("theme", display.theme), ("page_size", str(display.page_size)),
        ("shortcuts", "on" if display.shortcuts else "off"),
    ):
        response.set_cookie(name, value, max_age=YEAR, samesite="Lax", httponly=True)
    return response


def remember(response: Response) -> Response:
    """After a request in which an account's wishes were called up (`call_up`): let the browser remember them."""
    return keep(response, g.display) if "display" in g else response


def call_up(wish: Preference) -> None:
    """Let this browser look as the account wishes, from this answer on."""
    g.display = _of(wish)


def _of(wish: Preference) -> Display:
    """What the account asks for."""
    return Display(wish.text_size, wish.theme, wish.page_size, wish.shortcuts)
