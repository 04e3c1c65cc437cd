"""The vectors are law: the code gives them and reads them, and a second program agrees.

`vectors/check.mjs` was written from the pages of `spec/`, in another language and with other
libraries. To run it: `npm ci` in `vectors/`, then `node check.mjs`.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parley.core.entry import Plaintext, check_text, read_body
from parley.core.errors import ParleyError
from parley.core.identity import ROOT, Certificate, Party, read_digits
from parley.core.kept import EntryRow
from parley.core.keys import (
    COSIGN_ED25519,
    COSIGN_MLDSA44,
    COSIGN_MLDSA87,
    ED25519,
    MLDSA44,
    Prekey,
    VerifyKey,
    check_prekey,
    hybrid,
    sha256,
)
from parley.core.opening import TheirOpen
from parley.core.packets import Prekeys, Rekey, Status
from parley.core.record import Log
from parley.core.seal import Epoch, open_entry
from parley.core.succession import Revocation, Succession
from parley.core.suites import SUITE_1, SUITE_2
from parley.core.vouching import check_code, code_of, record_key
from parley.core.wire import Reader, Value, decode, encode
from parley.evidence import audit, contradiction, proof
from parley.evidence.vouched import RecordKeyFile
from parley.station.line.declared import Declared
from vectors import generate, of_lines, sample

NAMES = (
    "wire",
    "keys",
    "identity",
    "entry",
    "declared",
    "seal",
    "record",
    "deniable",
    "succession",
    "suites",
)
WIRE, KEYS, IDENTITY, ENTRY, DECLARED, SEAL, RECORD, DENIABLE, SUCCESSION, OF_SUITE_2 = map(
    generate.read, NAMES
)


def given(page: dict[str, Any], name: str) -> pytest.MarkDecorator:
    """One test for each vector of a list."""
    return pytest.mark.parametrize("vector", page[name], ids=lambda vector: str(vector)[:60])


def rule_of(act: Any, *arguments: object) -> str:
    with pytest.raises(ParleyError) as caught:
        act(*arguments)
    return caught.value.rule


def value_of(shown: Any) -> Value:
    """A value from its form in JSON."""
    if shown is None or isinstance(shown, bool):
        return shown
    ((kind, inner),) = shown.items()
    if kind == "int":
        return int(inner)
    if kind == "bytes":
        return bytes.fromhex(inner)
    if kind == "text":
        return inner
    if kind == "list":
        return [value_of(item) for item in inner]
    return {value_of(key): value_of(item) for key, item in inner}


@pytest.mark.parametrize("page", [*NAMES, "resume", "media", "media-link", "held", "files"])
def test_the_code_gives_the_vectors(page: str) -> None:
    file = generate.FOLDER / f"{page}.json"
    assert generate.text_of(PAGES[page]) == file.read_text(encoding="utf-8")


PAGES = generate.pages()


# --- succession.md


def _north() -> Party:
    told = SUCCESSION["party"]
    root = VerifyKey(
        ROOT, bytes.fromhex(told["root ed25519"]), bytes.fromhex(told["root ml-dsa-65"])
    )
    return Party(told["name"], root, bytes.fromhex(told["next root commit"]))


def test_C5_C6_a_revocation_is_read_and_verified() -> None:
    told = SUCCESSION["revocation"]
    read = Revocation.parse(bytes.fromhex(told["file"])).verify(_north().root)
    assert read.fingerprint.hex() == told["fingerprint"] == _north().fingerprint.hex()
    assert (read.upto, read.reason, read.made) == (told["serial"], told["reason"], told["made"])


@given(SUCCESSION, "successions")
def test_C9_C10_a_succession_is_followed(vector: Any) -> None:
    read = Succession.parse(bytes.fromhex(vector["file"]))
    assert read.signed_by(_north()) == vector["signed by the old root"]
    assert read.follow(_north()).fingerprint.hex() == vector["fingerprint after"]


@given(SUCCESSION, "refused")
def test_C10_a_paper_is_refused_by_its_rule(vector: Any) -> None:
    data = bytes.fromhex(vector["file"])

    def read() -> object:
        if vector["why"].startswith("revocation"):
            return Revocation.parse(data).verify(_north().root)
        return Succession.parse(data).follow(_north())

    assert rule_of(read) == vector["rule"]


# --- wire.md


@given(WIRE, "values")
def test_W1_W6_a_value_is_read_and_written(vector: Any) -> None:
    assert decode(bytes.fromhex(vector["cbor"])) == value_of(vector["value"])
    assert encode(value_of(vector["value"])).hex() == vector["cbor"]


@given(WIRE, "refused")
def test_bytes_that_are_no_value_are_refused_by_their_rule(vector: Any) -> None:
    assert rule_of(decode, bytes.fromhex(vector["cbor"])) == vector["rule"]


@given(WIRE, "uvars")
def test_W9_a_uvar_is_read(vector: Any) -> None:
    assert Reader(bytes.fromhex(vector["uvar"])).uvar() == int(vector["number"])


@given(WIRE, "refused uvars")
def test_W9_another_uvar_is_refused(vector: Any) -> None:
    assert rule_of(Reader(bytes.fromhex(vector["uvar"])).uvar) == vector["rule"]


# --- keys.md


def public(vector: dict[str, str], name: str, lattice: str = "ml-dsa-44") -> VerifyKey:
    ed25519, mldsa = vector["ed25519 public"], vector[f"{lattice} public"]
    return VerifyKey(name, bytes.fromhex(ed25519), bytes.fromhex(mldsa)).usable()


def test_K4_the_block_is_read_and_others_are_refused() -> None:
    key = public(KEYS["signing key"], KEYS["signing key"]["name"])
    wanted = hybrid(bytes.fromhex(KEYS["block"]["message"]))
    block = Reader(bytes.fromhex(KEYS["block"]["block"]))
    assert key.check(block, wanted) == [ED25519, MLDSA44]
    block.end()
    for vector in KEYS["refused blocks"]:
        bad = Reader(bytes.fromhex(vector["block"]))
        assert rule_of(key.check, bad, wanted) == vector["rule"], vector["why"]


@given(KEYS, "keys that are none")
def test_I2_a_key_under_which_anybody_can_sign_is_refused(vector: Any) -> None:
    mldsa = bytes.fromhex(KEYS["signing key"]["ml-dsa-44 public"])
    key = VerifyKey("any", bytes.fromhex(vector["ed25519 public"]), mldsa)
    assert rule_of(key.usable) == vector["rule"]


def test_K6_the_sealed_secret_opens() -> None:
    vector = KEYS["prekey"]
    prekey = Prekey(bytes.fromhex(vector["seed"]))
    assert prekey.public.hex() == vector["public"]
    opened = prekey.open(bytes.fromhex(vector["sealed"]), bytes.fromhex(vector["info"]))
    assert opened.hex() == vector["secret"]


# --- identity.md


@given(IDENTITY, "digits")
def test_I3_digits_are_read(vector: Any) -> None:
    assert read_digits(vector["digits"]).hex() == vector["fingerprint"]


@given(IDENTITY, "refused digits")
def test_I3_other_digits_are_refused(vector: Any) -> None:
    assert rule_of(read_digits, vector["typed"]) == vector["rule"]


# --- entry.md


@given(ENTRY, "plaintexts")
def test_E3_a_plaintext_is_cut(vector: Any) -> None:
    cut = Plaintext.parse(bytes.fromhex(vector["plaintext"]))
    assert (cut.type, cut.marks, cut.seen16, cut.time, cut.body.hex()) == tuple(
        vector[name] for name in ("type", "marks", "seen", "time", "body")
    )


@given(ENTRY, "padded")
def test_E6_a_pad_is_removed(vector: Any) -> None:
    assert Plaintext.parse(bytes.fromhex(vector["plaintext"])).body.hex() == vector["body"]


@given(ENTRY, "bodies")
def test_E7_a_body_is_read(vector: Any) -> None:
    value = value_of(vector["value"])
    kinds = (0x01, 0x10)
    read = [read_body(kind, 0, bytes.fromhex(vector["cbor"])) for kind in kinds]
    assert value in [[c.header, c.payload] for c in read if c] + [c.payload for c in read if c]


@given(DECLARED, "logs")
def test_D1_two_logs_declare_what_the_vectors_say(vector: dict[str, Any]) -> None:
    """In whatever order what was said became known, and for both sides alike."""
    for ours in (0, 1):
        line = Declared(ours, vector["flash passes"], vector["notice"])
        rows = []
        for each in vector["entries"]:
            dir, n, kind, marks, time, seen = (
                each[name] for name in ("dir", "n", "type", "marks", "time", "seen")
            )
            body = bytes.fromhex(each["body"])
            rows.append(EntryRow(dir, n, kind, marks, time, seen, b"", b"", body, b"", b"", 0.0))
        for row in sorted(rows, key=lambda row: (row.dir != ours, row.n)):
            line.add(row)
        assert line.state() == vector["state"]
        assert sorted([act.dir, act.n] for act in line.standing()) == sorted(vector["standing"])


@given(ENTRY, "texts")
def test_E10_E14_texts_pass_or_are_refused(vector: Any) -> None:
    if vector["rule"]:
        assert rule_of(check_text, vector["text"]) == vector["rule"]
    else:
        check_text(vector["text"])


# --- seal.md


def test_S1_S2_the_open_is_read_and_gives_the_epoch() -> None:
    terms = of_lines.terms(1)
    theirs = TheirOpen.parse(bytes.fromhex(SEAL["open"]["packet"]), terms)
    seed = bytes.fromhex(SEAL["line"]["prekey seed"])
    epoch = theirs.accept(theirs.check(terms), terms, seed).epoch
    assert (epoch.et.hex(), epoch.kl.hex(), epoch.ka.hex(), epoch.nk.hex()) == tuple(
        SEAL["epoch"][name] for name in ("et", "KL", "KA", "NK")
    )
    for vector in SEAL["entries"]:
        sealed = bytes.fromhex(vector["frame"])[6:]
        plain = open_entry(epoch.message_key(vector["n"]), bytes.fromhex(vector["aad"]), sealed)
        assert plain is not None
        assert plain.hex() == vector["plaintext"]
    for vector in SEAL["packets"]:
        frame, aad = bytes.fromhex(vector["frame"]), bytes.fromhex(vector["aad"])
        plain = epoch.open_packet(vector["kind"], vector["counter"], aad, frame[10:])
        assert plain is not None
        assert plain.hex() == vector["plaintext"]


def test_S14_S15_S18_the_rekey_is_read_and_gives_the_next_epoch() -> None:
    given = SEAL["rekey"]
    offer = Prekeys.parse(bytes.fromhex(given["offer"]["packet"]), SUITE_1)
    seeds = {int(n): bytes.fromhex(seed) for n, seed in given["offer"]["seeds"].items()}
    assert offer.offered == {number: Prekey(seed).public for number, seed in seeds.items()}
    packet = Rekey.parse(bytes.fromhex(given["packet"]), SUITE_1)
    prekey = Prekey(seeds[packet.prekey])
    secret = prekey.open(packet.sealed, bytes.fromhex(given["seal info"]))
    terms = of_lines.terms(1)
    theirs = TheirOpen.parse(bytes.fromhex(SEAL["open"]["packet"]), terms)
    seed = bytes.fromhex(SEAL["line"]["prekey seed"])
    first = theirs.accept(theirs.check(terms), terms, seed).epoch
    after = first.next(secret, packet.sealed, prekey.public, packet.base)
    assert (after.et.hex(), after.kl.hex(), after.ka.hex(), after.nk.hex()) == tuple(
        given["epoch"][name] for name in ("et", "KL", "KA", "NK")
    )
    entry = given["entry"]
    sealed, aad = bytes.fromhex(entry["frame"])[6:], bytes.fromhex(entry["aad"])
    plain = open_entry(after.message_key(entry["n"]), aad, sealed)
    assert plain is not None
    assert plain.hex() == entry["plaintext"]


@given(SEAL["statuses"], "read")
def test_S10_a_status_is_read(vector: Any) -> None:
    status = Status.parse(bytes.fromhex(vector["packet"]))
    assert (str(status.size), str(status.contig), sorted(status.sack)) == (
        vector["size"],
        vector["contig"],
        vector["sack"],
    )
    assert (status.own_root.hex(), status.their_root.hex()) == (
        vector["own root"],
        vector["their root"],
    )
    assert (status.epoch, status.echo, status.cover, status.flags) == tuple(
        vector[name] for name in ("epoch", "echo", "cover", "flags")
    )


@given(SEAL["statuses"], "refused")
def test_S10_another_status_is_refused(vector: Any) -> None:
    assert rule_of(Status.parse, bytes.fromhex(vector["packet"])) == vector["rule"]


# --- record.md


def test_R4_roots_at_every_size() -> None:
    log = Log()
    for at, vector in enumerate(RECORD["tree"]["roots"]):
        assert (log.size, log.root.hex()) == (vector["size"], vector["root"])
        if at < len(RECORD["tree"]["leaves"]):
            log.append(bytes.fromhex(RECORD["tree"]["leaves"][at]))


@given(RECORD, "signed")
def test_R8_R9_signed_heads_verify(vector: Any) -> None:
    key = public(vector, vector["key name"])
    wanted = [
        (int(algorithm, 16), bytes.fromhex(message))
        for algorithm, message in vector["messages"].items()
    ]
    for name, found in (("block with both", wanted), ("block with one", wanted[:1])):
        block = Reader(bytes.fromhex(vector[name]))
        assert key.check(block, wanted[:1], wanted[1:]) == [a for a, _ in found]
        block.end()
    assert [a for a, _ in wanted] in ([ED25519, COSIGN_MLDSA44], [COSIGN_ED25519, COSIGN_MLDSA44])


# --- suites.md


def test_U2_the_sealed_secret_opens_and_other_keys_are_refused() -> None:
    vector = OF_SUITE_2["prekey"]
    prekey = Prekey(bytes.fromhex(vector["seed"]), SUITE_2.kem)
    assert prekey.public.hex() == vector["public"]
    opened = prekey.open(bytes.fromhex(vector["sealed"]), bytes.fromhex(vector["info"]))
    assert opened.hex() == vector["secret"]
    for bad in vector["keys that are none"]:
        rule = rule_of(check_prekey, bytes.fromhex(bad["public"]), SUITE_2.kem)
        assert rule == bad["rule"], bad["why"]


def test_U3_certificates_with_and_without_keys_of_suite_2_are_read() -> None:
    for vector in OF_SUITE_2["certificates"]:
        certificate = Certificate.parse(bytes.fromhex(vector["certificate"]))
        assert bool(certificate.mldsa87) == vector["keys of suite 2"]
        assert certificate.hash.hex() == vector["hash"]


def test_U1_open_and_rekey_are_read_and_give_their_epochs() -> None:
    terms = of_lines.terms(1, SUITE_2)
    theirs = TheirOpen.parse(bytes.fromhex(OF_SUITE_2["open"]["packet"]), terms)
    seed = bytes.fromhex(OF_SUITE_2["line"]["prekey seed"])
    first = theirs.accept(theirs.check(terms), terms, seed).epoch
    given = OF_SUITE_2["rekey"]
    seeds = {int(n): bytes.fromhex(seed) for n, seed in given["offer"]["seeds"].items()}
    offer = Prekeys.parse(bytes.fromhex(given["offer"]["packet"]), SUITE_2)
    assert offer.offered == {n: Prekey(seed, SUITE_2.kem).public for n, seed in seeds.items()}
    packet = Rekey.parse(bytes.fromhex(given["packet"]), SUITE_2)
    prekey = Prekey(seeds[packet.prekey], SUITE_2.kem)
    secret = prekey.open(packet.sealed, bytes.fromhex(given["seal info"]))
    after = first.next(secret, packet.sealed, prekey.public, packet.base)
    for epoch, page in ((first, OF_SUITE_2["epoch"]), (after, given["epoch"])):
        assert [epoch.et.hex(), epoch.kl.hex(), epoch.nk.hex()] == [
            page[name] for name in ("et", "KL", "NK")
        ]


@given(OF_SUITE_2, "signed")
def test_U5_signed_heads_of_suite_2_verify(vector: Any) -> None:
    key = public(vector, vector["key name"], "ml-dsa-87")
    wanted = [(int(code, 16), bytes.fromhex(text)) for code, text in vector["messages"].items()]
    for name, found in (("block with both", wanted), ("block with one", wanted[:1])):
        block = Reader(bytes.fromhex(vector[name]))
        assert key.check(block, wanted[:1], wanted[1:]) == [a for a, _ in found]
    assert wanted[1][0] == COSIGN_MLDSA87


def test_U5_a_record_and_a_proof_of_suite_2_are_readable_for_ever() -> None:
    with (generate.FOLDER / "sample-2.evidence").open("rb") as file:
        report = audit.verify(file, all_signatures=True)
    assert report.documents.agreement.suite == 2
    assert (report.entries, report.signed, report.cosigned) == ((11, 13), (6, 12), (6, 12))
    with (generate.FOLDER / "sample-2.proof").open("rb") as file:
        shown = proof.verify(file)
    assert [(each.block[0], each.block[1 + 5 + 64]) for each in shown.signed] == [(2, 10)] * 2


# --- what was exported once


def test_R10_a_record_exported_once_is_readable_for_ever() -> None:
    with (generate.FOLDER / "sample.evidence").open("rb") as file:
        report = audit.verify(file, all_signatures=True)
    assert (report.entries, report.signed, report.cosigned) == ((28, 32), (24, 30), (24, 30))


def test_R18_so_is_a_proof() -> None:
    with (generate.FOLDER / "sample.proof").open("rb") as file:
        shown = proof.verify(file)
    assert (shown.leaf.dir, shown.leaf.n, shown.size) == (1, 9, 12)
    assert [block[0] for block in (each.block for each in shown.signed)] == [2, 2]


def test_R22_so_are_a_record_and_a_proof_of_a_later_incarnation() -> None:
    with (generate.FOLDER / "sample-later.evidence").open("rb") as file:
        report = audit.verify(file, all_signatures=True)
    assert report.documents.inc == 2
    assert (report.entries, report.signed, report.cosigned) == ((31, 31), (30, 30), (30, 30))
    with (generate.FOLDER / "sample-later.proof").open("rb") as file:
        shown = proof.verify(file)
    assert (shown.documents.inc, shown.leaf.dir, shown.leaf.n) == (2, 1, 9)


@pytest.mark.parametrize(
    ("kind", "key"), [("heads", "log"), ("opens", "station"), ("resumes", "station")]
)
def test_Z1_so_is_a_contradiction(kind: str, key: str) -> None:
    with (generate.FOLDER / f"sample.{kind}").open("rb") as file:
        shown = contradiction.verify(file)
    assert (shown.two.name, shown.two.key, shown.side) == (kind, key, 1)


# --- deniable.md


def test_H1_H2_the_record_key_vouches_for_the_head() -> None:
    given, head = DENIABLE["record key"], DENIABLE["head"]
    line_id = bytes.fromhex(given["line id"])
    key = record_key(line_id, given["inc"], *map(bytes.fromhex, given["shares"]))
    assert key.hex() == given["key"]
    check_code(key, line_id, head["text"].encode(), bytes.fromhex(head["block"]))
    for vector in DENIABLE["refused blocks"]:
        block = bytes.fromhex(vector["block"])
        assert rule_of(code_of, line_id, block) == vector["rule"] == "H2", vector["why"]


def test_H5_the_rekey_of_a_deniable_line_gives_the_next_epoch() -> None:
    given = DENIABLE["rekey"]
    packet = Rekey.parse(bytes.fromhex(given["packet"]), SUITE_1)
    assert (packet.base, packet.block[:32].hex()) == (given["base"], given["code of the base"])
    prekey = Prekey(bytes.fromhex(given["prekey seed"]))
    info = b"pl1 rekey seal" + bytes.fromhex(given["bound"]) + sha256(prekey.public)
    secret = prekey.open(packet.sealed, info)
    et, nk = (bytes.fromhex(given[name]) for name in ("et", "NK"))
    before = Epoch.from_cell([given["e"], 0, et, bytes(32), bytes(32), nk, bytes(32), 0, {}])
    after = before.next(secret, packet.sealed, prekey.public, packet.base, 0)
    assert after.et.hex() == given["next"]["et"]
    assert after.message_key(packet.base).key.hex() == given["next"]["K at base"]


def test_H8_a_deniable_record_exported_once_is_readable_for_ever() -> None:
    text = (generate.FOLDER / "sample.deniable").read_bytes()
    agreement = audit.verify(io.BytesIO(text)).documents.agreement
    given = RecordKeyFile(agreement.line_id, 1, bytes.fromhex(DENIABLE["sample record key"]))
    report = audit.verify(io.BytesIO(text), record_key=given)
    assert report.proven
    assert (report.entries, report.vouched) == ((10, 10), (6, 6))


def test_the_samples_can_be_made_anew(tmp_path: Path) -> None:
    sample.main(tmp_path, 40)
    sample.main(tmp_path, 40, SUITE_2)
    made: list[tuple[str, Callable[..., object]]] = [
        ("sample.evidence", audit.verify),
        ("sample.proof", proof.verify),
        ("sample.deniable", audit.verify),
        ("sample.heads", contradiction.verify),
        ("sample.opens", contradiction.verify),
        ("sample.resumes", contradiction.verify),
        ("sample-2.evidence", audit.verify),
        ("sample-2.proof", proof.verify),
        ("sample-later.evidence", audit.verify),
        ("sample-later.proof", proof.verify),
    ]
    for name, verify in made:
        with (tmp_path / name).open("rb") as file:
            verify(file)
