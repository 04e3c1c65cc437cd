"""The folder of a party's root keys: away from every station, opened by a passphrase, to sign.

    root.json        who the party is: name, public keys, commitment to the next root
    root.key         the private keys under a passphrase
    next-root.key    the successor's, to be carried to another place and kept there
    signed.jsonl     every document the root has signed, one line each

Files are carried here to be signed and carried back. The root certifies a station (`Request` ->
`Answer`, with the station's letter) and signs agreements; it reads what it signs, and so does the
person who types the passphrase. A key file is AES-256-GCM under scrypt (RFC 7914).
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from parley.core.agreement import Agreement, Paper
from parley.core.errors import Malformed, Misused, Refused, Unavailable
from parley.core.identity import (
    BEARERS_MAX,
    COSIGNER,
    LANGUAGES_MAX,
    LETTER_LABEL,
    LOG,
    ROOT,
    STATION,
    Certificate,
    Fields,
    Letter,
    Party,
    PartyRoot,
    check_name,
    commit_to,
    finish_letter,
    letter_body,
    read_map,
)
from parley.core.keys import SigningKey, VerifyKey, sha256
from parley.core.suites import SUITE_2
from parley.core.terms import OurKeys
from parley.core.wire import encode
from parley.station.machine.folder import (
    check_private,
    lock,
    make_private,
    read_whole,
    write_whole,
)

PUBLIC_NAME = "root.json"
KEY_NAME = "root.key"
NEXT_NAME = "next-root.key"
SIGNED_NAME = "signed.jsonl"
KEY_FORMAT = "parley root key 1"
PUBLIC_FORMAT = "parley root 1"
PASSPHRASE_LETTERS_MIN = 10
SCRYPT_N, SCRYPT_R, SCRYPT_P = 1 << 17, 8, 1  # 128 MiB and a third of a second for each guess
SCRYPT_N_MAX = 1 << 20
VERSION = 1


# --- what goes to the root and comes back


@dataclass(frozen=True, slots=True)
class Request:
    """What a station asks to be certified for."""

    station: str
    keys: tuple[VerifyKey, VerifyKey, VerifyKey]  # station, log, cosigner
    languages: tuple[str, ...]
    bearers: tuple[str, ...]
    mldsa87: tuple[bytes, ...] = ()  # the three keys for suite 2; an older station has none

    @classmethod
    def of(
        cls, station: str, keys: OurKeys, languages: Sequence[str], bearers: Sequence[str]
    ) -> Request:
        """The request of a station that has just made its keys; Misused where words do not fit."""
        check_name("station's name", station)
        stronger = tuple(key.mldsa for key in keys.of(SUITE_2).publics)
        made = cls(station, keys.publics, tuple(languages), tuple(bearers), stronger)
        try:
            return cls.parse(made.to_bytes())
        except Malformed as error:
            raise Misused(
                f"A letter cannot say this: {error.sentence}.",
                error.hint or "Say it otherwise, and make the station then.",
            ) from error

    def to_bytes(self) -> bytes:
        """The map that is carried."""
        pairs = [[key.ed25519, key.mldsa] for key in self.keys]
        values = [VERSION, self.station, *pairs, list(self.languages), list(self.bearers)]
        if self.mldsa87:
            values.append(list(self.mldsa87))
        return encode(dict(enumerate(values, 1)))

    @property
    def number(self) -> str:
        """Sixteen digits by which people see that it is the request they carried."""
        found = sha256(self.to_bytes()).hex()[:16].upper()
        return " ".join(found[at : at + 4] for at in range(0, 16, 4))

    @classmethod
    def parse(cls, data: bytes) -> Request:
        """Read a request; Malformed unless it has the one form."""
        read = Fields("the request", "")
        values = list(read_map(data, 7, "the request", "", (8,)).values())
        version, station, *keys, languages, bearers = values[:7]
        if version != VERSION:
            raise Malformed("the request is of a version this root does not know")
        one, two, three = (
            read.key("key", pair, name, 1312)
            for pair, name in zip(keys, (STATION, LOG, COSIGNER), strict=True)
        )
        return cls(
            read.name("station name", station),
            (one, two, three),
            tuple(
                read.language(tag) for tag in read.items("languages", languages, 1, LANGUAGES_MAX)
            ),
            tuple(
                read.name("bearer", line) for line in read.items("bearers", bearers, 0, BEARERS_MAX)
            ),
            *map(read.mldsa87, values[7:]),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """A letter that the root has signed and the station has not."""

    body: bytes
    block: bytes

    def to_bytes(self) -> bytes:
        """The map that is carried."""
        return encode({1: VERSION, 2: self.body, 3: self.block})

    @classmethod
    def parse(cls, data: bytes) -> Answer:
        """Read an answer; what is in it is checked when the letter is finished."""
        version, body, block = read_map(data, 3, "the answer", "").values()
        if version != VERSION or not (isinstance(body, bytes) and isinstance(block, bytes)):
            raise Malformed("the answer is of a version this station does not know")
        return cls(body, block)

    def finish(self, keys: OurKeys) -> Letter:
        """The letter with our station's signature; Refused when it certifies other keys."""
        try:
            letter = finish_letter(self.body, self.block, keys.station)
        except Refused as error:
            raise Refused(
                f"This answer does not certify this station: {error.sentence}.",
                "Carry this station's request to the root, and bring back the answer to it.",
            ) from error
        certified = letter.certificate
        stronger = tuple(key.mldsa for key in keys.of(SUITE_2).publics)
        own = (*keys.publics[1:], certified.mldsa87 and stronger)
        if (certified.log, certified.cosigner, certified.mldsa87) != own:
            raise Refused(
                "This answer certifies other keys than this station's.",
                "Carry this station's request to the root, and bring back the answer to it.",
            )
        return letter


# --- the folder


class RootFolder:
    """The root keys of one party on a disk."""

    def __init__(self, path: Path) -> None:
        """Open a folder; the keys stay closed."""
        self.path = path
        if not os.access(path, os.R_OK | os.X_OK):
            check_private(path)
        self.party = _read_public(path / PUBLIC_NAME)  # first: nobody is told to close another's
        check_private(path)

    @classmethod
    def make(
        cls,
        path: Path,
        party: str,
        passphrase: str,
        entropy: Callable[[int], bytes],
        cost: int = SCRYPT_N,
        *,
        next_passphrase: str | None = None,
        seed: bytes | None = None,
    ) -> RootFolder:
        """Make the root of a party, and its successor, each under its passphrase. With `seed` it is
        the root that was bound to follow."""
        check_name("party's name", party)
        check_passphrase(passphrase)
        passphrases = {KEY_NAME: passphrase, NEXT_NAME: next_passphrase or passphrase}
        check_passphrase(passphrases[NEXT_NAME])
        make_private(path)
        if (path / PUBLIC_NAME).exists() or (path / KEY_NAME).exists():
            raise Refused(f"There is a root in {path} already.", "Use it, or name another folder.")
        seeds = {KEY_NAME: seed or entropy(64), NEXT_NAME: entropy(64)}
        successor = SigningKey(ROOT, seeds[NEXT_NAME], root=True).public
        root = PartyRoot(party, seeds[KEY_NAME], commit_to(successor))
        for name, each in seeds.items():
            closed = _closed(each, party, name, passphrases[name], entropy, cost)
            write_whole(path / name, closed)
        public = {
            "format": PUBLIC_FORMAT,
            "party": party,
            "ed25519": root.party.root.ed25519.hex(),
            "mldsa65": root.party.root.mldsa.hex(),
            "next_root_commit": root.party.next_root_commit.hex(),
        }
        write_whole(path / PUBLIC_NAME, _json(public))
        return cls(path)

    def unlock(self, passphrase: str) -> PartyRoot:
        """The private root; Refused when the passphrase does not open it."""
        file = self.path / KEY_NAME
        check_private(file)
        seed = open_key(file, self.party.name, KEY_NAME, passphrase)
        root = PartyRoot(self.party.name, seed, self.party.next_root_commit)
        if root.party != self.party:
            raise Unavailable(
                f"The keys in {self.path} are not those of {PUBLIC_NAME}.",
                "Restore the folder from a backup.",
            )
        return root

    def certify(self, request: Request, root: PartyRoot, now: int) -> Answer:
        """Certify a station: its certificate and letter, signed by the root."""
        with lock(self.path):
            serial = 1 + max((line.get("serial", 0) for line in self.signed()), default=0)
            certificate = Certificate(request.station, serial, *request.keys, now, request.mldsa87)
            signed = [(certificate, root.sign(certificate.message))]
            body = letter_body(root.party, signed, request.languages, request.bearers, now)
            self.note(
                kind="certificate",
                at=now,
                station=request.station,
                serial=serial,
                sha256=certificate.hash.hex(),
            )
            return Answer(body, root.sign(LETTER_LABEL + body))

    def sign(self, paper: Paper, root: PartyRoot, now: int) -> Paper:
        """Sign an agreement; each line and incarnation in one form only (I17)."""
        agreement = paper.agreement
        with lock(self.path):
            self._check_new(agreement)
            signed = paper.sign(root)
            self.note(
                kind="agreement",
                at=now,
                line=agreement.line_id.hex(),
                inc=agreement.inc,
                name=agreement.name,
                sha256=agreement.hash.hex(),
                suite=agreement.suite,
                between=_between(agreement),
            )
        return signed

    def suite_before(self, agreement: Agreement) -> int:
        """The suite of the last agreement signed between the same parties at the same level (I19);
        1 where there is none, or none that a root noted it of."""
        alike = [
            line["suite"] for line in self.signed() if line.get("between") == _between(agreement)
        ]
        return alike[-1] if alike else 1

    def signed(self) -> list[dict[str, Any]]:
        """What this root has signed, oldest first."""
        file = self.path / SIGNED_NAME
        if not file.exists():
            return []
        try:
            return [json.loads(line) for line in read_whole(file).decode().splitlines()]
        except ValueError as error:
            raise Unavailable(
                f"The file {file} is damaged.", "Restore it from a backup before you sign anything."
            ) from error

    def _check_new(self, agreement: Agreement) -> None:
        others = [
            line["inc"]
            for line in self.signed()
            if line["kind"] == "agreement"
            and line["line"] == agreement.line_id.hex()
            and line["sha256"] != agreement.hash.hex()
        ]
        if max(others, default=0) >= agreement.inc:
            raise Refused(
                f"This root has signed another agreement for the line {agreement.name}, of"
                f" incarnation {max(others)}.",
                "Propose the line anew; a signature cannot be taken back.",
                "I17",
            )

    def note(self, **line: Any) -> None:
        """Write down what is about to be signed, durably, before the signature exists."""
        file = self.path / SIGNED_NAME
        before = read_whole(file) if file.exists() else b""
        write_whole(file, before + _json(line))


def _between(agreement: Agreement) -> list[str]:
    return [*(fingerprint.hex() for fingerprint in agreement.fingerprints), agreement.level]


def check_passphrase(passphrase: str) -> str:
    """Refuse a passphrase that is guessed in no time."""
    if len(passphrase) < PASSPHRASE_LETTERS_MIN:
        raise Refused(
            f"A passphrase of a root has at least {PASSPHRASE_LETTERS_MIN} characters.",
            "Four or five words that nobody would guess are good.",
        )
    return passphrase


# --- key files


def _closed(
    seed: bytes,
    party: str,
    use: str,
    passphrase: str,
    entropy: Callable[[int], bytes],
    cost: int,
) -> bytes:
    salt, nonce = entropy(16), entropy(12)
    key = _stretched(passphrase, salt, cost)
    sealed = AESGCM(key).encrypt(nonce, seed, _bound(party, use, cost))
    return _json(
        {
            "format": KEY_FORMAT,
            "party": party,
            "use": use,
            "scrypt_n": cost,
            "salt": salt.hex(),
            "nonce": nonce.hex(),
            "sealed": sealed.hex(),
        }
    )


def open_key(path: Path, party: str, use: str, passphrase: str) -> bytes:
    """The seed in a key file, wherever it was carried; Refused when the passphrase is another."""
    try:
        found = json.loads(read_whole(path))
        cost = found["scrypt_n"]
        salt, nonce, sealed = (bytes.fromhex(found[name]) for name in ("salt", "nonce", "sealed"))
        whole = (
            found["format"] == KEY_FORMAT
            and type(cost) is int
            and 2 <= cost <= SCRYPT_N_MAX
            and cost & cost - 1 == 0
            and (len(salt), len(nonce), len(sealed)) == (16, 12, 80)
        )
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise Unavailable(f"The file {path} is not a whole key file.", "Restore it from a backup.")
    try:
        return AESGCM(_stretched(passphrase, salt, cost)).decrypt(
            nonce, sealed, _bound(party, use, cost)
        )
    except InvalidTag as error:
        raise Refused(
            f"The passphrase does not open {path}.", "Try again; nothing was signed."
        ) from error


def _stretched(passphrase: str, salt: bytes, cost: int) -> bytes:
    # Two keyboards may write one letter in two ways; NFC makes them the same.
    typed = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    return Scrypt(salt=salt, length=32, n=cost, r=SCRYPT_R, p=SCRYPT_P).derive(typed)


def _bound(party: str, use: str, cost: int) -> bytes:
    return encode([KEY_FORMAT, party, use, cost])


def _read_public(path: Path) -> Party:
    if not path.exists():
        raise Unavailable(
            f"There is no root in {path.parent}.",
            f"`parley root new {path.parent} --party NAME` makes one.",
        )
    try:
        found = json.loads(read_whole(path))
        if found["format"] != PUBLIC_FORMAT:
            raise ValueError(found["format"])
        keys = VerifyKey(ROOT, bytes.fromhex(found["ed25519"]), bytes.fromhex(found["mldsa65"]))
        return Party(
            check_name("party's name", found["party"]),
            keys.usable(),
            bytes.fromhex(found["next_root_commit"]),
        )
    except (ValueError, KeyError, TypeError, Malformed, Misused) as error:
        raise Unavailable(f"The file {path} is damaged.", "Restore it from a backup.") from error


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"
