"""What a root does when keys are lost: take certificates back, or give its place to the next root.

The next root was made with the first and carried away under a passphrase of its own. It succeeds
once, into a folder of its own, with a next root of its own; a second time would make a second heir,
and whoever saw both would trust neither (spec/succession.md C5, C9, C12).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from parley.core.errors import Refused
from parley.core.identity import ROOT, Letter, PartyRoot, check_name, commit_to
from parley.core.keys import SigningKey, sha256
from parley.core.succession import Revocation, Succession
from parley.station.machine.carried import SUCCESSION, carry
from parley.station.machine.folder import check_private, lock, write_whole
from parley.station.parties.root import NEXT_NAME, RootFolder, open_key

PAPER_NAME = "succession.parley"
USED = ".used"


def revoke(
    folder: RootFolder,
    root: PartyRoot,
    upto: int,
    reason: str,
    now: int,
    fingerprint: bytes | None = None,
) -> Revocation:
    """Take back all certificates up to a serial; `fingerprint` where an earlier root gave them."""
    check_name("reason", reason)
    whose = fingerprint or root.party.fingerprint
    with lock(folder.path):
        serials = [line.get("serial", 0) for line in folder.signed()]
        if fingerprint is None and upto > max(serials, default=0):
            raise Refused(
                f"This root has certified nothing beyond serial {max(serials, default=0)}.",
                "`parley root show` lists the serials; one that is still to come is not lost.",
                "C5",
            )
        paper = Revocation(whose, upto, reason, now).signed(root)
        folder.note(
            kind="revocation",
            at=now,
            upto=upto,
            name=reason,
            sha256=sha256(paper.to_bytes()).hex(),
        )
    return paper


def take_next(file: Path, gone: Letter, passphrase: str) -> bytes:
    """The seed of the root that a letter names as the next; Refused when it is another."""
    check_private(file)
    seed = open_key(file, gone.party, NEXT_NAME, passphrase)
    if commit_to(SigningKey(ROOT, seed, root=True).public) != gone.who.next_root_commit:
        raise Refused(
            f"The key in {file} is not the next root that this letter of {gone.party} names.",
            "Give the last letter under the root that goes, and the next root made with it.",
            "C10",
        )
    return seed


def succeed(
    path: Path,
    gone: Letter,
    key_file: Path,
    passphrase: str,
    entropy: Callable[[int], bytes],
    *,
    old: tuple[RootFolder, PartyRoot] | None,
    after_passphrase: str | None,
    reason: str,
    now: int,
) -> tuple[RootFolder, Succession]:
    """Put the next root in the place of the one before: a folder of its own, and the paper."""
    check_name("reason", reason)
    seed = take_next(key_file, gone, passphrase)
    if old is not None and old[1].party != gone.who:
        raise Refused(
            f"The root in {old[0].path} is not the one of this letter.",
            "Name the root that goes, or none where it is lost.",
            "C10",
        )
    folder = RootFolder.make(
        path, gone.party, passphrase, entropy, next_passphrase=after_passphrase, seed=seed
    )
    heir = PartyRoot(gone.party, seed, folder.party.next_root_commit)
    signed = [] if old is None else old[0].signed()
    serial = max(
        [certificate.serial for certificate in gone.certificates]
        + [line.get("serial", 0) for line in signed]
    )
    paper = Succession.make(gone.who, heir, None if old is None else old[1], reason, now)
    hashed = sha256(paper.to_bytes()).hex()
    # Certificates of the new root go on from the serials of the old, so that no two look alike.
    folder.note(kind="succession", at=now, name=reason, serial=serial, sha256=hashed)
    if old is not None:
        old[0].note(kind="succession", at=now, name=reason, sha256=hashed)
    write_whole(folder.path / PAPER_NAME, carry(SUCCESSION, paper.to_bytes()), 0o600)
    with suppress(OSError):  # it may lie on a disc that cannot be written
        key_file.rename(key_file.with_name(key_file.name + USED))
    return folder, paper
