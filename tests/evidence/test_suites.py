"""Records and proofs of suite 2: the same text, other keys under the heads."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest

from parley.core.keys import COSIGN_MLDSA44, COSIGN_MLDSA87
from parley.core.suites import SUITE_2
from parley.evidence import audit, growth, proof
from parley.evidence.sections import NotWhole
from vectors import generate, sample

EVIDENCE = (generate.FOLDER / "sample-2.evidence").read_bytes()
PROOF = (generate.FOLDER / "sample-2.proof").read_bytes()


def both_heads() -> list[bytes]:
    """Lines of heads that bear two signatures."""
    heads = EVIDENCE.split(b"\n--- heads\n")[1].split(b"\n--- entries\n")[0]
    return [line for line in heads.split(b"\n") if len(line) > 5_000]


def test_U5_the_preamble_says_what_a_tool_for_notes_can_read() -> None:
    opening = EVIDENCE.split(b"\n--- ", 1)[0].decode()
    assert (
        "Suite     2: heads bear Ed25519 and ML-DSA-87; C2SP tools read the first alone" in opening
    )
    assert "Suite     2" in PROOF.split(b"\n--- ", 1)[0].decode()
    report = audit.verify(io.BytesIO(EVIDENCE), all_signatures=True)
    assert report.documents.key(0, "log").cosigns == COSIGN_MLDSA87


def test_U5_the_larger_half_of_a_head_is_checked() -> None:
    lines = both_heads()
    assert lines
    for line in lines:
        *front, packed = line.split(b" ")
        block = bytearray(base64.b64decode(packed))
        assert (block[0], block[70], len(block)) == (2, COSIGN_MLDSA87, 1 + 69 + 5 + 4627)
        for at in (70, 71, 75, len(block) - 1):
            turned = bytearray(block)
            turned[at] ^= 1
            other = b" ".join([*front, base64.b64encode(turned)])
            with pytest.raises(NotWhole, match=r"head of|order"):
                audit.verify(io.BytesIO(EVIDENCE.replace(line, other)), all_signatures=True)


def test_U5_a_proof_with_any_of_its_signatures_changed_is_refused() -> None:
    notes = [line for line in PROOF.split(b"\n") if line.startswith("—".encode())]
    assert sorted(len(base64.b64decode(line.split(b" ")[2])) for line in notes) == [
        68,
        76,
        4 + 8 + 4627,
        4 + 8 + 4627,
    ]
    for line in notes:
        *front, packed = line.split(b" ")
        turned = bytearray(base64.b64decode(packed))
        turned[-1] ^= 1
        other = b" ".join([*front, base64.b64encode(turned)])
        with pytest.raises(NotWhole):
            proof.verify(io.BytesIO(PROOF.replace(line, other)))
    assert proof.verify(io.BytesIO(PROOF)).check().received_at
    shorter = (generate.FOLDER / "sample.proof").read_bytes()
    assert COSIGN_MLDSA44 in [each.block[70] for each in proof.verify(io.BytesIO(shorter)).signed]


def test_R21_a_record_of_suite_2_is_verified_from_where_it_was(tmp_path: Path) -> None:
    sample.main(tmp_path, 30, SUITE_2)
    whole = (tmp_path / "sample-2.evidence").read_bytes()
    first, state = growth.verify(io.BytesIO(whole))
    again, after = growth.verify(io.BytesIO(whole), since=state)
    assert (first, state) == (again, after)
    assert sum(first.entries) == 30
