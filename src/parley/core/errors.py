"""What can go wrong, by whose hand: theirs, ours, the world's, or a line that has stopped itself.

Every error carries one sentence an officer can read aloud, a next step (`hint`), and, where a rule
of `spec/` was broken, its number. Exit codes of the command line follow the class.
"""

from __future__ import annotations

from typing import Any, ClassVar


class ParleyError(Exception):
    """A sentence for a person, with a next step."""

    kind: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str, hint: str = "", rule: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint
        self.rule = rule
        self.field = ""  # what somebody typed, where it is known which of it is meant

    def to_dict(self) -> dict[str, Any]:
        """The error as plain JSON, for the control socket and `--json`."""
        return {
            "kind": self.kind,
            "sentence": self.sentence,
            "hint": self.hint,
            "rule": self.rule,
            "exit": self.exit_code,
        }


class Refused(ParleyError):
    """What was given is not acceptable: a text, a letter, a signature, a record."""

    kind = "refused"


class Malformed(Refused):
    """Bytes that do not have the one form the specification gives them."""

    kind = "malformed"


class Newer(Malformed):
    """It is of a version made after this one: the other station speaks a newer Parley (G10)."""


class Misused(ParleyError):
    """Our own caller asked for something that does not exist or does not fit."""

    kind = "misused"
    exit_code = 2


class Unavailable(ParleyError):
    """The world: a disk, a port, a lock, a file that is not there."""

    kind = "unavailable"
    exit_code = 3


class Halted(ParleyError):
    """The line has stopped itself; no word is sent until both stations have agreed how to go on."""

    kind = "halted"
    exit_code = 4
