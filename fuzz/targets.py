"""The targets by name, with the longest input each is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Target:
    """One parser under test. Its page is imported only when it is tried: that takes seconds."""

    page: str
    bytes_max: int = 1024


TARGETS = {
    "cbor": Target("values"),
    "numbers": Target("values", 16),
    "packets": Target("values", 512),
    "body": Target("values"),
    "text": Target("values"),
    "framing": Target("values", 4096),
    "letter": Target("papers"),
    "certificate": Target("papers"),
    "digits": Target("papers", 128),
    "agreement": Target("papers"),
    "paper": Target("papers"),
    "revocation": Target("papers", 2048),
    "succession": Target("papers", 2048),
    "carried": Target("papers"),
    "evidence": Target("papers", 2048),
    "proof": Target("papers"),
    "contradiction": Target("shown"),
    "declared": Target("logs"),
    "foreign": Target("lines", 256),
    "line": Target("lines"),
    "opening": Target("lines", 512),
    "resume": Target("lives", 512),
    "heard": Target("stations"),
    "joined": Target("joining", 512),
    "control": Target("stations"),
    "form": Target("stations"),
    "exchange": Target("stations"),
    "inside": Target("calls", 2_048),
    "link": Target("calls", 2_048),
    "credit": Target("calls", 256),
    "picture": Target("files", 512),
    "named": Target("files", 512),
    "elements": Target("texts", 512),
}


def target(name: str) -> Callable[[bytes], None]:
    """The function that tries one input."""
    page = import_module(f"fuzz.{TARGETS[name].page}")
    return cast(Callable[[bytes], None], getattr(page, name))


def inputs(name: str) -> list[Path]:
    """The kept inputs of a target."""
    return sorted((CORPUS / name).glob("*"))
