"""Vectors of suites.md: what suite 2 has otherwise."""

from __future__ import annotations

from collections.abc import Callable

from parley.core.identity import COSIGNER, LOG, STATION, Certificate
from parley.core.keys import (
    COSIGN_ED25519,
    COSIGN_MLDSA87,
    ED25519,
    MLDSA87,
    Prekey,
    check_prekey,
    seal_to,
)
from parley.core.record import Head, key_name
from parley.core.suites import SUITE_2
from parley.core.terms import OurKeys
from vectors.material import INC, LINE_ID, Keep, Page, rule_of, same, seed, signing
from vectors.of_lines import opening, signed_heads
from vectors.of_rekeying import rekey

NAME = key_name(LINE_ID, 0, "station")


def suites(keep: Keep) -> Page:
    """All of the page."""

    def kept(name: str, valid: Callable[[bytes], object], make: Callable[[], bytes]) -> str:
        return keep(f"suite 2 {name}", valid, make)

    key = signing(NAME, "station", MLDSA87)
    opened, epoch, terms = opening(kept, SUITE_2)
    head = Head(LINE_ID, INC, 0, 8, seed("root at 8"))
    return {
        "signing key": {
            "name": NAME,
            "ed25519 seed": key.seed[:32].hex(),
            "ml-dsa-87 seed": key.seed[32:].hex(),
            "ed25519 public": key.public.ed25519.hex(),
            "ml-dsa-87 public": key.public.mldsa.hex(),
            "key ids": {
                f"{algorithm:02x}": key.public.key_id(algorithm).hex()
                for algorithm in (ED25519, COSIGN_ED25519, MLDSA87, COSIGN_MLDSA87)
            },
        },
        "prekey": _prekey(kept),
        "certificates": _certificates(),
        **opened,
        "rekey": rekey(kept, terms, epoch),
        "head": {"origin dir": 0, "size": 8, "root": head.root.hex(), "note": head.text.decode()},
        "signed": signed_heads(kept, head, SUITE_2),
    }


def _prekey(keep: Keep) -> Page:
    prekey = Prekey(seed("prekey"), SUITE_2.kem)
    secret, info = seed("secret"), b"what the secret is bound to"
    sealed = keep(
        "sealed",
        lambda data: same(prekey.open(data, info), secret),
        lambda: seal_to(prekey.public, secret, info, SUITE_2.kem),
    )
    off = bytearray(prekey.public)
    off[-1] ^= 1
    none = [
        ("a point off the curve", bytes(off)),
        ("no point", prekey.public[:1568] + bytes(97)),
        (
            "a point written compressed",
            prekey.public[:1568] + bytes([2]) + prekey.public[1569:1617],
        ),
        ("one byte less", prekey.public[:-1]),
    ]
    for _, public in none:
        assert rule_of(check_prekey, public, SUITE_2.kem) == "K6"
    return {
        "seed": prekey.seed.hex(),
        "public": prekey.public.hex(),
        "info": info.hex(),
        "sealed": sealed,
        "secret": secret.hex(),
        "keys that are none": [
            {"why": why, "public": public.hex(), "rule": "K6"} for why, public in none
        ],
    }


def _certificates() -> list[Page]:
    """One station's certificate without keys of suite 2, and with them: grown from one seed."""
    keys = OurKeys(
        *(signing(name, use) for name, use in zip((STATION, LOG, COSIGNER), USES, strict=True))
    )
    stronger = tuple(key.mldsa for key in keys.of(SUITE_2).publics)
    found = []
    for more in ((), stronger):
        made = Certificate("North watch", 1, *keys.publics, 1_800_000_000, more)
        assert Certificate.parse(made.to_bytes()) == made
        found.append(
            {
                "keys of suite 2": bool(more),
                "certificate": made.to_bytes().hex(),
                "hash": made.hash.hex(),
            }
        )
    return found


USES = ("station", "log", "cosigner")
