"""In which colours a page is drawn: by day, by night, in high contrast, or as the system asks.

`tokens.css` has the colours of the day; each other theme is one more style sheet that changes them.
A seat's own choice comes with the seat; before it, and outside any seat, that of the browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parley.console.tongues import N_

if TYPE_CHECKING:
    from jinja2 import Environment

COOKIE = "parley_theme"  # for pages outside any seat, and for seats that have not chosen


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme: its name, the scheme for what the browser draws itself, its style sheets and when
    each is in force."""

    code: str
    name: str
    scheme: str
    sheets: tuple[tuple[str, str], ...] = ()


THEMES: Mapping[str, Theme] = {
    theme.code: theme
    for theme in (
        Theme(
            "system",
            N_("As this system"),
            "light dark",
            (
                ("night.css", "(prefers-color-scheme: dark)"),
                ("contrast.css", "(prefers-contrast: more) and (prefers-color-scheme: light)"),
            ),
        ),
        Theme("day", N_("Day"), "light"),
        Theme("night", N_("Night"), "dark", (("night.css", "all"),)),
        Theme("contrast", N_("High contrast"), "light", (("contrast.css", "all"),)),
    )
}
SYSTEM = THEMES["system"]

_current: ContextVar[Theme] = ContextVar("theme", default=SYSTEM)


def current() -> Theme:
    """The theme of the page that is being made."""
    return _current.get()


def use(code: str | None) -> None:
    """Make what follows in this request in that theme; in that of the system without one."""
    _current.set(THEMES.get(code or "", SYSTEM))


def install(environment: Environment) -> None:
    """Give templates the current theme, and all there are."""
    environment.globals |= {"theme": current, "themes": THEMES.values()}
