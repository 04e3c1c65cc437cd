"""Who still stands for a party: certificates that its root took back, and roots that followed.

A party is known by the fingerprint that people compared, or by one that followed it lawfully. What
bears a root that was followed, or a certificate that was taken back, is refused for ever. What is
refused and proves something against its signer is kept (spec/succession.md C8, C11, C12).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parley.core.errors import Refused
from parley.core.identity import Letter, Party
from parley.core.keys import sha256
from parley.core.succession import Succession
from parley.station.acts.own_acts import CERTIFICATE_REVOKED, Own
from parley.station.machine.clock import stamp
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

REFUSED_KEPT_MAX = 256  # papers; whoever floods us with them proves no more by the next


# --- what stands


def heir_of(store: SqliteStore, fingerprint: bytes) -> bytes:
    """The fingerprint under which that party is known now."""
    while True:
        rows = store.sql("SELECT heir FROM successions WHERE fingerprint = ?", (fingerprint,))
        if not rows:
            return fingerprint
        fingerprint = bytes(rows[0]["heir"])


def party_of(station: Station, fingerprint: bytes) -> Party | None:
    """The party of that fingerprint, from its letter or from the paper by which it followed."""
    if station.home.letter.fingerprint == fingerprint:
        return station.home.letter.who
    rows = station.store.sql(
        "SELECT file FROM letters WHERE fingerprint = ? ORDER BY id DESC LIMIT 1", (fingerprint,)
    )
    if rows:
        return Letter.parse(rows[0]["file"]).who
    rows = station.store.sql(
        "SELECT file, fingerprint FROM successions WHERE heir = ?", (fingerprint,)
    )
    before = party_of(station, bytes(rows[0]["fingerprint"])) if rows else None
    return Succession.parse(rows[0]["file"]).follow(before) if before else None


def party_now(station: Station, fingerprint: bytes) -> Party:
    """The party as it stands now, under the root in force; Refused when we do not know it."""
    party = party_of(station, heir_of(station.store, fingerprint))
    if party is None:
        raise Refused(
            "This paper is of a party whose letter was not accepted here.",
            "Accept its letter first, or give the paper to those who know it.",
            "C6",
        )
    return party


def revoked_upto(store: SqliteStore, fingerprint: bytes) -> int:
    """The newest serial of that root's certificates that was revoked; 0 for none."""
    rows = store.sql(
        "SELECT max(upto) AS upto FROM revocations WHERE fingerprint = ?", (fingerprint,)
    )
    return int(rows[0]["upto"] or 0)


def check_letter(station: Station, letter: Letter) -> None:
    """Refuse a letter whose root was followed, or whose certificate was taken back (C8, C11)."""
    store, party = station.store, letter.party
    rows = store.sql(
        "SELECT accepted FROM successions WHERE fingerprint = ?", (letter.fingerprint,)
    )
    if rows:
        raise Refused(
            f"This letter bears a root of {party} that another one has followed"
            f" (accepted here {stamp(rows[0]['accepted'])}).",
            f"Ask {party} for its letter under the new root.",
            "C11",
        )
    serial, upto = letter.certificate.serial, revoked_upto(store, letter.fingerprint)
    if serial <= upto:
        names = {"serial": serial, "party": party, "name": letter.certificate.name}
        why = CERTIFICATE_REVOKED % {**names, "upto": upto}
        keep_refused(station, letter.fingerprint, why, letter.raw)
        raise Refused(
            f"{why}.", f"Ask {party} for the letter of the station that follows it.", "C8"
        )


def keep_refused(station: Station, fingerprint: bytes, why: str, file: bytes) -> None:
    """Keep a paper that proves something, once; in a step of its own, for this one is undone."""

    def keep() -> None:
        (kept,) = station.store.sql("SELECT count(*) AS n FROM refused_papers")
        if kept["n"] >= REFUSED_KEPT_MAX:
            return
        fresh = station.store.sql(
            "INSERT OR IGNORE INTO refused_papers (fingerprint, why, file, hash, at)"
            " VALUES (?, ?, ?, ?, ?) RETURNING id",
            (fingerprint, why, file, sha256(file), station.now.wall),
        )
        if fresh:
            station.trail.happened(station.now.wall, Own.REFUSED_PAPER, why)
            station.publish("papers", None, state="refused", sentence=f"{why}.")

    station.in_next_step(keep)


# --- for people


def papers_of(station: Station, fingerprint: bytes) -> list[str]:
    """What people must know of a party: sentences, the newest last."""
    found: list[tuple[float, str]] = []
    for chained in _chain(station.store, fingerprint):
        for row in station.store.sql("SELECT * FROM revocations WHERE fingerprint = ?", (chained,)):
            found.append(
                (
                    row["accepted"],
                    f"certificates up to {row['upto']} revoked ({row['reason']}), accepted here"
                    f" {stamp(row['accepted'])}",
                )
            )
        for row in station.store.sql("SELECT * FROM successions WHERE fingerprint = ?", (chained,)):
            found.append(
                (row["accepted"], f"root followed by its next one {stamp(row['accepted'])}")
            )
        for row in station.store.sql(
            "SELECT * FROM refused_papers WHERE fingerprint = ?", (chained,)
        ):
            found.append((row["at"], f"refused and kept {stamp(row['at'])}: {row['why']}"))
    return [sentence for _, sentence in sorted(found)]


def _chain(store: SqliteStore, fingerprint: bytes) -> list[bytes]:
    chain = [fingerprint]
    while rows := store.sql("SELECT fingerprint FROM successions WHERE heir = ?", (chain[0],)):
        chain.insert(0, bytes(rows[0]["fingerprint"]))
    newest = heir_of(store, fingerprint)
    while chain[-1] != newest:
        rows = store.sql("SELECT heir FROM successions WHERE fingerprint = ?", (chain[-1],))
        chain.append(bytes(rows[0]["heir"]))
    return chain
