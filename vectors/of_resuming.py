"""Vectors of resume.md: two RESUMEs, where the logs ended by them, and the keys that follow."""

from __future__ import annotations

from functools import partial

from parley.core.keys import Prekey, hybrid, seal_to, sha256
from parley.core.resuming import (
    End,
    Resume,
    beginning,
    ends,
    later_psk,
    terms_after,
)
from parley.core.seal import Epoch, open_info
from parley.core.terms import Terms
from parley.core.wire import encode, uvar
from vectors.material import Keep, Page, rule_of, same, seed, verifies

# What each states of its own log and of the other's, and for which incarnation it speaks.
CASES = (
    ("whole", (1, 7, 4), (1, 4, 7)),
    ("A was put back", (1, 5, 2), (1, 4, 9)),
    ("B was put back", (1, 7, 4), (1, 3, 6)),
    ("A lost an incarnation", (1, 7, 4), (2, 1, 2)),
    ("nothing was said", (1, 0, 0), (1, 0, 0)),
)


def _end(side: int, size: int) -> End:
    return End(size, seed(f"root {side} {size}")) if size else End()


def _made(keep: Keep, name: str, terms: Terms, inc: int, of: int, own: int, held: int) -> Resume:
    """One RESUME whose signature is kept as long as it verifies."""
    side, station = terms.side, terms.our_keys.station
    made = Resume.make(
        terms,
        inc,
        of,
        (_end(side, own), _end(1 - side, held)),
        Prekey(seed(f"{'AB'[side]} resume prekey")),
        f"{name}, says {'AB'[side]}.",
    )
    signed = b"pl1 resume" + sha256(made.document)
    block = keep(
        f"{name} {'AB'[side]}",
        verifies(station.public, hybrid(signed)),
        partial(station.block, hybrid(signed)),
    )
    data = uvar(len(made.document)) + made.document + bytes.fromhex(block)
    return Resume.parse(data, terms, side).check(station.public, terms.suite)


def resume(keep: Keep, terms: tuple[Terms, Terms]) -> Page:
    pairs = {
        name: tuple(
            _made(keep, name, terms[side], 3 if name == "A lost an incarnation" else 2, *case)
            for side, case in enumerate(cases)
        )
        for name, *cases in CASES
    }
    a, b = pairs["A was put back"]
    stations = [each.our_keys.station.public for each in terms]
    return {
        "line": {
            "line id": terms[0].line_id.hex(),
            "inc": terms[0].inc,
            "agreement": terms[0].h_agr.hex(),
            "psk0": seed("psk0").hex(),
            "stations": [[key.ed25519.hex(), key.mldsa.hex()] for key in stations],
        },
        "pairs": [
            {
                "name": name,
                "packets": [one.to_bytes().hex(), other.to_bytes().hex()],
                "ends": [[end.size, end.root.hex()] for end in ends(one, other)],
                "beginning": encode([{}, beginning(one, other)]).hex(),
            }
            for name, (one, other) in pairs.items()
        ],
        "keys": _keys(keep, terms, a, b),
        "refused": _refused(terms, a),
    }


def _keys(keep: Keep, terms: tuple[Terms, Terms], a: Resume, b: Resume) -> Page:
    """The first epoch of A's direction in the incarnation that the pair begins."""
    old = Terms(
        **{name: getattr(terms[0], name) for name in terms[0].__slots__}
        | {"later_psk": later_psk(seed("psk0"))}
    )
    new, secret = terms_after(old, a, b), seed("s0 of incarnation 2")
    info0 = open_info(new.line_id, new.inc, 0, new.h_agr, new.their_prekey)
    prekey = Prekey(seed("B resume prekey"))
    sealed = bytes.fromhex(
        keep(
            "enc0 of incarnation 2",
            lambda data: same(prekey.open(data, info0), secret),
            lambda: seal_to(prekey.public, secret, info0),
        )
    )
    made = Epoch.first(secret, new.psk0, info0, sealed)
    return {
        "pair": "A was put back",
        "prekey seed": prekey.seed.hex(),
        "bound": new.h_agr.hex(),
        "later psk": later_psk(seed("psk0")).hex(),
        "psk0": (new.psk0 or b"").hex(),
        "info0": info0.hex(),
        "s0": secret.hex(),
        "enc0": sealed.hex(),
        "kc": made.confirmation.hex(),
        "et": made.epoch.et.hex(),
        "KL": made.epoch.kl.hex(),
        "KA": made.epoch.ka.hex(),
        "NK": made.epoch.nk.hex(),
    }


def _refused(terms: tuple[Terms, Terms], made: Resume) -> list[Page]:
    """RESUMEs of A that B refuses for their form, whatever signs them."""
    true = [1, terms[0].line_id, 2, 0, terms[0].h_agr, 1, made.own.size, made.own.root,
            made.held.size, made.held.root, made.prekey, made.reason]  # fmt: skip
    found = []
    for at, value in (
        (0, 2), (2, 1), (3, 1), (4, bytes(32)), (5, 0), (5, 2), (6, 0), (7, bytes(31)),
        (9, None), (10, bytes(1215)), (11, ""), (11, "x" * 401),
    ):  # fmt: skip
        document = encode([*true[:at], value, *true[at + 1 :]])
        data = uvar(len(document)) + document + made.block
        rule = rule_of(Resume.parse, data, terms[1], 0)
        assert rule
        found.append({"packet": data.hex(), "rule": rule})
    return found
