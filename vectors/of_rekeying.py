"""Vectors of seal.md S14 to S18: prekeys, a secret sealed to one, and the epoch it makes."""

from __future__ import annotations

from functools import partial

from parley.core.entry import Plaintext, Type
from parley.core.keys import Prekey, hmac_sha256, hybrid, seal_to
from parley.core.packets import Prekeys, Rekey
from parley.core.rekeying import _bound, _offer_message, _rekey_message, _seal_info
from parley.core.seal import Epoch, associated, envelope_locator, packet_locator, seal_entry
from parley.core.speaking import ENVELOPE, frame
from parley.core.terms import Terms
from vectors.material import INC, LINE_ID, ML_DSA, Keep, Page, same, seed, verifies

NUMBER, BASE = 3, 5


def rekey(keep: Keep, terms: tuple[Terms, Terms], epoch: Epoch) -> Page:
    """From A's first epoch to its second, by a prekey that B offered."""
    suite = terms[0].suite
    prekeys = {
        number: Prekey(seed(f"offered {number}"), suite.kem) for number in (NUMBER, NUMBER + 1)
    }
    public = prekeys[NUMBER].public
    bound = _bound(terms[0], 0, epoch, NUMBER, BASE)
    secret, info = seed("s1"), _seal_info(bound, public)
    sealed = bytes.fromhex(
        keep(
            "enc1",
            lambda data: same(prekeys[NUMBER].open(data, info), secret),
            lambda: seal_to(public, secret, info, suite.kem),
        )
    )
    signed = _rekey_message(bound, sealed, public)
    station = terms[0].our_keys.station
    block = bytes.fromhex(
        keep(
            "rekey block",
            verifies(station.public, hybrid(signed, suite.mldsa)),
            partial(station.block, hybrid(signed, suite.mldsa)),
        )
    )
    packet = Rekey(epoch.e + 1, NUMBER, BASE, sealed, block).to_bytes()
    assert Rekey.parse(packet, suite).to_bytes() == packet
    after = epoch.next(secret, sealed, public, BASE)
    aad = associated(LINE_ID, INC, 0, after.e, BASE, after.et)
    plain = Plaintext(Type.TEXT, 0x08, 0, 1000, b"\x82\xa0\x60").to_bytes()
    key = after.message_key(BASE)
    return {
        "offer": _offer(keep, terms[1], prekeys),
        "bound": bound.hex(),
        "seal info": info.hex(),
        "secret": secret.hex(),
        "enc": sealed.hex(),
        "signed": signed.hex(),
        "packet": packet.hex(),
        "epoch": {
            "e": after.e,
            "base": BASE,
            "et": after.et.hex(),
            "RK": hmac_sha256(epoch.nk, secret + after.et).hex(),
            "KL": after.kl.hex(),
            "KA": after.ka.hex(),
            "NK": after.nk.hex(),
            "K": key.key.hex(),
            "blind": key.blind.hex(),
            "locator of STATUS": packet_locator(after.kl, 1).hex(),
        },
        "entry": {
            "n": BASE,
            "aad": aad.hex(),
            "plaintext": plain.hex(),
            "frame": frame(
                ENVELOPE, envelope_locator(after.kl, BASE) + seal_entry(key, aad, plain)
            ).hex(),
        },
    }


def _offer(keep: Keep, terms: Terms, prekeys: dict[int, Prekey]) -> Page:
    """B's PREKEYS, under an epoch of B's direction of which only number and transcript count."""
    under = Epoch.from_cell([2, 0, seed("et of B"), bytes(32), bytes(32), b"", b"", 0, {}])
    offered = {number: prekey.public for number, prekey in prekeys.items()}
    message = _offer_message(terms, 1, under, offered)
    station = terms.our_keys.station
    block = keep(
        "prekeys block",
        verifies(station.public, hybrid(message, terms.suite.mldsa)),
        partial(station.block, hybrid(message, terms.suite.mldsa)),
    )
    packet = Prekeys(offered, bytes.fromhex(block)).to_bytes()
    assert Prekeys.parse(packet, terms.suite).to_bytes() == packet
    return {
        "e": under.e,
        "et": under.et.hex(),
        "seeds": {str(number): prekey.seed.hex() for number, prekey in prekeys.items()},
        "station ed25519": station.public.ed25519.hex(),
        f"station {ML_DSA[terms.suite.mldsa]}": station.public.mldsa.hex(),
        "signed": message.hex(),
        "packet": packet.hex(),
    }
