"""A long record made with real keys, and what it takes to verify it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.table import Figure
from parley.core.agreement import ATTRIBUTABLE, DENIABLE, Paper
from parley.core.entry import Precedence, Status, Type, body_of
from parley.core.identity import COSIGNER, LOG, STATION, PartyRoot, commit_to
from parley.core.kept import EntryRow, HeadRow
from parley.core.keys import Prekey, SigningKey
from parley.core.record import EMPTY_ROOT, Head, Log, commitment, joint_key, key_name, leaf_hash
from parley.core.resuming import End, Resume, beginning
from parley.core.suites import SUITE_1, Suite
from parley.core.terms import OurKeys, Terms, TheirKeys
from parley.core.vouching import code_block
from parley.evidence.sections import Documents
from parley.exercise.parties import agreement_of, letter_of
from parley.exercise.post import command, environment
from parley.station.line import evidence

ENTRIES = 1_000_000
MORE = 1_000
SIGNED_EVERY = 32
HYBRID_EVERY = 1_024  # entries from one head with both signatures to the next
BURST_MAX = 8  # entries one side says before it reads what the other said meanwhile
BEGAN = 1_900_000_000
MARKS = Precedence.ROUTINE << 6 | Status.EXERCISE << 3
TEXT = "We have received your message of this morning and answer it by noon."


class Party:
    """One side of the line."""

    def __init__(self, name: str, chance: random.Random, suite: Suite) -> None:
        self.root = PartyRoot(name, chance.randbytes(64), commit_to(_key("next", chance).public))
        log, cosigner, station = (_key(use, chance) for use in (LOG, COSIGNER, STATION))
        keys = OurKeys(station, log, cosigner)
        self.log, self.cosigner = keys.of(suite).log, keys.of(suite).cosigner
        self.station = keys.of(suite).station
        stronger = suite != SUITE_1
        self.letter = letter_of(self.root, keys, f"{name} station", BEGAN, stronger=stronger)
        self.prekey = Prekey(chance.randbytes(32), suite.kem)


def _key(name: str, chance: random.Random) -> SigningKey:
    return SigningKey(name, chance.randbytes(64), root=name == "next")


class LongRecord:
    """Two parties who talk, and the record of it, kept in a folder until it is written out."""

    def __init__(
        self,
        folder: Path,
        seed: int = 1,
        signed_every: int = SIGNED_EVERY,
        hybrid_every: int = HYBRID_EVERY,
        *,
        keep: bool = False,
        record_key: bytes | None = None,
        suite: Suite = SUITE_1,
    ) -> None:
        self._record_key = record_key  # of a deniable line, where nobody signs
        self.rows: list[EntryRow] = []  # of a small record, when they are to be kept
        self._keep = keep
        self._signed_every, self._hybrid_every = signed_every, hybrid_every
        self._chance = random.Random(seed)
        pair = [Party(name, self._chance, suite) for name in ("North", "South")]
        self._parties = sorted(pair, key=lambda party: party.letter.fingerprint)
        letters = [party.letter for party in self._parties]
        agreement = agreement_of(
            *letters,
            nonce=self._chance.randbytes(32),
            name="North and South",
            prekeys=(self._parties[0].prekey.public, self._parties[1].prekey.public),
            policy=ATTRIBUTABLE if record_key is None else DENIABLE,
            suite=suite.number,
        )
        paper = Paper(agreement).sign(self._parties[0].root).sign(self._parties[1].root)
        self._line = agreement.line_id
        self.documents = Documents.read(paper.to_bytes(), letters[0].raw, letters[1].raw)
        self._keys = [
            (
                party.log.named(key_name(self._line, side, "log")),
                party.cosigner.named(key_name(self._line, side, "cosigner")),
            )
            for side, party in enumerate(self._parties)
        ]
        self._suite, self._h_agr = suite, self.documents.agreement.hash
        self._begin(agreement.inc)
        self._lines = (folder / "lines").open("w+b")

    def _begin(self, inc: int) -> None:
        self._inc = inc
        self._logs = (Log(), Log())
        self._tally = evidence.Tally()
        self._heads: list[HeadRow] = []

    def begin_anew(self, reason: str) -> None:
        """What was said is of an incarnation that has ended; go on in the next one, behind two
        RESUMEs and both entries 0."""
        ends = [End(log.size, log.root) for log in self._logs]
        made = [
            Resume.make(
                self._terms(side),
                self._inc + 1,
                self._inc,
                (ends[side], ends[1 - side]),
                Prekey(self._chance.randbytes(32), self._suite.kem),
                reason,
            )
            for side in (0, 1)
        ]
        raw = self.documents.raw[:3]
        self.documents = Documents.read(*raw, *(each.to_bytes() for each in made))
        self._begin(self._inc + 1)
        self.rows = []
        self._lines.seek(0)
        self._lines.truncate()
        marks = Precedence.FLASH << 6 | Status.SERVICE << 3
        body = body_of(Type.SERVICE, {}, beginning(made[0], made[1]))
        self._keep_all([self._say(dir, 0, EMPTY_ROOT, (Type.SERVICE, marks, body))
                        for dir in (0, 1)])  # fmt: skip

    def _terms(self, side: int) -> Terms:
        """What a RESUME of that side is made under."""
        ours, theirs = self._parties[side], self._parties[1 - side]
        keys = OurKeys(ours.station.named(key_name(self._line, side, "station")), *self._keys[side])
        return Terms(
            line_id=self._line,
            inc=self.documents.agreement.inc,
            side=side,
            h_agr=self._h_agr,
            our_prekey=ours.prekey.public,
            their_prekey=theirs.prekey.public,
            our_keys=keys,
            their_keys=TheirKeys(
                theirs.station.public, *(key.public for key in self._keys[1 - side])
            ),
            suite=self._suite,
        )

    def talk(self, entries: int) -> None:
        """So many more entries: both sides speak at the same time, then read."""
        left = entries
        while left:
            seen = (self._logs[1].size, self._logs[0].size)
            roots = (self._logs[1].root, self._logs[0].root)
            rows = []
            for dir in (0, 1):
                for _ in range(min(left, self._chance.randint(1, BURST_MAX))):
                    rows.append(self._say(dir, seen[dir], roots[dir]))
                    left -= 1
            self._keep_all(rows)

    def _keep_all(self, rows: list[EntryRow]) -> None:
        for row in sorted(rows, key=lambda row: joint_key(row.dir, row.n, row.seen)):
            self._lines.write(evidence.entry_line(row).encode())
        if self._keep:
            self.rows += rows
        for log in self._logs:
            log.forget()

    def _say(
        self, dir: int, seen: int, seen_root: bytes, said: tuple[int, int, bytes] | None = None
    ) -> EntryRow:
        """The next entry of a log: a text, or what is given by type, marks and body."""
        log, blind, et = self._logs[dir], self._chance.randbytes(32), bytes(32)
        n, time = log.size, 200_000_000 + log.size
        type, marks, body = said or (Type.TEXT, MARKS, body_of(Type.TEXT, {}, f"{n} {TEXT}"))
        given = (dir, n, int(type), int(marks), time, seen)
        leaf = leaf_hash(self._line, self._inc, *given, seen_root, et, commitment(blind, body))
        root = log.append(leaf)
        self._tally.add(dir, marks, time, time)
        if log.size % self._signed_every == 0:
            self._sign(dir, log.size, root)
        return EntryRow(*given, et, blind, body, leaf, root, 0.0)

    def _sign(self, dir: int, size: int, root: bytes) -> None:
        head = Head(self._line, self._inc, dir, size, root)
        if self._record_key is not None:
            block = code_block(self._record_key, self._line, head.text)
            self._heads.append(HeadRow(dir, size, root, "checkpoint", 0, block, 0.0))
            return
        log, cosigner = self._keys[dir][0], self._keys[1 - dir][1]
        halves = 2 if size % self._hybrid_every == 0 else 1  # Ed25519, or ML-DSA-44 with it
        block = log.block(head.checkpoint(log.public)[:halves])
        self._heads.append(HeadRow(dir, size, root, "checkpoint", 0, block, 0.0))
        at = BEGAN + size
        block = cosigner.block(head.cosignature(cosigner.public, at)[:halves])
        self._heads.append(HeadRow(dir, size, root, "cosign", at, block, 0.0))

    @property
    def heads(self) -> list[HeadRow]:
        """Both sides' signatures."""
        return self._heads

    def write(self, path: Path) -> None:
        """The evidence as it stands now."""
        with path.open("wb") as file:
            file.write(evidence.opening(self.documents, self._tally.summary).encode())
            file.writelines(line.encode() for line in evidence.head_lines(self._heads))
            file.write(evidence.ENTRIES.encode())
            self._lines.seek(0)
            shutil.copyfileobj(self._lines, file)
            file.write(evidence.END.encode())

    def close(self) -> None:
        """Let go of the folder."""
        self._lines.close()


# A process begins with the peak of the one that it was forked from, and this one holds the heads of
# a million entries: so a small one stands between, and says what its child needed.
BETWEEN = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)
sys.stdout.buffer.write(done.stdout)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


def timed(*arguments: str) -> tuple[float, float, dict[str, object]]:
    """Seconds and peak megabytes of one `parley` process, and the facts it told."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-S", "-c", BETWEEN, *command(*arguments, "--json")],
        env=environment(),
        stdout=subprocess.PIPE,
        check=False,
    )
    took = time.perf_counter() - began
    told, _, peak_kb = done.stdout.rstrip().rpartition(b"\n")
    facts: dict[str, object] = json.loads(told)
    if done.returncode:
        raise AssertionError(f"the record made here does not verify: {facts}")
    return took, int(peak_kb) * 1024 / 1e6, facts


def measure(entries: int = ENTRIES) -> list[Figure]:
    """Verify a long record as a whole process does: wall seconds and peak memory."""
    with tempfile.TemporaryDirectory(prefix="parley-") as name:
        folder = Path(name)
        record = LongRecord(folder)
        record.talk(entries)
        record.write(folder / "first")
        took, peak, told = timed("verify", str(folder / "first"))
        state = str(folder / "state")
        timed("verify", str(folder / "first"), "--keep", state)
        record.talk(MORE)
        record.write(folder / "second")
        more, _, on = timed("verify", str(folder / "second"), "--since", state)
        record.close()
    if on["ok"] != told["ok"] or on == told:
        raise AssertionError("the record did not grow")
    what = f"verify {entries:,} entries"
    return [
        Figure(what, took, "s", "30", f"two signatures per {SIGNED_EVERY} entries"),
        Figure(f"{what}, peak memory", peak, "MB", "150"),
        Figure(f"verify {MORE:,} more", more, "s", "1", "from the state kept of the others"),
    ]
