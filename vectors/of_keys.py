"""Vectors of keys.md and identity.md: who signs, what a secret is sealed to, who we are."""

from __future__ import annotations

from collections.abc import Iterator

from parley.core.agreement import line_id
from parley.core.identity import Party, commit_to, digits, read_digits
from parley.core.keys import (
    COSIGN_ED25519,
    COSIGN_MLDSA44,
    ED25519,
    MLDSA44,
    Prekey,
    SigningKey,
    hkdf32,
    hybrid,
    seal_to,
)
from parley.core.record import (
    key_name,
)
from vectors.material import LINE_ID, Keep, Page, reader, rule_of, same, seed, signing, verifies

# --- keys.md

NAME = key_name(LINE_ID, 0, "station")
MESSAGE = b"pl1 open and so on"


def keys(keep: Keep) -> Page:
    key = signing(NAME, "station")
    good = keep("block", verifies(key.public, hybrid(MESSAGE)), lambda: key.block(hybrid(MESSAGE)))
    alone = key.block([(ED25519, MESSAGE)]).hex()
    prekey = Prekey(seed("prekey"))
    secret, info = seed("secret"), b"what the secret is bound to"
    sealed = keep(
        "sealed",
        lambda data: same(prekey.open(data, info), secret),
        lambda: seal_to(prekey.public, secret, info),
    )
    turned = bytearray.fromhex(good)
    turned[-1] ^= 1
    swapped = bytes.fromhex(good)
    refused = [
        ("one signature", alone),
        ("three signatures", "03" + good[2:]),
        ("another order", (swapped[:1] + swapped[70:] + swapped[1:70]).hex()),
        ("another key id", good[:4] + "00000000" + good[12:]),
        ("a turned bit", turned.hex()),
    ]
    for _, block in refused:
        assert rule_of(key.public.check, reader(block), hybrid(MESSAGE)) == "K4"
    return {
        "hkdf": [
            {
                "salt": bytes(32).hex(),
                "secret": secret.hex(),
                "info": info.hex(),
                "key": hkdf32(bytes(32), secret, info).hex(),
            }
        ],
        "signing key": {
            "name": NAME,
            "ed25519 seed": key.seed[:32].hex(),
            "ml-dsa-44 seed": key.seed[32:].hex(),
            "ed25519 public": key.public.ed25519.hex(),
            "ml-dsa-44 public": key.public.mldsa.hex(),
            "key ids": {
                f"{algorithm:02x}": key.public.key_id(algorithm).hex()
                for algorithm in (ED25519, COSIGN_ED25519, COSIGN_MLDSA44, MLDSA44)
            },
        },
        "block": {"message": MESSAGE.hex(), "algorithms": ["01", "07"], "block": good},
        "refused blocks": [{"why": why, "block": block, "rule": "K4"} for why, block in refused],
        "keys that are none": [
            {"ed25519 public": (y | sign << 255).to_bytes(32, "little").hex(), "rule": "I2"}
            for y in _small_order()
            for sign in (0, 1)
        ],
        "prekey": {
            "seed": prekey.seed.hex(),
            "public": prekey.public.hex(),
            "info": info.hex(),
            "sealed": sealed,
            "secret": secret.hex(),
        },
    }


def _small_order() -> Iterator[int]:
    """The y of small order, and those of them that are written with p added."""
    p = (1 << 255) - 19
    y8 = int.from_bytes(
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
    )
    yield from (0, 1, p - 1, y8, p - y8, p, p + 1)


# --- identity.md


def identity() -> Page:
    root = SigningKey("root", seed("root ed25519") + seed("root ml-dsa"), root=True).public
    successor = SigningKey("next", seed("next ed25519") + seed("next ml-dsa"), root=True).public
    commit = commit_to(successor)
    parties = [Party(name, root, commit) for name in ("North", "Юг", "北")]
    fingerprints = [bytes(20), b"\x00" * 19 + b"\x01", b"\x7f" + b"\xff" * 19]
    a, b = sorted(party.fingerprint for party in parties[:2])
    nonce, psk_a, psk_b = seed("nonce"), seed("psk A"), seed("psk B")
    typed = ["1234", digits(fingerprints[2])[:-1] + "8", "a" * 48, "9" * 48]
    for text in typed:
        assert rule_of(read_digits, text) == "I3"
    return {
        "root": {
            "ed25519 seed": seed("root ed25519").hex(),
            "ml-dsa-65 seed": seed("root ml-dsa").hex(),
            "ed25519 public": root.ed25519.hex(),
            "ml-dsa-65 public": root.mldsa.hex(),
        },
        "next root": {
            "ed25519 public": successor.ed25519.hex(),
            "ml-dsa-65 public": successor.mldsa.hex(),
            "commit": commit.hex(),
        },
        "fingerprints": [
            {"party": p.name, "fingerprint": p.fingerprint.hex(), "digits": p.digits}
            for p in parties
        ],
        "digits": [{"fingerprint": f.hex(), "digits": digits(f)} for f in fingerprints],
        "refused digits": [{"typed": text, "rule": "I3"} for text in typed],
        "line id": {
            "fingerprint A": a.hex(),
            "fingerprint B": b.hex(),
            "nonce": nonce.hex(),
            "line id": line_id(a, b, nonce).hex(),
        },
        "psk0": {
            "fingerprint A": a.hex(),
            "fingerprint B": b.hex(),
            "secret of A": psk_a.hex(),
            "secret of B": psk_b.hex(),
            "psk0": hkdf32(bytes(32), psk_a + psk_b, b"pl1 psk0" + a + b).hex(),
        },
    }
