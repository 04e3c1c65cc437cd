"""When keys are lost: a root takes certificates back, and its successor takes its place.

A revocation says that the stations of a party certified up to a serial speak for it no more. A
succession says that the next root, to which the compared digits committed, is the root from now
on; the old root signs it too where it still exists. Both say when and why, and decide nothing by
it: what was in a record before one came stays there. Source: spec/succession.md C1, C5 to C12, with
the keys of both maps in the order in which they are read here.

    files        uvar length ‖ map ‖ block of the root
                 uvar length ‖ map ‖ block of the new root ‖ block of the old root, or 00
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from parley.core.agreement import ROOT_BLOCK_BYTES, UNSIGNED
from parley.core.errors import Malformed, Refused
from parley.core.identity import (
    FINGERPRINT_BYTES,
    ROOT,
    TIME_MAX,
    Fields,
    Party,
    PartyRoot,
    check_root,
    commit_to,
    read_map,
)
from parley.core.keys import VerifyKey
from parley.core.wire import Reader, Value, encode, uvar

VERSION = 1
PAPER_BYTES_MAX = 16_384  # a new root and two blocks of roots, and as much again
SERIAL_MAX = (1 << 32) - 1
REVOCATION_LABEL = b"parley revocation v1"
SUCCESSION_LABEL = b"parley succession v1"


@dataclass(frozen=True, slots=True)
class Revocation:
    """A root's word that older certificates stand no more; `verify` before anything follows."""

    fingerprint: bytes  # of the party as it was introduced, 20 bytes
    upto: int  # this serial and all below it
    reason: str  # one line, for the other side's watch
    made: int  # POSIX seconds; a claim
    block: bytes = b""

    def _body(self) -> bytes:
        values = [VERSION, self.fingerprint, self.upto, self.reason, self.made]
        return encode(dict(enumerate(values, 1)))

    def to_bytes(self) -> bytes:
        """The file."""
        body = self._body()
        return uvar(len(body)) + body + self.block

    def signed(self, root: PartyRoot) -> Revocation:
        """The same with the root's signature (C5)."""
        return replace(self, block=root.sign(REVOCATION_LABEL + self._body()))

    @classmethod
    def parse(cls, data: bytes) -> Revocation:
        """Read the file; its signature is not checked yet (C5)."""
        file, (fingerprint, upto, reason, made) = _read(data, 5, "the revocation", "C5")
        read = Fields("the revocation", "C5")
        return cls(
            read.blob("fingerprint", fingerprint, FINGERPRINT_BYTES),
            read.uint("serial", upto, 1, SERIAL_MAX),
            read.name("reason", reason),
            read.uint("date", made, 0, TIME_MAX),
            file.rest(),
        )

    def verify(self, root: VerifyKey) -> Revocation:
        """Itself, once that root is shown to have signed it and nobody else has (C6)."""
        check_root(self.block, REVOCATION_LABEL + self._body(), root)
        return self


@dataclass(frozen=True, slots=True)
class Succession:
    """A root that takes the place of another, signed by itself; whose place, `follow` shows."""

    fingerprint: bytes  # of the party under the root that goes, 20 bytes
    root: VerifyKey  # that comes
    next_root_commit: bytes  # to the one after it
    reason: str
    made: int  # POSIX seconds; a claim
    blocks: tuple[bytes, bytes] = (b"", UNSIGNED)  # of the new root, of the old one

    def _message(self) -> bytes:
        pair = [self.root.ed25519, self.root.mldsa]
        values = [VERSION, self.fingerprint, pair, self.next_root_commit, self.reason, self.made]
        return SUCCESSION_LABEL + encode(dict(enumerate(values, 1)))

    def to_bytes(self) -> bytes:
        """The file."""
        body = self._message().removeprefix(SUCCESSION_LABEL)
        return uvar(len(body)) + body + b"".join(self.blocks)

    @classmethod
    def make(
        cls, gone: Party, new: PartyRoot, old: PartyRoot | None, reason: str, made: int
    ) -> Succession:
        """The document by which `new` follows the root of `gone`; `old` where it still exists."""
        commit = new.party.next_root_commit
        bare = cls(gone.fingerprint, new.key.public.named(ROOT), commit, reason, made)
        message = bare._message()
        blocks = (new.sign(message), UNSIGNED if old is None else old.sign(message))
        return replace(bare, blocks=blocks)

    @classmethod
    def parse(cls, data: bytes) -> Succession:
        """Read the file and check the new root's own signature (C9)."""
        values = _read(data, 6, "the succession", "C9")
        file, (fingerprint, root, commit, reason, made) = values
        read = Fields("the succession", "C9")
        bare = cls(
            read.blob("fingerprint", fingerprint, FINGERPRINT_BYTES),
            read.key("root", root, ROOT, 1952),
            read.blob("next root commit", commit, 32),
            read.name("reason", reason),
            read.uint("date", made, 0, TIME_MAX),
        )
        new, old = file.take(ROOT_BLOCK_BYTES), file.rest()
        if old != UNSIGNED and len(old) != ROOT_BLOCK_BYTES:
            raise read.bad("last block", "is not that of a root")
        check_root(new, bare._message(), bare.root)
        return replace(bare, blocks=(new, old))

    def signed_by(self, gone: Party) -> bool:
        """Whether the root that goes signed it too; Refused when its signature does not stand."""
        if self.blocks[1] == UNSIGNED:
            return False
        check_root(self.blocks[1], self._message(), gone.root)
        return True

    def follow(self, gone: Party) -> Party:
        """The party under its new root; Refused unless the compared digits named it (C10)."""
        if self.fingerprint != gone.fingerprint:
            raise Refused("the succession is of another root", rule="C10")
        self.signed_by(gone)
        if commit_to(self.root) != gone.next_root_commit:
            raise Refused(
                f"this is not the root that {gone.name} had bound itself to as its next",
                "meet again: only new letters and digits, compared in person, make a new beginning",
                "C10",
            )
        return Party(gone.name, self.root, self.next_root_commit)

    def contradicts(self, other: Succession) -> bool:
        """Whether the two name different heirs of one root: proof against whoever signed (C12)."""
        if self.fingerprint != other.fingerprint:
            return False
        return (self.root, self.next_root_commit) != (other.root, other.next_root_commit)


def _read(data: bytes, count: int, what: str, rule: str) -> tuple[Reader, list[Value]]:
    if len(data) > PAPER_BYTES_MAX:
        raise Malformed(f"{what} is too long", rule=rule)
    file = Reader(data)
    _, *values = read_map(file.take(file.uvar()), count, what, rule, version=VERSION).values()
    return file, values
