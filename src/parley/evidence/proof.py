"""One entry shown with its proof and without the others: a C2SP tlog-proof with a preface.

Plain lines for a person and the three documents come first, as in evidence; what follows the mark
of the proof is, to its last byte, a tlog-proof over the speaker's log. Its extra data are the
fields that give the leaf. One text for one proof, so a changed byte anywhere is refused. Sources:
C2SP tlog-proof, RFC 6962 section 2.1.1, spec/record.md R18 to R20.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from parley.core.entry import EPOCH_2020, Marks, Type, check_text, read_body
from parley.core.errors import Malformed, Refused
from parley.core.keys import (
    COSIGN_ED25519,
    COSIGN_MLDSA44,
    COSIGN_MLDSA87,
    ED25519,
    SIGNATURE_BYTES,
    VerifyKey,
    sha256,
)
from parley.core.record import Head, Leaf
from parley.core.vouching import CODE, CODE_BYTES, code_name
from parley.core.wire import UINT_MAX, Reader, decode, encode, u8, u64
from parley.evidence.sections import (
    DOCUMENTS,
    Documents,
    Lines,
    NotWhole,
    Source,
    about,
    check_head,
    documents_text,
    in_base64,
    moment,
    read_documents,
    unbase64,
)
from parley.evidence.vouched import RecordKeyFile, check_vouched

TITLE = "Parley proof, version 1"
STANDARD = "c2sp.org/tlog-proof@v1"
SECTION = "proof"
TIME_MAX = 253_402_300_799  # the end of the year 9999, the last that is written in four digits

# How long a signature of a note is, with key id and, in a cosignature, its time (C2SP).
_SIZES = {**SIGNATURE_BYTES, CODE: CODE_BYTES}
_TIMED = (COSIGN_ED25519, COSIGN_MLDSA44, COSIGN_MLDSA87)
_LENGTHS = {4 + 8 * (each in _TIMED) + _SIZES[each]: each for each in (CODE, ED25519, *_TIMED)}
# The highest direction, type, marks, time and size seen of an entry (R20).
_HIGHEST = (1, 0xFF, 0xFF, 0xFFFF_FFFF, UINT_MAX)


_VOUCHED = """\
Vouched   under a key that both parties hold: either could have written this. It convinces the two
          of them. To anybody else it proves nothing: not who said it, and not that it was said
"""
_BY_SIGNATURE = """\
the log key and the other side's cosigner key, from the letters, signed the
checkpoint. The tables are in spec/record.md"""
_BY_CODE = """\
the checkpoint bears a code, HMAC under
the record key. The tables are in spec/record.md and spec/deniable.md"""


@dataclass(frozen=True, slots=True)
class Signed:
    """One party's signature on the head: its block, and the time a cosignature bears."""

    kind: str  # "checkpoint" or "cosign"
    time: int
    block: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry, the way from its leaf to a root, and who signed that root."""

    documents: Documents
    leaf: Leaf
    path: tuple[bytes, ...]  # from the leaf's sibling up
    size: int
    signed: tuple[Signed, ...]  # the speaker's, the other side's, or one of them

    @property
    def head(self) -> Head:
        """The head that the path leads to."""
        leaf = self.leaf
        root = root_of(leaf.hash(), leaf.n, self.size, self.path)
        return Head(leaf.line_id, leaf.inc, leaf.dir, self.size, root)

    @property
    def speaker(self) -> str:
        """Who said it."""
        return self.documents.letters[self.leaf.dir].party

    @property
    def reader(self) -> str:
        """Whom it was said to."""
        return self.documents.letters[1 - self.leaf.dir].party

    @property
    def time(self) -> str:
        """When it was said, by the speaker's clock."""
        return moment(self.leaf.time)

    @property
    def deniable(self) -> bool:
        """Whether only the two parties can be convinced by it (H9)."""
        return self.documents.agreement.deniable

    @property
    def signed_by_speaker(self) -> bool:
        """Whether the speaker's signature is in it."""
        return not self.deniable and any(each.kind == "checkpoint" for each in self.signed)

    @property
    def received_at(self) -> str | None:
        """When the other side signed for it, by its own clock; None when it did not, in here."""
        for each in self.signed:
            if each.kind == "cosign":
                in_time = each.time <= TIME_MAX
                return moment(each.time - EPOCH_2020) if in_time else f"second {each.time}"
        return None

    @property
    def words(self) -> str | None:
        """The text of a message; None when the entry is something else."""
        leaf = self.leaf
        content = read_body(leaf.type, leaf.marks, leaf.body)
        if content is None or not isinstance(content.payload, str):
            return None
        try:
            check_text(content.payload)
        except Refused as error:
            if error.rule != "E14":  # which Unicode would have to say, and each Python its own
                return None
        return content.payload

    def text(self) -> str:
        """The one text of this proof (R18)."""
        return self._preamble() + documents_text(self.documents) + "\n--- proof\n" + self.standard()

    def _preamble(self) -> str:
        leaf, marks = self.leaf, Marks.parse(self.leaf.marks)
        whose = "AB"[leaf.dir]
        kind = Type(leaf.type).name if leaf.type in set(Type) else f"type {leaf.type:02X}"
        mark = f"{marks.precedence.name}, {marks.status.name}" if marks else "unknown marks"
        verify = f"parley verify FILE{' --key KEYFILE' if self.deniable else ''}"
        shown = "  (not a text; the body is in the extra data)"
        if words := self.words:
            shown = "\n".join(f"  | {line}" for line in re.split("[\n\u2028\u2029]", words))
        return f"""{TITLE}

This file shows one entry of the record of a direct line between two parties, and no other.

{about(self.documents)}Entry     {whose} {leaf.n}: {kind}, {mark}
Said by   {self.speaker}, {self.time}
{self._stood_by()}Body      {len(leaf.body)} bytes, SHA-256 {sha256(leaf.body).hex()}

{shown}

Times are the signers' own clocks, in UTC. The 48 digits under each party are the fingerprint of
its letter of introduction; compare them with the digits that the party itself tells you.

To check it: {verify}. By hand: what follows the line "--- proof" is a C2SP tlog-proof.
Its extra data are the base64 of one CBOR list [direction, type, marks, time, seen, root of the
other log at the size seen, transcript, blinding value, body]. The leaf is SHA-256 over the byte 00
and 140 bytes made of these fields; with the hashes after the index it gives the root of the
checkpoint by RFC 6962; {_BY_CODE if self.deniable else _BY_SIGNATURE}.
"""

    def _stood_by(self) -> str:
        """Who stands by the head, and what that is worth."""
        if self.deniable:
            return _VOUCHED
        absent = "not in this file"
        return f"""Signed    by {self.speaker}: {"yes" if self.signed_by_speaker else absent}
          by {self.reader}, as received: {self.received_at or absent}
"""

    def standard(self) -> str:
        """The tlog-proof."""
        leaf, head = self.leaf, self.head
        fields = [leaf.dir, leaf.type, leaf.marks, leaf.time, leaf.seen, leaf.seen_root]
        extra = encode([*fields, leaf.et, leaf.blind, leaf.body])
        return "".join(
            [
                f"{STANDARD}\nextra {in_base64(extra)}\nindex {leaf.n}\n",
                *(f"{in_base64(node)}\n" for node in self.path),
                f"\n{head.text.decode()}\n",
                *(line for each in self.signed for line in self._note_lines(each)),
            ]
        )

    def _note_lines(self, signed: Signed) -> list[str]:
        name = _name(self.documents, self.leaf.dir, signed.kind)
        block, lines = Reader(signed.block), []
        for _ in range(block.uint(1)):
            algorithm, key_id = block.uint(1), block.take(4)
            time = u64(signed.time) if algorithm in _TIMED else b""
            signature = block.take(_SIZES[algorithm])
            lines.append(f"— {name} {in_base64(key_id + time + signature)}\n")
        return lines

    def check(self, record_key: RecordKeyFile | None = None) -> Proof:
        """The proof itself, once every signature in it stands; NotWhole otherwise.

        On a deniable line that is a code, which without the record key has a form only (H9).
        """
        where = f"head of {'AB'[self.leaf.dir]} at {self.size}"
        if record_key is not None:
            record_key.check_for(self.documents.agreement)
        for each in self.signed:
            if self.deniable:
                given = (each.kind, each.time, each.block)
                check_vouched(where, self.head, *given, record_key)
                continue
            key = signer(self.documents, self.leaf.dir, each.kind)
            check_head(where, key, self.head, each.kind, each.time, each.block)
        return self


def signer(documents: Documents, dir: int, kind: str) -> VerifyKey:
    """Who signs a head of that kind of one log."""
    if kind == "checkpoint":
        return documents.key(dir, "log")
    return documents.key(1 - dir, "cosigner")


def _name(documents: Documents, dir: int, kind: str) -> str:
    """The name of that key."""
    if documents.agreement.deniable:
        return code_name(documents.agreement.line_id)
    return signer(documents, dir, kind).name


def root_of(leaf: bytes, n: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that a path gives to leaf `n` of a tree (R19; RFC 9162 section 2.1.3.2)."""
    wrong = NotWhole(SECTION, "the hashes do not lead from this entry to the root")
    node, at, last = leaf, n, size - 1
    for sibling in path:
        if not last:
            raise wrong
        if at & 1 or at == last:
            node = sha256(b"\x01" + sibling + node)
            while not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + sibling)
        at, last = at >> 1, last >> 1
    if last or n >= size:
        raise wrong
    return node


_FORM = re.compile(
    STANDARD.encode()
    + rb"\nextra (\S+)\nindex (0|[1-9]\d{0,18})\n((?:\S{44}\n){0,64})"
    + rb"\n\S+\n([1-9]\d{0,18})\n\S{44}\n\n((?:\xe2\x80\x94 \S+ \S+\n){1,4})"
)


def verify(source: Source, record_key: RecordKeyFile | None = None) -> Proof:
    """Check a proof with nothing but itself; NotWhole names the first thing that fails."""
    lines = Lines(source)
    opening = lines.small(DOCUMENTS[0])
    documents = read_documents(lines, SECTION)
    given = lines.rest()
    found = _FORM.fullmatch(given)
    if found is None:
        raise NotWhole(SECTION, "it does not have the form of a proof")
    extra, n, path, size, notes = found.groups()
    leaf = _leaf(documents, unbase64(SECTION, extra), int(n))
    hashes = tuple(unbase64(SECTION, line) for line in path.splitlines())
    signed = _signed(documents, leaf.dir, notes)
    proof = Proof(documents, leaf, hashes, int(size), signed).check(record_key)
    if proof.standard().encode() != given:
        raise NotWhole(SECTION, "it is not written in the canonical form")
    if proof._preamble().encode() != opening:
        raise NotWhole("preamble", "it does not say what the proof says")
    return proof


def _leaf(documents: Documents, extra: bytes, n: int) -> Leaf:
    try:
        value = decode(extra)
    except Malformed as error:
        raise NotWhole(SECTION, "its extra data cannot be read") from error
    match value:
        case [int(dir), int(kind), int(marks), int(time), int(seen), *blobs] if (
            [type(each) for each in value] == [int] * 5 + [bytes] * 4
            and all(0 <= each <= top for each, top in zip(value, _HIGHEST, strict=False))
            and {len(blob) for blob in blobs[:3]} == {32}
        ):
            line_id, inc = documents.agreement.line_id, documents.inc
            return Leaf(line_id, inc, dir, n, kind, marks, time, seen, *blobs)
    raise NotWhole(SECTION, "its extra data are not the fields of an entry (R20)")


def _signed(documents: Documents, dir: int, notes: bytes) -> tuple[Signed, ...]:
    """The signatures of the note as blocks, by kind."""
    found: list[Signed] = []
    kinds = ("checkpoint",) if documents.agreement.deniable else ("checkpoint", "cosign")
    for kind in kinds:
        name = _name(documents, dir, kind).encode()
        time, signatures = 0, list[bytes]()
        for line in notes.splitlines():
            _, theirs, packed = line.split(b" ")
            signature = unbase64(SECTION, packed)
            algorithm = _LENGTHS.get(len(signature))
            if algorithm is None:
                raise NotWhole(SECTION, "a signature has the length of none")
            if theirs == name:
                rest = signature[4:]
                if algorithm in _TIMED:
                    time, rest = int.from_bytes(rest[:8], "big"), rest[8:]
                signatures.append(u8(algorithm) + signature[:4] + rest)
        if signatures:
            found.append(Signed(kind, time, u8(len(signatures)) + b"".join(signatures)))
    if not found:
        raise NotWhole(SECTION, "nobody of this line signed it")
    return tuple(found)
