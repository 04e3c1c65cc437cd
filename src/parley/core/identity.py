"""Who speaks: a party's root, the certificate of its station, and the letter that introduces both.

A party is its name and its root keys, which lie in a folder of their own and sign two kinds of
document: certificates of stations and agreements. Two people compare 48 digits made from the name
and the root; everything else may change under them. The root also commits to its successor, so
that whoever steals it cannot name another. Source: spec/identity.md I1 to I7, with the keys of the
maps in the order in which they are read here.

    letter file  uvar length ‖ letter ‖ block of the root ‖ block of the station
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from parley.core.entry import check_text
from parley.core.errors import Malformed, Misused, Newer, Refused
from parley.core.keys import MLDSA44, MLDSA65, MLDSA87_BYTES, SigningKey, VerifyKey, hybrid, sha256
from parley.core.suites import Suite
from parley.core.wire import Reader, Value, decode, encode, uvar

LETTER_VERSION = 1
LETTER_BYTES_MAX = 98_304  # four certificates with the keys of both suites, and some to spare
NAME_BYTES_MAX = 120
NOTE_BYTES_MAX = 2_000
CERTIFICATES_MAX = 4
LANGUAGES_MAX = 8
BEARERS_MAX = 8
TIME_MAX = 253_402_300_799  # POSIX seconds: the end of the year 9999, where calendars end
FINGERPRINT_BYTES = 20
FINGERPRINT_BITS = 159  # the most that 48 decimal digits hold

ROOT = "parley.invalid/root"
STATION, LOG, COSIGNER = (f"parley.invalid/{use}" for use in ("station", "log", "cosigner"))
ALSO_MIRRORED = "also mirrored"

CERTIFICATE_LABEL = b"parley certificate v1"
LETTER_LABEL = b"parley letter v1"

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


# --- the party and its root


@dataclass(frozen=True, slots=True)
class Party:
    """What a party is known by."""

    name: str
    root: VerifyKey
    next_root_commit: bytes  # 32 bytes

    @property
    def fingerprint(self) -> bytes:
        """159 bits of the hash over name and root, as 20 bytes (I3)."""
        named = [self.name, self.root.ed25519, self.root.mldsa, self.next_root_commit]
        hashed = int.from_bytes(sha256(LETTER_LABEL + encode(named)), "big")
        return (hashed >> 256 - FINGERPRINT_BITS).to_bytes(FINGERPRINT_BYTES, "big")

    @property
    def digits(self) -> str:
        """The fingerprint as it is read aloud: 12 groups of 4 digits."""
        return digits(self.fingerprint)


def digits(fingerprint: bytes) -> str:
    """A fingerprint as 48 decimal digits in 12 groups, zeros in front (I3)."""
    run = f"{int.from_bytes(fingerprint, 'big'):048d}"
    return " ".join(run[at : at + 4] for at in range(0, 48, 4))


def read_digits(typed: str) -> bytes:
    """The fingerprint that a person typed, however it was grouped; Refused when it is not one."""
    run = re.sub(r"[\s.\-]", "", typed)
    if not (run.isascii() and run.isdigit()):
        raise Refused(
            "only digits and spaces make a fingerprint", "type the 48 digits you hear", "I3"
        )
    if len(run) != 48:
        raise Refused(
            f"a fingerprint has 48 digits, and these are {len(run)}",
            "type all twelve groups of four",
            "I3",
        )
    number = int(run)
    if number >= 1 << FINGERPRINT_BITS:
        raise Refused("no fingerprint has these digits", "ask for them again", "I3")
    return number.to_bytes(FINGERPRINT_BYTES, "big")


def commit_to(next_root: VerifyKey) -> bytes:
    """What a root says of its successor: SHA-256 of both public keys (I4)."""
    return sha256(next_root.ed25519 + next_root.mldsa)


class PartyRoot:
    """The private root of a party: certifies stations, signs letters and agreements."""

    def __init__(self, name: str, seed: bytes, next_root_commit: bytes) -> None:
        self.key = SigningKey(ROOT, seed, root=True)
        self.party = Party(name, self.key.public, next_root_commit)

    def sign(self, message: bytes) -> bytes:
        """The root's signature block; `message` begins with the label of its kind (I1)."""
        return self.key.block(hybrid(message, MLDSA65))


def check_root(block: bytes, message: bytes, root: VerifyKey) -> None:
    """Refuse a signature block unless the root made it, and nothing follows it (K4, K5)."""
    root.check_whole(block, hybrid(message, MLDSA65))


# --- the certificate of a station


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the root says of one station: its name and its three keys, for each suite."""

    name: str
    serial: int  # rises with each certificate of the root
    station: VerifyKey
    log: VerifyKey
    cosigner: VerifyKey
    valid_from: int  # POSIX seconds
    mldsa87: tuple[bytes, ...] = ()  # the same three for suite 2; none before it was known

    def keys(self, suite: Suite) -> tuple[VerifyKey, VerifyKey, VerifyKey]:
        """Its three keys as a suite has them; Refused when it has none (U3)."""
        own = (self.station, self.log, self.cosigner)
        if suite.mldsa == MLDSA44:
            return own
        if not self.mldsa87:
            raise Refused(f"{self.name} has no keys of suite {suite.number}", rule="U3")
        one, two, three = (
            replace(key, mldsa=public) for key, public in zip(own, self.mldsa87, strict=True)
        )
        return one, two, three

    def to_bytes(self) -> bytes:
        """The map that the root signs."""
        pairs = [[key.ed25519, key.mldsa] for key in (self.station, self.log, self.cosigner)]
        values = [self.name, self.serial, *pairs, ALSO_MIRRORED, self.valid_from]
        later = [list(self.mldsa87)] if self.mldsa87 else []
        return encode(dict(enumerate([*values, *later], 1)))

    @property
    def message(self) -> bytes:
        """What the root's signature covers."""
        return CERTIFICATE_LABEL + self.to_bytes()

    @property
    def hash(self) -> bytes:
        """What an agreement names the certificate by."""
        return sha256(self.message)

    @classmethod
    def parse(cls, data: bytes) -> Certificate:
        """Read the map; Malformed unless it is of the one form (I5)."""
        name, serial, station, log, cosigner, mirrored, valid_from, *stronger = read_map(
            data, 7, "the certificate", "I5", (8,)
        ).values()
        read = Fields("the certificate", "I5")
        if mirrored != ALSO_MIRRORED:
            raise Malformed("the certificate's cosigner does not keep what it signs", rule="I5")
        return cls(
            read.name("station name", name),
            read.uint("serial", serial, 1, (1 << 32) - 1),
            read.key("station key", station, STATION, 1312),
            read.key("log key", log, LOG, 1312),
            read.key("cosigner key", cosigner, COSIGNER, 1312),
            read.uint("first day", valid_from, 0, TIME_MAX),
            read.mldsa87(*stronger) if stronger else (),
        )


# --- the letter of introduction


@dataclass(frozen=True, slots=True)
class Letter:
    """A party and its station as they make themselves known; its signatures stand."""

    who: Party
    certificates: tuple[Certificate, ...]  # the first is that of the station that wrote
    languages: tuple[str, ...]
    bearers: tuple[str, ...]  # where it may be reached, in words for the other engineer
    issued: int  # POSIX seconds
    raw: bytes  # the file

    @property
    def party(self) -> str:
        """The party's name."""
        return self.who.name

    @property
    def fingerprint(self) -> bytes:
        """The party's fingerprint, 20 bytes."""
        return self.who.fingerprint

    @property
    def digits(self) -> str:
        """The 48 digits that two people compare."""
        return self.who.digits

    @property
    def certificate(self) -> Certificate:
        """The certificate of the station that wrote this letter."""
        return self.certificates[0]

    @classmethod
    def parse(cls, data: bytes) -> Letter:
        """Read a letter and check every signature on it; Refused otherwise (I6, I7)."""
        if len(data) > LETTER_BYTES_MAX:
            raise Malformed("the letter is too long", rule="I6")
        file = Reader(data)
        body = file.take(file.uvar())
        _, party, root, commit, signed, languages, bearers, issued = read_map(
            body, 8, "the letter", "I6", version=LETTER_VERSION
        ).values()
        read = Fields("the letter", "I6")
        who = Party(
            read.name("party", party),
            read.key("root", root, ROOT, 1952),
            read.blob("next root commit", commit, 32),
        )
        who.root.check(file, hybrid(LETTER_LABEL + body, MLDSA65))
        certificates = tuple(
            _certificate(item, who.root)
            for item in read.items("certificates", signed, 1, CERTIFICATES_MAX)
        )
        certificates[0].station.check_whole(file.rest(), hybrid(LETTER_LABEL + body))
        reached = read.items("bearers", bearers, 0, BEARERS_MAX)
        return cls(
            who,
            certificates,
            tuple(map(read.language, read.items("languages", languages, 1, LANGUAGES_MAX))),
            tuple(read.name("bearer", item) for item in reached),
            read.uint("date", issued, 0, TIME_MAX),
            data,
        )


def letter_body(
    who: Party,
    certificates: Sequence[tuple[Certificate, bytes]],
    languages: Sequence[str],
    bearers: Sequence[str],
    issued: int,
) -> bytes:
    """The map of a letter, to be signed by the root and then by the station."""
    values = [
        LETTER_VERSION,
        who.name,
        [who.root.ed25519, who.root.mldsa],
        who.next_root_commit,
        [[certificate.to_bytes(), block] for certificate, block in certificates],
        list(languages),
        list(bearers),
        issued,
    ]
    return encode(dict(enumerate(values, 1)))


def finish_letter(body: bytes, root_block: bytes, station: SigningKey) -> Letter:
    """Add the station's signature to what the root has signed, and read the whole back."""
    block = station.named(STATION).block(hybrid(LETTER_LABEL + body))
    return Letter.parse(uvar(len(body)) + body + root_block + block)


def _certificate(item: Value, root: VerifyKey) -> Certificate:
    if not (isinstance(item, list) and [type(part) for part in item] == [bytes, bytes]):
        raise Malformed("the letter's certificates are not as they should be", rule="I6")
    certificate = Certificate.parse(item[0])
    check_root(item[1], CERTIFICATE_LABEL + item[0], root)
    return certificate


# --- reading maps field by field


def read_map(
    data: bytes, count: int, what: str, rule: str, later: Collection[int] = (), version: int = 0
) -> dict[int, Value]:
    """A map whose keys are exactly 1 to `count`, and any of `later`; where key 1 is its version, of
    that one. A higher one is refused as newer, whatever its keys."""
    value = decode(data)
    number = value.get(1) if version and isinstance(value, dict) else None
    if type(number) is int and number > version:
        raise Newer(
            f"{what} is of version {number}, which this station does not know",
            f"ask for one of version {version}, or install the newer Parley here",
            rule,
        )
    if not (
        isinstance(value, dict)
        and [key for key in value if key not in later] == list(range(1, count + 1))
    ):
        raise Malformed(f"{what} does not have the fields it should have", rule=rule)
    if version and (type(number) is not int or number != version):
        raise Malformed(f"{what} is of a version this station does not know", rule=rule)
    return value


@dataclass(frozen=True, slots=True)
class Fields:
    """Checks of one document's values; each returns what it was given, or refuses it by name."""

    what: str
    rule: str

    def bad(self, field: str, why: str) -> Malformed:
        """The refusal of one field."""
        return Malformed(f"{self.what}'s {field} {why}", rule=self.rule)

    def uint(self, field: str, value: Value, least: int, most: int) -> int:
        """A number within bounds."""
        if type(value) is not int or not least <= value <= most:
            raise self.bad(field, f"is not a number from {least} to {most}")
        return value

    def flag(self, field: str, value: Value) -> bool:
        """True or false."""
        if not isinstance(value, bool):
            raise self.bad(field, "is neither true nor false")
        return value

    def blob(self, field: str, value: Value, length: int) -> bytes:
        """So many bytes."""
        if not (isinstance(value, bytes) and len(value) == length):
            raise self.bad(field, f"is not {length} bytes")
        return value

    def items(self, field: str, value: Value, least: int, most: int) -> list[Value]:
        """A list of so many items."""
        if not (isinstance(value, list) and least <= len(value) <= most):
            raise self.bad(field, f"is not a list of {least} to {most}")
        return value

    def name(self, field: str, value: Value) -> str:
        """One line of text without space around it."""
        text = self.note(field, value, NAME_BYTES_MAX)
        if text.splitlines() != [text] or text != text.strip():
            raise self.bad(field, "is not one line of text")
        return text

    def note(self, field: str, value: Value, bytes_max: int = NOTE_BYTES_MAX) -> str:
        """A text of some lines, or none; what may not be sent may not be agreed either (E10)."""
        if not isinstance(value, str) or len(value.encode("utf-8", "surrogatepass")) > bytes_max:
            raise self.bad(field, f"is not a text of at most {bytes_max} bytes")
        if value:
            try:
                check_text(value)
            except Refused as error:
                raise Malformed(
                    f"{self.what}'s {field}: {error.sentence}", error.hint, self.rule
                ) from error
        return value

    def language(self, value: Value) -> str:
        """A language by its tag, such as `en` or `zh-Hans` (BCP 47)."""
        if not (isinstance(value, str) and _LANGUAGE.fullmatch(value)):
            raise self.bad("language", "is not a tag such as en or zh-Hans")
        return value

    def key(self, field: str, value: Value, name: str, mldsa_bytes: int) -> VerifyKey:
        """A pair of public keys that are keys (I2)."""
        if not (isinstance(value, list) and len(value) == 2):
            raise self.bad(field, "is not a pair of keys")
        ed25519 = self.blob(field, value[0], 32)
        return VerifyKey(name, ed25519, self.blob(field, value[1], mldsa_bytes)).usable()

    def mldsa87(self, value: Value) -> tuple[bytes, ...]:
        """The ML-DSA-87 keys of station, log and cosigner (U3)."""
        keys = self.items("keys of suite 2", value, 3, 3)
        return tuple(self.blob("key of suite 2", key, MLDSA87_BYTES) for key in keys)


def check_name(field: str, text: str) -> str:
    """A name as our own people give it; Misused when no document could carry it."""
    try:
        return Fields("what you gave", "").name(field, text)
    except Malformed as error:
        raise Misused(f"The {field} {text!r:.80} does not fit: {error.sentence}.") from error
