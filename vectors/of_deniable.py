"""Vectors of deniable.md: the record key, a head that bears a code, a REKEY that shows no size."""

from __future__ import annotations

from functools import partial

from parley.core.keys import Prekey, hmac_sha256, hybrid, seal_to, sha256
from parley.core.packets import Rekey
from parley.core.record import Head
from parley.core.rekeying import _bound, _rekey_message, _seal_info
from parley.core.seal import Epoch
from parley.core.terms import Terms
from parley.core.vouching import CODE, RecordKey, code_block, code_name, code_of, record_key
from vectors.material import INC, LINE_ID, Keep, Page, rule_of, same, seed, verifies

SAMPLE_KEY = seed("record key of the sample")  # of sample.deniable
NUMBER, BASE = 4, 77


def deniable(keep: Keep, terms: Terms) -> Page:
    """All of the page; `terms` are A's on a deniable line."""
    roots = [seed("RK of A"), seed("RK of B")]
    shares = [hmac_sha256(root, b"rec") for root in roots]
    key = record_key(LINE_ID, INC, *shares)
    head = Head(LINE_ID, INC, 0, 8, seed("root at 8"))
    block = code_block(key, LINE_ID, head.text)
    name = code_name(LINE_ID)
    return {
        "record key": {
            "line id": LINE_ID.hex(),
            "inc": INC,
            "RK of A to B": roots[0].hex(),
            "RK of B to A": roots[1].hex(),
            "shares": [share.hex() for share in shares],
            "key": key.hex(),
        },
        "head": {
            "size": head.size,
            "root": head.root.hex(),
            "text": head.text.decode(),
            "key name": name,
            "key id": sha256(name.encode() + b"\n" + bytes([CODE]))[:4].hex(),
            "block": block.hex(),
        },
        "refused blocks": [
            {"why": why, "block": bad.hex(), "rule": rule_of(code_of, LINE_ID, bad)}
            for why, bad in (
                ("no code", b"\0"),
                ("another algorithm", bytes([1, 1]) + block[2:]),
                ("another key id", block[:2] + bytes(4) + block[6:]),
                ("cut short", block[:-1]),
                ("something follows", block + b"\0"),
            )
        ],
        "rekey": _rekey(keep, terms, key),
        "sample record key": SAMPLE_KEY.hex(),
    }


def _rekey(keep: Keep, terms: Terms, key: bytes) -> Page:
    epoch = Epoch._grow(seed("RK 2 of A"), seed("et 2 of A"), 2, 0)
    prekey, secret = Prekey(seed(f"offered {NUMBER}")), seed("s3")
    bound = _bound(terms, 0, epoch, NUMBER, BASE)
    info = _seal_info(bound, prekey.public)
    sealed = bytes.fromhex(
        keep(
            "enc deniable",
            lambda data: same(prekey.open(data, info), secret),
            lambda: seal_to(prekey.public, secret, info),
        )
    )
    signed = _rekey_message(bound, sealed, prekey.public)
    station = terms.our_keys.station
    block = bytes.fromhex(
        keep(
            "rekey block deniable",
            verifies(station.public, hybrid(signed)),
            partial(station.block, hybrid(signed)),
        )
    )
    holder = RecordKey(terms, {"record key": key})
    code = holder.base_code(0, epoch.e + 1, BASE)
    packet = Rekey(epoch.e + 1, NUMBER, BASE, sealed, code + block).to_bytes()
    after = epoch.next(secret, sealed, prekey.public, BASE, terms.bound_base(BASE))
    return {
        "e": epoch.e,
        "et": epoch.et.hex(),
        "NK": epoch.nk.hex(),
        "prekey seed": prekey.seed.hex(),
        "station ed25519": station.public.ed25519.hex(),
        "station ml-dsa-44": station.public.mldsa.hex(),
        "base": BASE,
        "bound": bound.hex(),
        "secret": secret.hex(),
        "code of the base": code.hex(),
        "signed": signed.hex(),
        "packet": packet.hex(),
        "next": {
            "et": after.et.hex(),
            "RK": hmac_sha256(epoch.nk, secret + after.et).hex(),
            "K at base": after.message_key(BASE).key.hex(),
        },
    }
