"""Datagrams of calls: what is inside them, a whole link, and the credit of media on TCP."""

from __future__ import annotations

import random
import struct

from fuzz.script import Script
from parley.bearers import DATAGRAM_BYTES_MAX
from parley.bearers.credit import WINDOW_MAX, WINDOW_MIN, Credit
from parley.conference.inside import Inside
from parley.conference.inside import inside as written
from parley.conference.link import FRAME_BYTES_WAITING_MAX, FRAMES_WAITING_MAX, MediaLink
from parley.conference.pictures import HELD_BYTES_MAX, Piece
from parley.conference.rate import KBPS_MAX, KBPS_MIN
from parley.conference.report import Report
from parley.conference.wanted import Wanted
from parley.core.errors import Malformed

STEP_S = 0.05


def inside(data: bytes) -> None:
    """There is one spelling of what is inside a datagram, and a rule for all that is none."""
    try:
        said = Inside.parse(data)
    except Malformed as error:
        assert error.rule in {"X10", "X11", "X12", "X13", "X14"}
        return
    if isinstance(said.body, Report | Wanted | Piece):
        body = said.body.to_bytes()
    else:
        frames = [frame for _, frame in said.body]
        body = bytes((len(frames),)) + b"".join(
            struct.pack(">H", len(frame)) + frame for frame in frames
        )
    assert written(said.kind, said.number, said.sent_ms, body) == data


def link(data: bytes) -> None:
    """Whatever an authentic peer, a stranger and our own page send, nothing is raised, and no more
    is held or sent than may be."""
    script, chance = Script(data), random.Random(1)
    ours, theirs = (MediaLink(bytes(32), side, 0.0, entropy=chance.randbytes) for side in (0, 1))
    now = 0.0
    for _ in range(3):
        now += STEP_S * 4
        for one, other in ((ours, theirs), (theirs, ours)):
            for datagram in one.datagrams(now):
                other.receive(datagram, now)
    while not script.over:
        choice = script.number()
        if choice % 8 == 0:
            now += STEP_S * (1 + choice // 8)
        elif choice % 8 == 1:
            ours.receive(script.some(), now)
        elif choice % 8 == 2:
            ours.send(script.some(), now)
        elif choice % 8 == 3:
            for datagram in ours.datagrams(now, 2_000 * (choice // 8)):
                assert len(datagram) <= DATAGRAM_BYTES_MAX
        else:
            plain = bytes((choice % 4 + 1,)) + script.some()
            ours.receive(theirs._seal.seal(plain), now)
        assert KBPS_MIN <= ours.rate.kbps <= KBPS_MAX
        assert ours._pictures_in._held <= HELD_BYTES_MAX
        assert len(ours._frames) <= FRAMES_WAITING_MAX
        assert ours._frame_bytes <= FRAME_BYTES_WAITING_MAX
    ours.figures()


def credit(data: bytes) -> None:
    """Whatever the other end says that it took, no more is under way than the window."""
    script, now = Script(data), 0.0
    mine = Credit()
    while not script.over:
        now += script.number() / 100
        if script.number() % 2:
            mine.sent(min(mine.room, script.number(2)), now)
        else:
            mine.hear(script.some(), now)
        assert mine.known or not mine.under_way
        assert WINDOW_MIN <= mine.window <= WINDOW_MAX
        assert mine.under_way >= 0
        assert mine.room <= mine.window
