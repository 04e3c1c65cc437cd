"""The seal on datagrams of one call between two stations (spec/media-link.md X6 to X9).

Both hold 32 bytes that crossed the line in the entry that opened the call. Each start of a side
draws 16 bytes anew, its *run*, and keys come from both runs: so a station that comes up again
repeats no nonce, and a recording of an earlier run opens nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from enum import Enum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from parley.core.errors import Misused

Entropy = Callable[[int], bytes]

SEALED: Final = 0x11  # version 1, form 1
HELLO: Final = 0x12
SECRET_BYTES: Final = 32
RUN_BYTES: Final = 16
NO_RUN: Final = bytes(RUN_BYTES)
TAG_BYTES: Final = 16  # of AES-GCM
CALL_TAG_BYTES: Final = 4
CLEAR_BYTES: Final = 1 + CALL_TAG_BYTES + 8  # form, call tag, counter
OVERHEAD_BYTES: Final = CLEAR_BYTES + TAG_BYTES
NONCE_BYTES: Final = 12
HELLO_BYTES: Final = 1 + CALL_TAG_BYTES + NONCE_BYTES + 2 * RUN_BYTES + TAG_BYTES
WINDOW: Final = 1_024  # counters below the newest that may still come, each once
RUNS_MAX: Final = 16  # of theirs that are over, remembered

_LABEL: Final = b"parley media link 1 "


def derived(secret: bytes, info: bytes, size: int) -> bytes:
    """HKDF-SHA-256 (RFC 5869) with a salt of zeros."""
    return HKDF(hashes.SHA256(), size, bytes(32), _LABEL + info).derive(secret)


def call_tag(secret: bytes) -> bytes:
    """By which datagrams of a call are told from those of others (X5)."""
    return derived(secret, b"tag", CALL_TAG_BYTES)


class Greeted(Enum):
    """What follows from a greeting."""

    NOTHING = "it is none, or of a run that is over"
    ANSWER = "they do not know our run: greet them"
    BEGUN = "their run began: all that was counted begins anew, and they wait to hear from us"
    KNOWN = "both know both"


class ReplayWindow:
    """Which counters have come: each opens once, and none that is long past."""

    def __init__(self) -> None:
        self.newest = -1
        self._seen = 0  # bit i: newest - i has come

    def may_come(self, counter: int) -> bool:
        """Whether it has not come yet, as far as is remembered."""
        behind = self.newest - counter
        return behind < 0 or (behind < WINDOW and not self._seen >> behind & 1)

    def came(self, counter: int) -> None:
        """It came, and was authentic."""
        ahead = counter - self.newest
        if ahead > 0:
            self._seen = (self._seen << ahead | 1) & ((1 << WINDOW) - 1) if ahead < WINDOW else 1
            self.newest = counter
        else:
            self._seen |= 1 << -ahead


class Direction:
    """One direction between two runs: its key, its salt, and what has been counted."""

    def __init__(self, secret: bytes, side: int, sender: bytes, receiver: bytes) -> None:
        okm = derived(secret, b"data" + bytes((side,)) + sender + receiver, 44)
        self._cipher, self._salt = AESGCM(okm[:32]), int.from_bytes(okm[32:], "big")
        self._head = bytes((SEALED,)) + call_tag(secret)
        self.counter = 0
        self.window = ReplayWindow()

    def seal(self, plain: bytes) -> bytes:
        """The next datagram (X8)."""
        clear = self._head + struct.pack(">Q", self.counter)
        sealed = self._cipher.encrypt(self._nonce(self.counter), plain, clear)
        self.counter += 1
        return clear + sealed

    def open(self, datagram: bytes) -> bytes | None:
        """What a datagram says; nothing when it is forged, repeated or too old."""
        (counter,) = struct.unpack_from(">Q", datagram, CLEAR_BYTES - 8)
        if not self.window.may_come(counter):
            return None
        try:
            plain = self._cipher.decrypt(
                self._nonce(counter), datagram[CLEAR_BYTES:], datagram[:CLEAR_BYTES]
            )
        except InvalidTag:
            return None
        self.window.came(counter)
        return plain

    def _nonce(self, counter: int) -> bytes:
        return (self._salt ^ counter).to_bytes(NONCE_BYTES, "big")


class CallSeal:
    """Both directions of one call, from one start of ours to its end."""

    def __init__(self, secret: bytes, side: int, entropy: Entropy) -> None:
        if len(secret) != SECRET_BYTES or side not in (0, 1):
            raise Misused("A call has a secret of 32 bytes and the sides 0 and 1.")
        self.tag = call_tag(secret)
        self._secret, self._side, self._entropy = secret, side, entropy
        self._ours = entropy(RUN_BYTES)
        self._theirs = NO_RUN  # the run that the keys are for
        self._heard = NO_RUN  # the newest that greeted us, and may be a recording
        self._greets = tuple(AESGCM(derived(secret, b"hello" + bytes((s,)), 32)) for s in (0, 1))
        self._out: Direction | None = None
        self._in: Direction | None = None
        self._over: list[bytes] = []  # runs of theirs that have ended
        self.confirmed = False  # something sealed for our run has come: both have the keys

    @property
    def agreed(self) -> bool:
        """Whether there are keys to seal by."""
        return self._out is not None

    def hello(self) -> bytes:
        """Our run, and the one we heard of theirs, for them (X7)."""
        clear = bytes((HELLO,)) + self.tag
        nonce = self._entropy(NONCE_BYTES)
        plain = self._ours + self._heard
        return clear + nonce + self._greets[self._side].encrypt(nonce, plain, clear)

    def hear_hello(self, datagram: bytes) -> Greeted:
        """A greeting came: what follows from it."""
        if len(datagram) != HELLO_BYTES:
            return Greeted.NOTHING
        clear, sealed = datagram[: 1 + CALL_TAG_BYTES], datagram[1 + CALL_TAG_BYTES :]
        try:
            plain = self._greets[1 - self._side].decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], clear
            )
        except InvalidTag:
            return Greeted.NOTHING
        run, echo = plain[:RUN_BYTES], plain[RUN_BYTES:]
        if run in (NO_RUN, self._ours) or run in self._over:
            return Greeted.NOTHING
        self._heard = run
        if echo != self._ours:
            # It may be a recording: it is answered with our run, which only the living can echo.
            return Greeted.ANSWER
        if run == self._theirs:
            return Greeted.KNOWN
        if len(self._over) == RUNS_MAX:
            # No more is remembered. With a run of our own that is new, no greeting that was ever
            # recorded gives it back, so none can bring keys into use a second time.
            self._ours, self._over = self._entropy(RUN_BYTES), []
            return Greeted.ANSWER
        self._begin(run)
        return Greeted.BEGUN

    def seal(self, plain: bytes) -> bytes:
        """A datagram for them; only once the runs are agreed."""
        if self._out is None:
            raise Misused("The two sides of the call have not greeted each other yet.")
        return self._out.seal(plain)

    def open(self, datagram: bytes) -> bytes | None:
        """What a sealed datagram says; nothing when it does not open, or came before."""
        if self._in is None or len(datagram) <= OVERHEAD_BYTES:
            return None
        plain = self._in.open(datagram)
        self.confirmed |= plain is not None
        return plain

    def _begin(self, run: bytes) -> None:
        if self.agreed:
            self._over.append(self._theirs)
        self._theirs = run
        self._out = Direction(self._secret, self._side, self._ours, run)
        self._in = Direction(self._secret, 1 - self._side, run, self._ours)
        self.confirmed = False
