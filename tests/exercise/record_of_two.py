"""A record made by two lines in one process: small or large, with every kind of section."""

from __future__ import annotations

import random

from parley.core import agreement as agreeing
from parley.core.agreement import Agreement, Paper
from parley.core.effects import Keep, Saying, Transmit
from parley.core.entry import Precedence, Status, Type, body_of
from parley.core.identity import COSIGNER, LOG, STATION, Letter, PartyRoot, commit_to
from parley.core.kept import EntryRow, HeadRow, Kept
from parley.core.keys import Prekey, SigningKey
from parley.core.line import Line
from parley.core.record import joint_key
from parley.core.terms import Instant, OurKeys
from parley.core.wire import encode
from parley.evidence.sections import Documents
from parley.exercise.parties import agreement_of, letter_of
from parley.station.line.evidence import write

BEGAN = 1_900_000_000.0
STEP_S = 0.05
TEXT = "We have received your message and shall answer before noon. 我们已经收到。"


class Side:
    """One party: its root, its station's keys, its letter, and its line once there is one."""

    def __init__(self, name: str, chance: random.Random) -> None:
        self.chance = chance
        root = PartyRoot(name, chance.randbytes(64), commit_to(self._key("next", True).public))
        self.root = root
        self.keys = OurKeys(self._key(STATION), self._key(LOG), self._key(COSIGNER))
        self.letter = letter_of(root, self.keys, f"{name} station", int(BEGAN))
        self.prekey = Prekey(chance.randbytes(32))
        self.entries: list[EntryRow] = []
        self.heads: list[HeadRow] = []
        self.line: Line

    def _key(self, name: str, root: bool = False) -> SigningKey:
        return SigningKey(name, self.chance.randbytes(64), root=root)

    def open(self, agreement: Agreement, theirs: Letter) -> None:
        """Begin the line."""
        terms = agreeing.terms(agreement, self.letter, self.keys, theirs)
        kept = Kept(side=terms.side, cells={"prekey": encode(self.prekey.seed)})
        self.line = Line(terms, kept, self.chance.randbytes, self._root_at)

    def settle(self, now: Instant) -> list[bytes]:
        """Keep what is to be kept; the frames that leave."""
        frames = []
        for effect in self.line.settle(now, 1 << 20):
            if isinstance(effect, Keep):
                self.entries += effect.change.entries
                self.heads += effect.change.heads
            elif isinstance(effect, Transmit):
                frames.append(effect.frame)
        return frames

    def _root_at(self, dir: int, size: int) -> bytes:
        return next(row.root for row in self.entries if (row.dir, row.n) == (dir, size - 1))


def record_of_two(messages: int, seed: int = 1, signed_every: int = 50) -> bytes:
    """Evidence of a line on which both sides spoke in turn, so many messages in all."""
    return "".join(write(*talk_of_two(messages, seed, signed_every))).encode()


def talk_of_two(
    messages: int, seed: int = 1, signed_every: int = 50
) -> tuple[Documents, list[EntryRow], list[HeadRow]]:
    """What that evidence is made of."""
    chance = random.Random(seed)
    sides = sorted((Side("North", chance), Side("South", chance)), key=_fingerprint)
    letters = [side.letter for side in sides]
    agreement = agreement_of(
        *letters,
        nonce=chance.randbytes(32),
        name="North and South",
        prekeys=(sides[0].prekey.public, sides[1].prekey.public),
    )
    paper = Paper(agreement).sign(sides[0].root).sign(sides[1].root)
    for side, other in (sides, sides[::-1]):
        side.open(agreement, other.letter)
    _talk(sides, messages, signed_every)
    documents = Documents.read(paper.to_bytes(), letters[0].raw, letters[1].raw)
    entries = sorted(sides[0].entries, key=lambda row: joint_key(row.dir, row.n, row.seen))
    return documents, entries, sides[0].heads


def _talk(sides: list[Side], messages: int, signed_every: int) -> None:
    now = Instant(BEGAN, 0.0)
    for side in sides:
        side.line.path_up(now)
    said = turn = 0
    while said < messages or len(sides[0].entries) < messages:
        # Heads are signed once a second: fewer seconds, fewer of them.
        now = Instant(now.wall + STEP_S, now.mono + STEP_S)
        turn += 1
        speaker = sides[turn & 1]
        if said < messages and all(side.line.state(now).in_service for side in sides):
            for _ in range(max(1, signed_every // 20)):
                text = f"{said} {TEXT}"
                body = body_of(Type.TEXT, {}, text)
                speaker.line.say(Saying(Type.TEXT, Precedence.ROUTINE, Status.EXERCISE, body), now)
                said += 1
        for near, far in (sides, sides[::-1]):
            for frame in near.settle(now):
                far.line.hear(frame, now)
    for _ in range(60):  # until the last heads are signed
        now = Instant(now.wall + STEP_S, now.mono + STEP_S)
        for near, far in (sides, sides[::-1]):
            for frame in near.settle(now):
                far.line.hear(frame, now)


def _fingerprint(side: Side) -> bytes:
    return side.letter.fingerprint
