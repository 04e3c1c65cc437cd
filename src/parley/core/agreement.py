"""The document both parties sign to open a line: what it says, and how it is signed and read.

It is one map, and its hash enters the first key of both directions, so that two stations that
signed different words cannot understand each other. On its way between the parties the same map
travels as a `Paper`, with the other side's prekey still missing or with one signature. Source:
spec/identity.md I11 to I18.

    agreement       map 1 to 27, in the order of the fields of `Agreement`; pairs are [A, B]; from
                    28 on what was added later, each key absent where it has its default
    agreement file  uvar length ‖ map ‖ block of A's root ‖ block of B's root; an empty block (00)
                    where a root has not signed yet
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from parley.core.entry import Precedence, Status
from parley.core.errors import Malformed, Refused
from parley.core.identity import (
    FINGERPRINT_BYTES,
    LANGUAGES_MAX,
    TIME_MAX,
    Fields,
    Letter,
    PartyRoot,
    check_root,
    read_map,
)
from parley.core.keys import (
    ED25519,
    MLDSA65,
    SIGNATURE_BYTES,
    Kem,
    SigningKey,
    VerifyKey,
    check_prekey,
    hkdf32,
    sha256,
)
from parley.core.record import key_name
from parley.core.suites import SUITE_1, Suite, suite_of
from parley.core.terms import OurKeys, Terms, TheirKeys
from parley.core.wire import Reader, Value, encode, u8, uvar

AGREEMENT_VERSION = 1
FIELDS_ALWAYS = 27  # keys of the first release; a later one adds its fields behind, with defaults
AGREEMENT_BYTES_MAX = 65_536
AGREEMENT_LABEL = b"parley agreement v1"
LINE_LABEL = b"parley line v1"
ATTRIBUTABLE, DENIABLE = 0, 1  # what heads bear: signatures, or codes that both can make
SPAN_S_MAX = 366 * 86_400
UNSIGNED = u8(0)
ROOT_BLOCK_BYTES = 1 + 5 + SIGNATURE_BYTES[ED25519] + 5 + SIGNATURE_BYTES[MLDSA65]
PSK_BYTES = 32

Pair = tuple[str, str]
Hashes = tuple[bytes, bytes]


def line_id(fingerprint_a: bytes, fingerprint_b: bytes, nonce: bytes) -> bytes:
    """The name of a line, 16 bytes (I11)."""
    return sha256(LINE_LABEL + fingerprint_a + fingerprint_b + nonce)[:16]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Everything that is agreed. Field k is key k + 1 of the map; pairs are (A, B).

    A field above key 27 that has its default is not in the map: bytes and hash of an agreement
    that knows nothing of it stay what they were (I21).
    """

    nonce: bytes  # 32 bytes, fresh for each line
    inc: int  # the incarnation it opens
    name: str  # of the line
    parties: Pair
    fingerprints: Hashes  # 20 bytes each, the smaller first: that makes A and B
    certificates: Hashes  # of the stations
    compared: tuple[bool, bool]  # whether a person of A compared B's digits, and of B A's
    prekeys: Hashes  # public, of the suite; empty while the other side has not answered
    made: int  # POSIX seconds
    languages: tuple[tuple[str, ...], tuple[str, ...]]
    mark: Status = Status.EXERCISE
    level: str = "duty"
    suite: int = SUITE_1.number
    policy: int = ATTRIBUTABLE
    psk0: bool = False  # whether a secret exchanged in person enters the first keys
    clocks: tuple[int, int, int, int] = (21_600, 10_800, 1_800, 600)  # seconds, by Precedence
    heartbeat_s: int = 10
    window: int = 1024  # entries on their way without a receipt
    attribution: tuple[int, int] = (1024, 60)  # entries, seconds until they are signed for
    padding: bool = False
    tables: tuple[bytes, ...] = ()  # hashes of dictionaries and forms
    test_s: int = 86_400  # the longest time between two human tests; 0 for none
    tests: str = ""
    suspension: str = ""
    address: Pair = ("", "")  # how A is to be addressed, and B
    replaces: bytes = b""  # hash of the agreement it replaces
    suspending: tuple[bool, int] = (False, 0)  # whether FLASH passes; seconds of notice at least
    provisional: int = (
        0  # least precedence shown at once across a gap; 0: none (spec/display.md G1)
    )
    calls: tuple[int, int] = (172_800, 600)  # seconds to answer a call request; one that is FLASH
    testing: tuple[int, int, int] = (0, 0, 0)  # seconds: a test every, called within, answered in

    def to_bytes(self) -> bytes:
        """The map (I12, I21)."""
        values: dict[Value, Value] = {1: AGREEMENT_VERSION}
        for key, field in enumerate(fields(self), 2):
            value = getattr(self, field.name)
            if key > FIELDS_ALWAYS and value == field.default:
                continue
            if field.name == "prekeys":
                value = [prekey or None for prekey in value]
            elif field.name == "replaces":
                value = value or None
            values[key] = value
        return encode(values)

    @property
    def message(self) -> bytes:
        """What both roots sign, and what is hashed."""
        return AGREEMENT_LABEL + self.to_bytes()

    @property
    def hash(self) -> bytes:
        """H_agr: what enters every key of the line."""
        return sha256(self.message)

    @property
    def line_id(self) -> bytes:
        """The line it opens, 16 bytes."""
        return line_id(*self.fingerprints, self.nonce)

    @property
    def deniable(self) -> bool:
        """Whether the record convinces the two parties and nobody else."""
        return self.policy == DENIABLE

    @property
    def algorithms(self) -> Suite:
        """The suite by its number."""
        return suite_of(self.suite)

    @property
    def complete(self) -> bool:
        """Whether both sides have put in their prekey."""
        return all(self.prekeys)

    def side_of(self, fingerprint: bytes) -> int:
        """0 when that party is A, 1 when it is B; Refused when it is neither."""
        if fingerprint not in self.fingerprints:
            raise Refused(
                "the agreement is between two other parties",
                "ask which letters it was made from",
                "I13",
            )
        return self.fingerprints.index(fingerprint)

    def with_ours(self, side: int, prekey: bytes, compared: bool) -> Agreement:
        """The agreement with what one side puts in: its prekey, and whether it compared."""
        return self._with(side, check_prekey(prekey, self.algorithms.kem), compared)

    def without(self, side: int) -> Agreement:
        """The agreement as the other side proposed it."""
        return self._with(side, b"", False)

    def _with(self, side: int, prekey: bytes, compared: bool) -> Agreement:
        prekeys, pair = _put(self.prekeys, side, prekey), _put(self.compared, side, compared)
        return replace(self, prekeys=prekeys, compared=pair)

    @classmethod
    def read(cls, data: bytes) -> Agreement:
        """Read the map; Malformed unless it is of the one form (I12)."""
        known = dict(enumerate(fields(cls), 2))
        later = frozenset(key for key in known if key > FIELDS_ALWAYS)
        given = read_map(data, FIELDS_ALWAYS, "the agreement", "I12", later, AGREEMENT_VERSION)
        del given[1]
        agreement = cls(**{known[k].name: _READ[known[k].name](v) for k, v in given.items()})
        for key in given.keys() & later:
            if getattr(agreement, known[key].name) == known[key].default:
                raise Malformed("the agreement says what it would say by silence", rule="I21")
        if not agreement.fingerprints[0] < agreement.fingerprints[1]:
            raise Malformed("the agreement's parties are not two, or not in order", rule="I13")
        prekeys = _read_prekeys(agreement.prekeys, agreement.algorithms.kem)
        return replace(agreement, prekeys=prekeys)


def _put(pair: tuple[Any, Any], side: int, value: Any) -> tuple[Any, Any]:
    return (value, pair[1]) if side == 0 else (pair[0], value)


# --- the agreement as a file


@dataclass(frozen=True, slots=True)
class Paper:
    """An agreement on its way: a proposal, signed by one root, or by both."""

    agreement: Agreement
    blocks: Hashes = (UNSIGNED, UNSIGNED)  # of A's root and of B's

    def to_bytes(self) -> bytes:
        """The file."""
        body = self.agreement.to_bytes()
        return uvar(len(body)) + body + b"".join(self.blocks)

    @classmethod
    def parse(cls, data: bytes) -> Paper:
        """Read the file; signatures are not yet checked (I14)."""
        if len(data) > AGREEMENT_BYTES_MAX:
            raise Malformed("the agreement is too long", rule="I14")
        file = Reader(data)
        agreement = Agreement.read(file.take(file.uvar()))
        blocks = (_block(file), _block(file))
        file.end()
        if not agreement.complete and blocks != (UNSIGNED, UNSIGNED):
            raise Malformed("the agreement is signed but not complete", rule="I14")
        return cls(agreement, blocks)

    def signed(self, side: int) -> bool:
        """Whether there is a signature of that side, be it good or not."""
        return self.blocks[side] != UNSIGNED

    def check_complete(self) -> None:
        """Refuse a proposal that only one side has put its prekey in."""
        if not self.agreement.complete:
            raise Refused(
                "the proposal lacks the other side's prekey",
                "let both stations put theirs in before a root signs",
                "I14",
            )

    def sign(self, root: PartyRoot) -> Paper:
        """The paper with our root's signature; only a complete agreement is signed (I14)."""
        side = self.agreement.side_of(root.party.fingerprint)
        self.check_complete()
        return replace(self, blocks=_put(self.blocks, side, root.sign(self.agreement.message)))

    def check(self, side: int, letter: Letter) -> None:
        """Refuse unless the root of that side's letter signed these very words (I15)."""
        if not self.signed(side):
            raise Refused(f"the agreement is not signed by {letter.party}", rule="I15")
        try:
            check_root(self.blocks[side], self.agreement.message, letter.who.root)
        except Refused as error:
            raise Refused(
                f"the agreement is not as {letter.party} signed it: {error.sentence}",
                "ask for the file again",
                "I15",
            ) from error

    def verify(self, letter_a: Letter, letter_b: Letter) -> Agreement:
        """The agreement, once both roots have signed it for these two letters (I13, I15)."""
        self.fits(letter_a, letter_b)
        self.check_complete()
        for side, letter in enumerate((letter_a, letter_b)):
            self.check(side, letter)
        return self.agreement

    def fits(self, letter_a: Letter, letter_b: Letter) -> None:
        """Refuse unless these are the letters the agreement was made from (I13)."""
        for side, letter in enumerate((letter_a, letter_b)):
            if self.agreement.side_of(letter.fingerprint) != side:
                raise Refused("the letters are not in order", rule="I13")
            if self.agreement.certificates[side] != letter.certificate.hash:
                raise Refused(
                    f"the agreement was made with another station of {letter.party} than the"
                    " one in its letter",
                    f"ask {letter.party} for the letter of the station that signs",
                    "I13",
                )
            if self.agreement.parties[side] != letter.party:
                raise Refused("the agreement misnames a party", rule="I13")
            try:
                letter.certificate.keys(self.agreement.algorithms)
            except Refused as error:
                raise Refused(
                    f"the station of {letter.party} has no keys of suite {self.agreement.suite}",
                    f"a new letter of {letter.party} brings them; or agree on suite 1",
                    error.rule,
                ) from error


def _block(file: Reader) -> bytes:
    count = file.take(1)
    return count if count == UNSIGNED else count + file.take(ROOT_BLOCK_BYTES - 1)


# --- from the agreement to the line


def psk0(secret_a: bytes, secret_b: bytes, agreement: Agreement) -> bytes:
    """The secret of the meeting, to which each party brought 32 bytes (I18)."""
    if len(secret_a) != PSK_BYTES or len(secret_b) != PSK_BYTES:
        raise Refused(f"each side's secret has {PSK_BYTES} bytes", rule="I18")
    joined = b"pl1 psk0" + b"".join(agreement.fingerprints)
    return hkdf32(bytes(32), secret_a + secret_b, joined)


def terms(
    agreement: Agreement,
    ours: Letter,
    our_keys: OurKeys,
    theirs: Letter,
    psk0: bytes | None = None,
    *,
    spent: bool = False,
    over: bool = False,
) -> Terms:
    """What the line reads of a verified agreement, with all keys under their names on it.

    `psk0` is needed until both directions are open; `spent` says that they are. A line that is
    `over` is only looked at: any keys of ours will do, for it never signs again (C4).
    """
    side = agreement.side_of(ours.fingerprint)
    letters = (ours, theirs) if side == 0 else (theirs, ours)
    Paper(agreement).fits(*letters)
    suite = agreement.algorithms
    our_keys = our_keys.of(suite)
    if not over and our_keys.publics != ours.certificate.keys(suite):
        raise Refused("our keys are not those of our letter", "restore the folder's keys", "I16")
    if (psk0 is not None or spent) != agreement.psk0:
        raise Refused("the secret of the meeting is missing, or not agreed upon", rule="I18")
    line = agreement.line_id
    names, their_names = (
        [key_name(line, at, use) for use in ("station", "log", "cosigner")]
        for at in (side, 1 - side)
    )
    return Terms(
        line_id=line,
        inc=agreement.inc,
        side=side,
        h_agr=agreement.hash,
        our_prekey=agreement.prekeys[side],
        their_prekey=agreement.prekeys[1 - side],
        our_keys=OurKeys(*map(SigningKey.named, our_keys.each, names)),
        their_keys=TheirKeys(*map(VerifyKey.named, theirs.certificate.keys(suite), their_names)),
        psk0=psk0,
        window=agreement.window,
        heartbeat_s=float(agreement.heartbeat_s),
        deniable=agreement.deniable,
        suite=suite,
    )


# --- reading the map, field by field

_F = Fields("the agreement", "I12")


def _pair(field: str, value: Value) -> list[Value]:
    return _F.items(field, value, 2, 2)


def _read_prekeys(pair: Sequence[Value], kem: Kem) -> Hashes:
    one, other = (
        b"" if item is None else check_prekey(_F.blob("prekey", item, kem.prekey_bytes), kem)
        for item in pair
    )
    return one, other


def _read_languages(value: Value) -> tuple[tuple[str, ...], tuple[str, ...]]:
    one, other = (
        tuple(_F.language(tag) for tag in _F.items("languages", tags, 1, LANGUAGES_MAX))
        for tags in _pair("languages", value)
    )
    return one, other


def _none(field: str, value: Value) -> Value:
    """What a later version may agree upon and this one could not keep."""
    if value:
        raise _F.bad(field, "promises what this station does not know how to do")
    return value


def _read_clocks(value: Value) -> tuple[int, ...]:
    clocks = tuple(_F.uint("clock", s, 1, SPAN_S_MAX) for s in _F.items("clocks", value, 4, 4))
    if list(clocks) != sorted(clocks, reverse=True):
        raise _F.bad("clocks", "give a higher precedence more time than a lower one")
    return clocks


def _read_testing(value: Value) -> tuple[int, ...]:
    every, *within = _F.items("tests by the clock", value, 3, 3)
    every = _F.uint("time between tests by the clock", every, 0, SPAN_S_MAX)
    least = min(every, 1)
    return every, *(_F.uint("time for a test by the clock", s, least, every) for s in within)


_READ: dict[str, Any] = {
    "nonce": lambda v: _F.blob("nonce", v, 32),
    "inc": lambda v: _F.uint("incarnation", v, 1, (1 << 32) - 1),
    "name": lambda v: _F.name("name", v),
    "parties": lambda v: tuple(_F.name("party", item) for item in _pair("parties", v)),
    "fingerprints": lambda v: tuple(
        _F.blob("fingerprint", item, FINGERPRINT_BYTES) for item in _pair("fingerprints", v)
    ),
    "certificates": lambda v: tuple(
        _F.blob("certificate", item, 32) for item in _pair("certificates", v)
    ),
    "compared": lambda v: tuple(_F.flag("comparison", item) for item in _pair("comparisons", v)),
    "prekeys": lambda v: _pair("prekeys", v),  # of what length, the suite says
    "made": lambda v: _F.uint("date", v, 0, TIME_MAX),
    "languages": _read_languages,
    "mark": lambda v: Status(_F.uint("mark", v, Status.ACTUAL, Status.EXERCISE)),
    "level": lambda v: _F.name("level", v),
    "suite": lambda v: suite_of(_F.uint("suite", v, 1, (1 << 16) - 1)).number,
    "policy": lambda v: _F.uint("policy", v, ATTRIBUTABLE, DENIABLE),
    "psk0": lambda v: _F.flag("use of a secret", v),
    "clocks": _read_clocks,
    "heartbeat_s": lambda v: _F.uint("heartbeat", v, 1, 86_400),
    "window": lambda v: _F.uint("window", v, 128, 8_192),
    "attribution": lambda v: (
        _F.uint("attribution", _pair("attribution", v)[0], 1, 1 << 20),
        _F.uint("attribution", v[1], 1, SPAN_S_MAX),
    ),
    "padding": lambda v: _none("padding", _F.flag("padding", v)),
    "tables": lambda v: tuple(_none("tables", _F.items("tables", v, 0, 8))),
    "test_s": lambda v: _F.uint("time between tests", v, 0, SPAN_S_MAX),
    "tests": lambda v: _F.note("test schedule", v),
    "suspension": lambda v: _F.note("suspension terms", v),
    "address": lambda v: tuple(
        _F.note("form of address", item, 400) for item in _pair("address", v)
    ),
    "replaces": lambda v: b"" if v is None else _F.blob("agreement it replaces", v, 32),
    "suspending": lambda v: (
        _F.flag("FLASH in suspension", _pair("suspension", v)[0]),
        _F.uint("notice of suspension", v[1], 0, SPAN_S_MAX),
    ),
    "provisional": lambda v: _F.uint("provisional display", v, 0, Precedence.FLASH),
    "calls": lambda v: tuple(
        _F.uint("time to answer a call request", item, 60, SPAN_S_MAX) for item in _pair("calls", v)
    ),
    "testing": _read_testing,
}
