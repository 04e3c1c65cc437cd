"""All forms of the catalogue, for whoever has a type and a text."""

from __future__ import annotations

from parley.catalogue import calls, minutes


def gist(type: int, text: str) -> str | None:
    """What a filled form comes to, in a few words for a list; None for any other text."""
    return calls.gist(type, text) or minutes.gist(type, text)


def check_form(type: int, text: str) -> None:
    """Refuse a text, changed by hand, that has no longer the form of its type (Q3, Y3)."""
    calls.check_form(type, text)
    minutes.check_form(type, text)
