"""Files that people carry: a few lines that say what it is, then the bytes in base64.

They go by mail, on a disc or through a printer's scanner, so they are text. A reader makes the
text again from the bytes and compares, but for line ends, which mail programs change: so a changed
character is refused before anything is read, and nobody can put other words above the bytes. The
end line bears a part of their hash: against accidents, for who may forge the file may forge that.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256

from parley.core.errors import Refused

COLUMNS = 76
END = "--- end"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file, and what stands at its head."""

    name: str
    title: str
    advice: str


LETTER = Kind(
    "letter",
    "Parley letter of introduction",
    "It makes a party known. Give it to: parley accept FILE\n"
    "Then ask the party, by a way this file did not come, to read its 48 digits aloud.",
)
AGREEMENT = Kind(
    "agreement",
    "Parley agreement",
    "It opens a line once both parties have signed it. Read it with: parley agree show FILE",
)
REQUEST = Kind(
    "request",
    "Parley request to the root",
    "A station asks its party to certify it. Carry it to the root: parley root sign FILE",
)
ANSWER = Kind(
    "answer",
    "Parley answer of the root",
    "A party certifies its station. Carry it back: parley init FOLDER --answer FILE",
)
SECRET = Kind(
    "secret",
    "Parley secret of a meeting",
    "Hand it over in person and to nobody else, and burn it once the line is open.",
)
REVOCATION = Kind(
    "revocation",
    "Parley revocation",
    "A party takes the keys of a station back. Give it to all who know it: parley accept FILE\n"
    "Their lines with that station stop at once.",
)
SUCCESSION = Kind(
    "succession",
    "Parley succession of a root",
    "The next root of a party takes the place of the one before. Give it to: parley accept FILE\n"
    "No digits are compared anew; any root but the one they named is refused.",
)
RECORD_KEY = Kind(
    "record key",
    "Parley record key of a deniable line",
    "For the two parties alone: whoever has it can check the record, and can write it anew.\n"
    "Use it with: parley verify EVIDENCE --key FILE",
)
KINDS = (LETTER, AGREEMENT, REQUEST, ANSWER, SECRET, REVOCATION, SUCCESSION, RECORD_KEY)


def kind_of(file: bytes) -> Kind | None:
    """What kind of file this says it is."""
    text = file.lstrip()
    return next((each for each in KINDS if text.startswith(each.title.encode() + b"\n")), None)


def carry(kind: Kind, content: bytes) -> bytes:
    """The file."""
    packed = base64.b64encode(content).decode()
    lines = [packed[at : at + COLUMNS] for at in range(0, len(packed), COLUMNS)]
    head = [kind.title, kind.advice, "", f"--- {kind.name}"]
    end = f"{END} {sha256(content).hexdigest()[:16]}"
    return ("\n".join([*head, *lines, end]) + "\n").encode()


def take_up(kind: Kind, file: bytes) -> bytes:
    """The bytes that a file of this kind carries; Refused when it is not one, or was changed."""
    text = file.replace(b"\r\n", b"\n").strip() + b"\n"
    _, mark, rest = text.partition(f"\n--- {kind.name}\n".encode())
    packed, end, _ = rest.partition(f"\n{END} ".encode())
    if not mark or not end:
        other = next((each for each in KINDS if text.startswith(each.title.encode())), None)
        if other is not None and other is not kind:
            raise Refused(
                f"This file is a {other.title}, not a {kind.title}.", "Name the right file."
            )
        raise Refused(f"This file is not a whole {kind.title}.", "Ask for it again.")
    try:
        content = base64.b64decode(packed.replace(b"\n", b""), validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if carry(kind, content) != text:
        raise Refused(f"This {kind.title} was changed on its way.", "Ask for it again.")
    return content
