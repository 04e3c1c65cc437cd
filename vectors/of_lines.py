"""Vectors of seal.md and record.md: from one secret to sealed entries, leaves and heads."""

from __future__ import annotations

from functools import partial

from parley.core.entry import Plaintext, Type
from parley.core.keys import (
    Prekey,
    hkdf32,
    hmac_sha256,
    hybrid,
    seal_to,
    sha256,
)
from parley.core.opening import TheirOpen
from parley.core.packets import Cosign, Kind
from parley.core.packets import Status as StatusPacket
from parley.core.record import (
    Head,
    Log,
    commitment,
    joint_key,
    key_name,
    leaf_hash,
    subtree_message,
)
from parley.core.seal import (
    Epoch,
    associated,
    envelope_locator,
    open_info,
    packet_locator,
    seal_entry,
)
from parley.core.speaking import ENVELOPE, PACKET, frame
from parley.core.suites import SUITE_1, Suite
from parley.core.terms import OurKeys, Terms, TheirKeys
from parley.core.wire import encode, uvar
from vectors.material import (
    INC,
    LINE_ID,
    ML_DSA,
    Keep,
    Page,
    rule_of,
    same,
    seed,
    signing,
    verifies,
)
from vectors.of_rekeying import rekey

# --- seal.md


def terms(side: int, suite: Suite = SUITE_1) -> Terms:
    """Both sides of the line of these vectors."""

    def all_keys(of: int) -> OurKeys:
        return OurKeys(
            *(
                signing(key_name(LINE_ID, of, use), f"{'AB'[of]} {use}", suite.mldsa)
                for use in ("station", "log", "cosigner")
            )
        )

    theirs = all_keys(1 - side)
    prekeys = [Prekey(seed(f"{'AB'[of]} prekey"), suite.kem).public for of in (0, 1)]
    return Terms(
        line_id=LINE_ID,
        inc=INC,
        side=side,
        h_agr=seed("agreement"),
        our_prekey=prekeys[side],
        their_prekey=prekeys[1 - side],
        our_keys=all_keys(side),
        their_keys=TheirKeys(theirs.station.public, theirs.log.public, theirs.cosigner.public),
        psk0=seed("psk0"),
        suite=suite,
    )


def seal(keep: Keep) -> Page:
    opened, epoch, (ours, theirs) = opening(keep)
    return {
        **opened,
        "entries": [_sealed_entry(epoch, n, body) for n, body in ((0, "00"), (1, "8100"), (5, ""))],
        "packets": _packets(epoch),
        "rekey": rekey(keep, (ours, theirs), epoch),
        "statuses": _statuses(),
    }


def opening(keep: Keep, suite: Suite = SUITE_1) -> tuple[Page, Epoch, tuple[Terms, Terms]]:
    """A's OPEN and the epoch it starts."""
    ours, theirs = terms(0, suite), terms(1, suite)
    info0 = open_info(LINE_ID, INC, 0, ours.h_agr, ours.their_prekey)
    secret, prekey = seed("s0"), Prekey(seed("B prekey"), suite.kem)
    sealed = bytes.fromhex(
        keep(
            "enc0",
            lambda data: same(prekey.open(data, info0), secret),
            lambda: seal_to(prekey.public, secret, info0, suite.kem),
        )
    )
    made = Epoch.first(secret, ours.psk0, info0, sealed)
    offered = [[number, Prekey(seed(f"offered {number}"), suite.kem).public] for number in (1, 2)]
    document = encode([1, LINE_ID, INC, 0, ours.h_agr, sealed, offered, made.confirmation])
    signed = b"pl1 open" + info0 + sealed + sha256(encode(offered))
    station = ours.our_keys.station
    block = keep(
        "open block",
        verifies(station.public, hybrid(signed, suite.mldsa)),
        lambda: station.block(hybrid(signed, suite.mldsa)),
    )
    packet = uvar(len(document)) + document + bytes.fromhex(block)
    read = TheirOpen.parse(packet, theirs)
    assert read.accept(read.check(theirs), theirs, prekey.seed).epoch.et == made.epoch.et
    without = Epoch.first(secret, None, info0, sealed)
    page = {
        "line": {
            "line id": LINE_ID.hex(),
            "inc": INC,
            "dir": 0,
            "agreement": ours.h_agr.hex(),
            "prekey seed": prekey.seed.hex(),
            "psk0": seed("psk0").hex(),
            "station ed25519": station.public.ed25519.hex(),
            f"station {ML_DSA[suite.mldsa]}": station.public.mldsa.hex(),
        },
        "open": {
            "info0": info0.hex(),
            "s0": secret.hex(),
            "enc0": sealed.hex(),
            "kc": made.confirmation.hex(),
            "signed": signed.hex(),
            "packet": packet.hex(),
            "kc without psk0": without.confirmation.hex(),
        },
        "epoch": _epoch(secret, ours, info0, sealed, made.epoch),
    }
    return page, made.epoch, (ours, theirs)


def _epoch(secret: bytes, ours: Terms, info0: bytes, sealed: bytes, epoch: Epoch) -> Page:
    et = sha256(info0 + sealed)
    root = hkdf32(ours.psk0 or bytes(32), secret, et)
    chain = hmac_sha256(root, b"chain")
    keys = []
    for n in range(3):
        message = hmac_sha256(chain, b"\x01")
        key = epoch.message_key(n)
        keys.append(
            {
                "n": n,
                "CK": chain.hex(),
                "MK": message.hex(),
                "K": key.key.hex(),
                "blind": key.blind.hex(),
            }
        )
        chain = hmac_sha256(chain, b"\x02")
    return {
        "et": epoch.et.hex(),
        "RK": root.hex(),
        "KL": epoch.kl.hex(),
        "KA": epoch.ka.hex(),
        "NK": epoch.nk.hex(),
        "keys": keys,
        "locators": {
            "of entries": {str(n): envelope_locator(epoch.kl, n).hex() for n in (0, 1, 1 << 40)},
            "of packets": {str(kind): packet_locator(epoch.kl, kind).hex() for kind in (1, 4, 5)},
        },
    }


def _sealed_entry(epoch: Epoch, n: int, body: str) -> Page:
    aad = associated(LINE_ID, INC, 0, 0, n, epoch.et)
    plain = Plaintext(Type.TEXT, 0x08, n, 1000 + n, bytes.fromhex(body)).to_bytes()
    sealed = envelope_locator(epoch.kl, n) + seal_entry(epoch.message_key(n), aad, plain)
    return {
        "n": n,
        "aad": aad.hex(),
        "plaintext": plain.hex(),
        "frame": frame(ENVELOPE, sealed).hex(),
    }


def _packets(epoch: Epoch) -> list[Page]:
    aad = associated(LINE_ID, INC, 0, 0, None, epoch.et)
    given = [
        (Kind.STATUS, 1, b"\x00" * 40),
        (Kind.COSIGN, (1 << 32) - 1, b"a head"),
        (0x2F, 7, b""),
    ]
    return [
        {
            "kind": int(kind),
            "counter": counter,
            "aad": aad.hex(),
            "plaintext": plain.hex(),
            "frame": frame(
                PACKET,
                packet_locator(epoch.kl, kind)
                + counter.to_bytes(4, "big")
                + epoch.seal_packet(kind, counter, aad, plain),
            ).hex(),
        }
        for kind, counter, plain in given
    ]


def _statuses() -> Page:
    roots = (b"\xaa" * 32, b"\xbb" * 32)
    given = [
        (StatusPacket(0, 0, frozenset(), *roots, 0, 0, 0, 0), 16),
        (StatusPacket(300, 2, frozenset({3, 5, 66}), *roots, 0, 9, 1, 1), 8),
        (StatusPacket((1 << 64) - 1, 127, frozenset({128}), *roots, 3, (1 << 32) - 1, 5, 0x11), 32),
    ]
    plain = given[0][0].to_bytes(8).hex()
    refused = {
        "S10": [plain[:6] + "07" + plain[8:], "000009" + "00" * 40, plain[:6] + "00" + plain[8:]],
        "W4": [plain[:-2], plain + "01", plain + "010261"],
        "W9": ["8000" + plain[2:]],
    }
    for rule, packets in refused.items():
        for packet in packets:
            assert rule_of(StatusPacket.parse, bytes.fromhex(packet)) == rule
    late = "00" + "80" + "00" * 7 + "00"
    assert rule_of(Cosign.parse, bytes.fromhex(late)) == "S12"
    return {
        "read": [
            {
                "size": str(status.size),
                "contig": str(status.contig),
                "sack": sorted(status.sack),
                "root bytes": root_bytes,
                "own root": status.own_root[:root_bytes].hex(),
                "their root": status.their_root[:root_bytes].hex(),
                "epoch": status.epoch,
                "echo": status.echo,
                "cover": status.cover,
                "flags": status.flags,
                "packet": status.to_bytes(root_bytes).hex() + tail,
            }
            for status, root_bytes in given
            for tail in ("", "0700", "ff03616263")
        ],
        "refused": [{"packet": p, "rule": rule} for rule, ps in refused.items() for p in ps],
    }


# --- record.md


def record(keep: Keep) -> Page:
    blind, body, et = seed("blind"), bytes.fromhex("82a00061"), seed("et")
    fields = (LINE_ID, INC, 1, 7, 0x01, 0xC8, 1000, 70_000, seed("root at seen"), et)
    leaf = leaf_hash(*fields, commitment(blind, body))
    log = Log()
    roots: list[Page] = []
    for n in range(9):
        roots.append({"size": n, "root": log.root.hex()})
        log.append(seed(f"leaf {n}"))
    head = Head(LINE_ID, INC, 0, 8, bytes.fromhex(roots[8]["root"]))
    order = [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 2), (0, 2, 1), (0, 3, 2)]
    return {
        "leaf": {
            "line id": LINE_ID.hex(),
            "inc": INC,
            "dir": 1,
            "n": 7,
            "type": 1,
            "marks": 0xC8,
            "time": 1000,
            "seen": 70_000,
            "root at seen": seed("root at seen").hex(),
            "et": et.hex(),
            "blind": blind.hex(),
            "body": body.hex(),
            "commitment": commitment(blind, body).hex(),
            "leaf": leaf.hex(),
        },
        "seen": [
            {"before": before, "sent": sent, "seen": before + ((sent - before) & 0xFFFF)}
            for before, sent in (
                (0, 0),
                (0, 5),
                (5, 4),
                (65_535, 0),
                (70_000, 4_464),
                (70_000, 4_463),
            )
        ],
        "tree": {"leaves": [seed(f"leaf {n}").hex() for n in range(8)], "roots": roots},
        "joint order": [
            {"dir": d, "n": n, "seen": seen}
            for d, n, seen in sorted(order, key=lambda row: joint_key(*row))
        ],
        "head": {"origin dir": 0, "size": 8, "root": roots[8]["root"], "note": head.text.decode()},
        "subtree message": subtree_message("a cosigner", 5, "a log", 8, head.root).hex(),
        "signed": signed_heads(keep, head),
    }


def signed_heads(keep: Keep, head: Head, suite: Suite = SUITE_1) -> list[Page]:
    """A head of A as A signs it, and as B cosigns it."""
    log_key = signing(key_name(LINE_ID, 0, "log"), "A log", suite.mldsa)
    cosigner = signing(key_name(LINE_ID, 1, "cosigner"), "B cosigner", suite.mldsa)
    time = 1_800_000_002
    signed: list[Page] = []
    for what, key, wanted in (
        ("checkpoint", log_key, head.checkpoint(log_key.public)),
        ("cosign", cosigner, head.cosignature(cosigner.public, time)),
    ):
        block = keep(what, verifies(key.public, list(wanted)), partial(key.block, list(wanted)))
        signed.append(
            {
                "kind": what,
                "key name": key.public.name,
                "ed25519 public": key.public.ed25519.hex(),
                f"{ML_DSA[suite.mldsa]} public": key.public.mldsa.hex(),
                "time": time if what == "cosign" else 0,
                "messages": {f"{algorithm:02x}": message.hex() for algorithm, message in wanted},
                "block with both": block,
                "block with one": key.block(list(wanted[:1])).hex(),
            }
        )
    return signed
