"""`export` and `verify`: the record as a file that anyone can check."""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import click

from parley.cli import voice
from parley.cli.client import Asking, asks, with_json
from parley.cli.contradicting import (
    beside_in_words,
    facts_of_two,
    told_beside,
    two_in_words,
    write_beside,
)
from parley.cli.new_file import NEW_FILE, overwriting, unwritten
from parley.console.marking import frame_line
from parley.core.entry import Marks, Precedence
from parley.core.errors import Misused, Refused, Unavailable

FILE = click.Path(path_type=Path, dir_okay=False)
EXIT_UNPROVEN = 5  # a deniable record without its key: it does not contradict itself, no more
MB = 1_000_000
TITLE_BYTES_MAX = 64  # the longest title, and some
LINES_BETWEEN = 5_000  # lines read between two looks at the clock


@click.command()
@click.argument("out", type=NEW_FILE)
@click.option(
    "--only",
    type=click.IntRange(min=0),
    metavar="N",
    help="Only message N of theirs, with its proof and without the others.",
)
@click.option("--ours", is_flag=True, help="With --only: message N of ours.")
@click.option(
    "--key",
    "key_out",
    type=NEW_FILE,
    metavar="FILE",
    help="Of a deniable line: write its record key to FILE too, for one of the two parties alone."
    " An operator does this.",
)
@overwriting
@asks(line=True)
def export(station: Asking, out: Path, only: int | None, ours: bool, key_out: Path | None) -> None:
    """Write the record of a line to the file OUT, or one message with its proof.

    What is written opens in any editor, and `parley verify OUT` checks it without a station. Where
    the other side signed two things that contradict each other, both stand in a file of their own
    beside OUT, which shows nothing of what was said.
    """
    from parley.station.machine.carried import RECORD_KEY, carry
    from parley.station.machine.folder import write_whole

    if ours and only is None:
        raise Misused("--ours says whose message --only means.", "Give --only N too.")
    if key_out is not None and key_out.absolute() == out.absolute():
        raise Misused("Record and record key do not go into one file.", "Name another with --key.")
    if key_out is not None:
        key = b64decode(station.call("export.key")["key"])
        write_whole(key_out, carry(RECORD_KEY, key))
    if only is not None:
        told = station.call("prove", n=only, dir="ours" if ours else "theirs")
        proof = told["proof"].encode()
        write_whole(out, proof)
        _written(out, len(proof), told["policy"], key_out)
        return
    size, policy, last = 0, "", {}
    contradictions: list[dict[str, Any]] | None = None

    def pieces() -> Iterator[bytes]:
        nonlocal size, policy, last, contradictions
        after = None
        with voice.Progress("Writing", "MB") as progress:
            while True:
                told = station.call("export", after=after)
                if contradictions is None:
                    contradictions = told_beside(station, out)
                piece, policy = told["evidence"].encode(), told["policy"]
                size += len(piece)
                progress(size // MB)
                yield piece
                after, last = told["next"], told
                if after is None:
                    return

    write_whole(out, pieces())
    _written(out, size, policy, key_out, write_beside(contradictions or []), last)


def _written(
    out: Path,
    size: int,
    policy: str,
    key_out: Path | None,
    contradictions: Sequence[dict[str, Any]] = (),
    last: dict[str, Any] | None = None,
) -> None:
    def in_words(told: dict[str, Any]) -> Iterator[str]:
        yield f"{out}: {voice.count(told['bytes'], 'byte')}."
        yield from _who_checks(out, policy, key_out)
        yield from _supplied(told)
        yield from beside_in_words(contradictions)

    key = None if key_out is None else str(key_out)
    told = {"file": str(out), "bytes": size, "policy": policy, "key": key}
    told |= {name: (last or {}).get(name) for name in ("supplied", "counterpart")}
    voice.tell(told | {"contradictions": list(contradictions)}, in_words)


def _supplied(told: dict[str, Any]) -> Iterator[str]:
    """What of it is here by the other side's evidence: the file itself has one form (R10)."""
    ours, theirs = ((told["supplied"] or {}).get(side) for side in ("ours", "theirs"))
    if ours and theirs and (ours["entries"] or theirs["entries"]):
        there = voice.visible(told["counterpart"])
        yield (
            f"Lost here and supplied by {there}: {ours['entries']} of ours, {theirs['entries']} of"
            f" theirs; on its word alone {ours['by_word']} and {theirs['by_word']}."
        )


def _who_checks(out: Path, policy: str, key_out: Path | None) -> Iterator[str]:
    """Whom the record convinces, and how it is checked."""
    if policy != "deniable":
        yield f"Anyone can check it: `parley verify {out}`."
        return
    yield "The line is deniable: it proves nothing to anybody but the two parties."
    if key_out is None:
        yield (
            "They check it with its record key, which `parley export --key FILE` writes:"
            f" `parley verify {out} --key FILE`."
        )
        return
    yield f"They check it: `parley verify {out} --key {key_out}`."
    yield f"Whoever has {key_out} can write the whole record anew: give it to nobody else."


class Reading:
    """A file as it is read, line by line, with progress on the terminal."""

    def __init__(self, file: BinaryIO, progress: voice.Progress) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        self._progress = progress
        self._lines = self._read = 0

    def readline(self, size: int = -1, /) -> bytes:
        """The next line, or at most `size` bytes of it."""
        line = self._file.readline(size)
        self._read += len(line)
        self._lines += 1
        if self._lines % LINES_BETWEEN == 0:
            self._progress(self._read // MB, self._size // MB)
        return line

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes, or fewer at the end."""
        found = self._file.read(size)
        self._read += len(found)
        self._progress(self._read // MB, self._size // MB)
        return found


@click.command()
@click.argument("evidence", type=click.Path(path_type=Path))
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    metavar="STATE",
    help="Verify only what is new since STATE was kept. STATE is trusted: keep it where only you"
    " can write, and take it from nobody.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="STATE",
    help="Keep what was verified in the file STATE, for --since of the next time; it may be the one"
    " that --since names.",
)
@click.option(
    "--all-signatures",
    is_flag=True,
    help="Check every signature, not only the newest of each kind for each head.",
)
@click.option(
    "--key",
    type=FILE,
    metavar="FILE",
    help="The record key of a deniable line, which only its two parties have.",
)
@overwriting
@with_json
def verify(
    evidence: Path, since: Path | None, keep: Path | None, all_signatures: bool, key: Path | None
) -> int:
    """Check an evidence file, a proof of one message or a contradiction, with nothing but itself.

    Exit 0 when all of it holds; exit 1 with the first section, head or entry that does not, by
    direction and number, and why. A deniable record is checked with its record key; without it,
    exit 5: it does not contradict itself, and proves nothing.
    """
    from parley.evidence import audit

    if keep is not None and keep != since:
        unwritten(keep)
    state = b""
    given = None if key is None else _record_key(key)
    how = {"all_signatures": all_signatures, "record_key": given, "beside": _beside()}
    try:
        with evidence.open("rb") as file, voice.Progress("Checking", "MB") as progress:
            title = file.readline(TITLE_BYTES_MAX)
            file.seek(0)
            if title.strip() != audit.TITLE.encode():
                return _without_a_record(file, title, evidence, given)
            if since is None and keep is None:
                report = audit.verify(Reading(file, progress), **how)
            else:
                known = b"" if since is None else since.read_bytes()
                report, state = _go_on(file, known, progress, how)
    except OSError as error:
        raise Unavailable(
            f"The file {error.filename or evidence} cannot be read: {error.strerror or error}.",
            "Name another file; without --since a record is verified whole."
            if since is not None and error.filename == str(since)
            else "Name another file.",
        ) from error
    if keep is not None:
        from parley.station.machine.folder import write_whole

        write_whole(keep, state)
    voice.tell(facts(report), in_words)
    return 0 if report.proven else EXIT_UNPROVEN


def _without_a_record(file: BinaryIO, title: bytes, path: Path, key: Any) -> int:
    """Check what bears another title than the record of a line: a proof, or a contradiction."""
    from parley.evidence import audit, contradiction, proof

    if title == f"{proof.TITLE}\n".encode():
        told = facts_of_one(proof.verify(file, key), keyed=key is not None)
        voice.tell(told, one_in_words)
        return 0 if told["ok"] else EXIT_UNPROVEN
    if title == f"{contradiction.TITLE}\n".encode():
        voice.tell(facts_of_two(contradiction.verify(file)), two_in_words)
        return 0
    raise Refused(
        f"This is not a file that this command can check: {path} is neither the record of a line"
        " nor the proof of one message nor a contradiction, as Parley writes them.",
        f"Such a file begins with the words {audit.TITLE!r}, {proof.TITLE!r} or"
        f" {contradiction.TITLE!r}; whoever gave you the record has it.",
        "R11",
    )


def _beside() -> Any:
    """Threads for the signatures: the library lets go of the interpreter while it looks at one."""
    from concurrent.futures import ThreadPoolExecutor

    threads = ThreadPoolExecutor(os.cpu_count())
    return lambda work: threads.submit(work).result


def _record_key(path: Path) -> Any:
    from parley.evidence.vouched import RecordKeyFile
    from parley.station.machine.carried import RECORD_KEY, take_up
    from parley.station.machine.folder import read_whole

    return RecordKeyFile.parse(take_up(RECORD_KEY, read_whole(path)))


def _go_on(
    file: BinaryIO,
    known: bytes,
    progress: voice.Progress,
    how: dict[str, Any],
) -> tuple[Any, bytes]:
    """Verify from a state on, or whole where that cannot be; what stands, and the next state."""
    from parley.evidence import growth
    from parley.evidence.sections import OnlyWhole

    try:
        return growth.verify(Reading(file, progress), since=known, **how)
    except OnlyWhole as error:
        voice.aside(voice.sentence(f"{error.sentence}; everything is verified anew"))
    file.seek(0)
    return growth.verify(Reading(file, progress), **how)


def facts(report: Any) -> dict[str, Any]:
    """What holds, as plain JSON."""
    sides = [
        {
            "party": report.documents.letters[side].party,
            "digits": report.digits[side],
            "entries": report.entries[side],
            "root": report.roots[side].hex(),
            "signed": report.signed[side],
            "cosigned": report.cosigned[side],
            "vouched": report.vouched[side],
        }
        for side in (0, 1)
    ]
    return {
        "ok": report.proven,
        "policy": "deniable" if report.documents.agreement.deniable else "attributable",
        "line": report.documents.agreement.line_id.hex(),
        "A": sides[0],
        "B": sides[1],
        "first": report.first,
        "last": report.last,
        "signatures_passed_over": report.passed_over,
        "attachments": dict(zip(FILES, report.files, strict=True)),
    }


def in_words(told: dict[str, Any]) -> Iterator[str]:
    """What was checked, for a person."""
    deniable = told["policy"] == "deniable"
    if not deniable:
        yield (
            "WHOLE. Every entry gives its leaf, every leaf its root, and every signed head"
            " its root."
        )
    elif told["ok"]:
        yield "WHOLE, BETWEEN THE TWO PARTIES. Every entry gives its leaf, every leaf its root, and"
        yield "every head bears the code of the record key. Both parties hold that key: whoever of"
        yield "them did not write this knows that the other did, and nobody else can tell."
    else:
        yield "UNPROVEN. This is the record of a deniable line, and no record key was given. It"
        yield "does not contradict itself. That is all: either party could have written all of it,"
        yield "and so could anybody who had it in hand. The two parties check it with --key."
    yield f"Line {told['line']}, {told['first']} to {told['last']}"
    for name in ("A", "B"):
        side = told[name]
        other = told["B" if name == "A" else "A"]["party"]
        yield ""
        yield f"{name}  {voice.visible(side['party'])}"
        yield f"   {side['digits']}"
        yield f"   {voice.count(side['entries'], 'entry', 'entries')}, root {side['root']}"
        if deniable:
            word = "vouched for" if told["ok"] else "under a head with a code"
            yield f"   {side['vouched']} {word}"
            if side["vouched"] < side["entries"]:
                yield (
                    f"   NOT VOUCHED FOR: {name} {side['vouched']} to {name} {side['entries'] - 1};"
                    " anybody could have written them"
                )
            continue
        yield (
            f"   {side['signed']} signed by {voice.visible(side['party'])},"
            f" {side['cosigned']} by {voice.visible(other)} as received"
        )
        if side["signed"] < side["entries"]:
            yield (
                f"   NOT SIGNED by {voice.visible(side['party'])}: {name} {side['signed']} to"
                f" {name} {side['entries'] - 1}; whoever made this file could have written them"
            )
    yield ""
    yield from _files_in_words(told["attachments"])
    if told["signatures_passed_over"]:
        passed = voice.count(told["signatures_passed_over"], "older signature")
        yield f"{passed} of heads that bear a newer one not checked; --all-signatures checks them."
    yield "Compare the 48 digits with those that each party itself tells you."


FILES = ("whole", "other_hash", "not_all_here")


def _files_in_words(files: dict[str, int]) -> Iterator[str]:
    """What became of the files that messages of this record name."""
    if not any(files.values()):
        return
    yield f"{voice.count(files['whole'], 'attachment')} whole, with the hash that was named."
    if files["other_hash"]:
        yield (
            f"{voice.count(files['other_hash'], 'attachment')} with ANOTHER HASH than the message"
            " names: whoever sent that said what is not so."
        )
    if files["not_all_here"]:
        yield f"{voice.count(files['not_all_here'], 'attachment')} not all in this record."


def facts_of_one(shown: Any, *, keyed: bool) -> dict[str, Any]:
    """What a proof shows, as plain JSON."""
    leaf, marks = shown.leaf, Marks.parse(shown.leaf.marks)
    return {
        "ok": keyed or not shown.deniable,
        "policy": "deniable" if shown.deniable else "attributable",
        "line": leaf.line_id.hex(),
        "dir": "AB"[leaf.dir],
        "n": leaf.n,
        "speaker": shown.speaker,
        "reader": shown.reader,
        "digits": [letter.digits for letter in shown.documents.letters],
        "time": shown.time,
        "precedence": Precedence(leaf.marks >> 6).name,
        "status": marks.status.name if marks else "UNKNOWN",
        "text": shown.words,
        "sha256": sha256(leaf.body).hexdigest(),
        "size": shown.size,
        "signed": shown.signed_by_speaker,
        "received": shown.received_at,
    }


def one_in_words(told: dict[str, Any]) -> Iterator[str]:
    """What a proof proves and what it does not, for a person."""
    speaker, reader = voice.visible(told["speaker"]), voice.visible(told["reader"])
    place = f"entry {told['dir']} {told['n']} of line {told['line']}"
    deniable = told["policy"] == "deniable"
    if not deniable:
        yield f"PROVED. This is {place}."
    elif told["ok"]:
        yield f"WHOLE, BETWEEN THE TWO PARTIES. This is {place}."
    else:
        yield f"UNPROVEN. This claims to be {place}, a deniable one; no record key was given."
    yield f"It is marked {told['precedence']}, {told['status']}."
    yield ""
    if told["text"] is None:
        yield f"  (not a text; SHA-256 of its body {told['sha256']})"
    else:
        frame = frame_line(told["status"])
        edge = [f"  | {frame}"] if frame else []
        yield from (*edge, *voice.quoted(told["text"]), *edge)
    yield ""
    said = "Said" if told["ok"] else "Said, as this file has it,"
    yield f"{said} by {speaker}, {told['time']} by its own clock."
    yield from _what_it_is_worth(told, speaker, reader)
    yield "It shows nothing about any other entry, and not that none followed."
    yield ""
    yield "Compare the 48 digits of both letters with those that each party itself tells you:"
    yield from (f"  {digits}" for digits in told["digits"])


def _what_it_is_worth(told: dict[str, Any], speaker: str, reader: str) -> Iterator[str]:
    """Who stands by it, and before whom."""
    size = voice.count(told["size"], "entry", "entries")
    if told["policy"] == "deniable":
        yield f"It stands in a log of {size}, under a head that bears a code."
        yield "Both parties hold the key to that code, and either could have written this. Whoever"
        yield "of them did not knows that the other did; to anybody else it proves nothing."
        return
    if told["signed"]:
        yield f"{speaker} signed its log of {size}, in which this one stands."
    else:
        yield f"This file holds no signature of {speaker}: that it said so rests on {reader} alone."
    if told["received"] is not None:
        yield f"{reader} signed for it as received, {told['received']} by its own clock."
    else:
        yield f"This file holds no signature of {reader}: it does not show that it was received."
