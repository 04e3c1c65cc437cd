"""What can be set at a station: one TOML file, one frozen `Config`, one page of the manual.

What the parties agreed upon is not here: it stands in letters and agreements, and changes only
with signatures. Every setting has a default, so the file may be empty. The sentence beside each
setting is the manual's (docs/reference-config.md) and that of the file `parley init` writes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from parley.core.errors import Misused, Unavailable

CONFIG_NAME = "station.toml"
CONFIG_BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Fits:
    """Which values pass, and how a person is told."""

    words: str
    test: Callable[[Any], bool]


def _whole(least: int, most: int) -> Fits:
    def test(value: Any) -> bool:
        return type(value) is int and least <= value <= most

    return Fits(f"a whole number from {least} to {most}", test)


def _one_of(*words: str) -> Fits:
    return Fits(" or ".join(f'"{word}"' for word in words), lambda value: value in words)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value)


_TEXTS = Fits("a list of names and addresses", _texts)
_FILE = Fits("a file's name, or nothing", lambda value: isinstance(value, str))
_HOST = Fits("a host name or address", lambda value: isinstance(value, str) and bool(value.strip()))


def _setting(default: Any, fits: Fits, what: str) -> Any:
    return field(default=default, metadata={"fits": fits, "what": what})


@dataclass(frozen=True, slots=True)
class ConsoleConfig:
    """The pages for browsers at this station."""

    host: str = _setting(
        "127.0.0.1",
        _HOST,
        "Where the console listens. Anything but this machine itself is served by TLS 1.3.",
    )
    port: int = _setting(
        0,
        _whole(0, 65_535),
        "The console's port; 0 takes a free one at each start, and `parley serve` says which.",
    )
    tls: str = _setting(
        "auto",
        _one_of("auto", "always", "never"),
        "Whether pages go by TLS 1.3: auto does so wherever the console listens beyond this"
        " machine; never asks for a tunnel of your own, and no browser gives such a page a camera.",
    )
    names: tuple[str, ...] = _setting(
        (),
        _TEXTS,
        "By which names or addresses browsers come, for the certificate; the first stands in"
        " sign-in links. Without any, it is the host.",
    )
    certificate: str = _setting(
        "",
        _FILE,
        "A PEM file of your own authority with private key and certificate. Without it the station"
        " makes and renews a certificate, and `parley status` shows the fingerprint to compare.",
    )


@dataclass(frozen=True, slots=True)
class WritingConfig:
    """What is written at this station, and who has to have read it."""

    words_flash: int = _setting(
        200,
        _whole(0, 20_000),
        "How many words a FLASH may have; 0 sets no limit. In Chinese two characters are a word.",
    )
    words_immediate: int = _setting(
        200, _whole(0, 20_000), "How many words an IMMEDIATE may have; 0 sets no limit."
    )
    three_persons: tuple[str, ...] = _setting(
        (),
        _TEXTS,
        "Names or levels of lines on which a third person reviews what another releases.",
    )


@dataclass(frozen=True, slots=True)
class SignInConfig:
    """How people sign in at the console, and for how long."""

    enrol: str = _setting(
        "must",
        _one_of("must", "may"),
        "Whether whoever comes by a sign-in link must set a password with one-time codes, or a"
        " passkey, before anything else. With may, a link alone seats, and nothing more is asked"
        " for a release: for exercises and trials.",
    )
    idle_minutes: int = _setting(
        30,
        _whole(1, 720),
        "After so long without a key or a click a session sleeps: it rings, and shows nothing that"
        " was said until its person has signed in again.",
    )
    session_hours: int = _setting(
        12, _whole(1, 24), "A session sleeps after so long in any case: one watch."
    )
    proof_minutes: int = _setting(
        5,
        _whole(1, 60),
        "How long after a code or passkey a release, or another grave act, asks for no new one.",
    )


@dataclass(frozen=True, slots=True)
class TestsConfig:
    """Human tests of lines whose agreement says nothing of them."""

    every_hours: int = _setting(
        0,
        _whole(0, 24 * 366),
        "How often people test a line on whose tests nothing was agreed; 0 for never. What was"
        " agreed goes before it, and an exercise line knows no such tests.",
    )


@dataclass(frozen=True, slots=True)
class WatchConfig:
    """Who is due at a desk by the roster."""

    late_minutes: int = _setting(
        10,
        _whole(1, 720),
        "How long after the start of a duty it is said that its person has not come; after as long"
        " again each deputy is called.",
    )


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set, by section of the file."""

    console: ConsoleConfig = field(default_factory=ConsoleConfig)
    writing: WritingConfig = field(default_factory=WritingConfig)
    sign_in: SignInConfig = field(default_factory=SignInConfig)
    tests: TestsConfig = field(default_factory=TestsConfig)
    watch: WatchConfig = field(default_factory=WatchConfig)

    @classmethod
    def read(cls, path: Path) -> Config:
        """The settings of a file; those it does not name have their defaults."""
        try:
            with path.open("rb") as file:
                raw = file.read(CONFIG_BYTES_MAX)
        except OSError as error:
            raise Unavailable(
                f"The settings {path} cannot be read: {error.strerror or error}.",
                "An empty file will do: every setting has a default.",
            ) from error
        try:
            found = tomllib.loads(raw.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Misused(f"The file {path} is not TOML: {error}.", "Correct that line.") from error
        return cls(**{name: _section(path, name, given) for name, given in found.items()})


SECTIONS: dict[str, type[Any]] = {
    "console": ConsoleConfig,
    "writing": WritingConfig,
    "sign_in": SignInConfig,
    "tests": TestsConfig,
    "watch": WatchConfig,
}


def _section(path: Path, name: str, given: Any) -> Any:
    kind = SECTIONS.get(name)
    if kind is None or not isinstance(given, dict):
        raise Misused(
            f"There is no section [{name}], which {path} names.", f"There is: {_listed(SECTIONS)}."
        )
    known = {setting.name: setting for setting in fields(kind)}
    for key, value in given.items():
        if key not in known:
            raise Misused(
                f"Section [{name}] has no setting {key!r}, which {path} gives.",
                f"It has: {_listed(known)}.",
            )
        fits: Fits = known[key].metadata["fits"]
        if not fits.test(value):
            raise Misused(
                f"{path}: [{name}] {key} = {value!r} does not fit.", f"It should be {fits.words}."
            )
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in given.items()})


def _listed(names: Any) -> str:
    return ", ".join(names)


# --- the manual, and the file that init writes


def reference() -> str:
    """The tables of docs/reference-config.md."""
    out = []
    for name, kind in SECTIONS.items():
        out.append(f"## [{name}]\n\n{(kind.__doc__ or '').strip()}\n")
        out.append("| setting | default | fits | |\n|---|---|---|---|")
        out += [
            f"| `{setting.name}` | `{_toml(setting.default)}` |"
            f" {setting.metadata['fits'].words} | {setting.metadata['what']} |"
            for setting in fields(kind)
        ]
        out.append("")
    return "\n".join(out)


def template(**given: dict[str, Any]) -> str:
    """A settings file with what is given set, and everything else named with its default."""
    out = ["# Settings of a Parley station. Each line that is commented out shows a default."]
    for name, kind in SECTIONS.items():
        out += ["", f"[{name}]"]
        for setting in fields(kind):
            out.append(f"# {setting.metadata['what']}")
            value = given.get(name, {}).get(setting.name)
            shown = _toml(setting.default if value is None else value)
            out.append(f"{'# ' if value is None else ''}{setting.name} = {shown}")
    return "\n".join(out) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
