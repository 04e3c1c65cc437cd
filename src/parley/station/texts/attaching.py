"""Attaching a file to a draft: as the bytes that will go, so that who releases it sees just those.

A file comes in parts, is drawn anew or read as a text beside the loop, and then belongs to the
draft: its hash, size, kind and name stand in the header that two persons release. Source:
spec/files.md F9, F10 and F14.
"""

from __future__ import annotations

import base64
import binascii
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from parley.catalogue.drawing import AT_ONCE, RAW_BYTES_MAX, being_drawn, draw, too_large
from parley.catalogue.files import PNG, TEXT, looks_like_picture, plain_name, plain_text
from parley.core.entry import Key, Type, body_of
from parley.core.errors import Refused
from parley.evidence.attached import FILES_BYTES_MAX, FILES_MAX, Named, read_named
from parley.station.acts.operations import Beside, operation
from parley.station.acts.person import HANDLERS, Person
from parley.station.entries import quoting
from parley.station.entries.draft_steps import EDITED, note
from parley.station.entries.files import READ_BYTES_MAX, listed, part
from parley.station.line.wording import Contradiction, check_mark, check_said, said_in
from parley.station.texts.drafts import Draft, load, load_open, view

if TYPE_CHECKING:
    from parley.station.station import Station

WRITERS = ("drafter", "releaser")
WAITING_BYTES_MAX = 16 << 20  # of one line, attached and not yet with the other side
REST_S = 0.001  # of who looks through a long text, for the loop to take its turn
KEPT_S = 600.0  # a file that was given and never attached fills no memory for longer
# Pictures wait for each other, one of each person at most, and nobody who searches waits for them.
_THREADS = ThreadPoolExecutor(AT_ONCE, "pictures")


@dataclass(slots=True)
class Upload:
    """A file on its way in; each person has one at most."""

    name: str
    parts: list[bytes] = field(default_factory=list)
    ready: bytes = b""  # as it will go
    says: list[Contradiction] = field(default_factory=list)  # which marks it says of itself
    media: str = ""
    drawing: bool = False  # or it waits for its turn


@operation("draft.attach.give", roles=WRITERS, reads=True)
def attach_give(
    station: Station,
    who: Person,
    *,
    data: str,
    more: bool = False,
    upload: str | None = None,
) -> dict[str, Any] | Beside:
    """Give a file in base64: a PNG or JPEG, or a text in UTF-8. `more` says that another part
    follows, which bears the `upload` that the first got. A picture is drawn anew beside the loop;
    `draft.attach` puts what came of it to a draft."""
    held = station.uploads.get(who.id)
    if held is not None and held.drawing:
        raise being_drawn()
    if upload is None:
        begun = station.uploads[who.id] = Upload(station.entropy(8).hex())
        until = station.clock.now().mono + KEPT_S
        station.clock.call_at(until, partial(_let_go, station, who, begun))
    mine = _upload(station, who, upload)
    try:
        mine.parts.append(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError) as error:
        raise Refused("The file did not arrive as it was read.", "Give it again.") from error
    if sum(map(len, mine.parts)) > RAW_BYTES_MAX:
        del station.uploads[who.id]
        raise too_large()
    if more:
        return {"upload": mine.name, "parts": len(mine.parts)}
    raw, mine.parts = b"".join(mine.parts), []
    if not raw:
        raise Refused("The file is empty.", "Attach one with something in it.")

    def keep(data: bytes, media: str, **facts: Any) -> dict[str, Any]:
        mine.media, mine.ready = media, data
        told = {"upload": mine.name, "size": len(data), "sha256": sha256(data).hexdigest()}
        return {**told, "media": media, **facts}

    def work() -> dict[str, Any]:
        try:
            drawn = draw(raw)
        finally:
            mine.drawing = False
        was = {"width": drawn.was_width, "height": drawn.was_height, "form": drawn.was}
        return keep(drawn.png, PNG, width=drawn.width, height=drawn.height, was=was)

    def read() -> dict[str, Any]:
        text = plain_text(raw)
        mine.says = said_in(text.decode(), rest=partial(time.sleep, REST_S))
        return keep(text, TEXT)

    if not looks_like_picture(raw):
        return Beside(read)
    mine.drawing = True
    return Beside(work, _THREADS)


def _upload(station: Station, who: Person, name: str | None) -> Upload:
    mine = station.uploads.get(who.id)
    if mine is None:
        raise Refused(
            "The file is not held here: it was attached, or given too long ago.",
            f"Give it again, and attach it within {KEPT_S / 60:.0f} minutes.",
        )
    if name not in (None, mine.name):
        raise Refused("Another file was given since.", "Give this one again, whole.")
    return mine


def _let_go(station: Station, who: Person, begun: Upload) -> None:
    if station.uploads.get(who.id) is begun:
        del station.uploads[who.id]


def _taken(station: Station, who: Person) -> None:
    station.uploads.pop(who.id, None)


@operation("draft.attach", roles=WRITERS)
def attach(
    station: Station,
    who: Person,
    *,
    draft: int,
    upload: str,
    name: str,
    from_chat: bool = False,
) -> dict[str, Any]:
    """Put a file that was given to a draft. Whoever does cannot release it any more. `from_chat`
    says that words of the operators' chat in it are meant."""
    before = load_open(station, draft)
    mine = _upload(station, who, upload)
    if not mine.ready:
        raise Refused("The file did not arrive as it was read.", "Give it again.")
    if before.type != Type.TEXT:
        raise Refused("Only messages have attachments.", "Write a message, and attach it there.")
    hash, called = sha256(mine.ready).digest(), plain_name(name, mine.media)
    words = (called, mine.ready.decode()) if mine.media == TEXT else (called,)
    check_mark(called, before.status)  # what goes with a message is read as what it says (O6)
    check_said(mine.says, before.status)
    quoted = quoting.check(station, from_chat, *words)
    named = [*named_in(before), Named(hash, len(mine.ready), mine.media, called)]
    if any(each.sha256 == hash for each in named[:-1]):
        raise Refused(f"Draft {draft} has this very file already.", "It goes once.", "F2")
    if len(named) > FILES_MAX:
        raise Refused(
            f"A message has {FILES_MAX} attachments at most.", "Write a second one.", "F2"
        )
    if sum(each.size for each in named) > FILES_BYTES_MAX:
        raise Refused(
            f"The attachments of a message have {FILES_BYTES_MAX >> 20} MiB together at most.",
            "Write a second message for this one, or make the picture smaller.",
            "F2",
        )
    if _waiting(station, before) + len(mine.ready) > WAITING_BYTES_MAX:
        raise Refused(
            f"More than {WAITING_BYTES_MAX >> 20} MiB of attachments wait on this line.",
            "Attach it once some of them have gone.",
            "F14",
        )
    station.store.sql(
        "INSERT INTO draft_files (draft, place, sha256, bytes) VALUES (?, ?, ?, ?)",
        (draft, _place(station, draft), hash, mine.ready),
    )
    station.after_commit(partial(_taken, station, who))  # what is not kept need not be given again
    changed = _changed(station, who, before, named)
    if not from_chat:
        return changed
    quoting.note(station, draft, who, quoted, changed["sha256"])
    return view(station, load(station, draft))


@operation("draft.detach", roles=WRITERS)
def detach(station: Station, who: Person, *, draft: int, place: int) -> dict[str, Any]:
    """Take an attachment from a draft again."""
    before = load_open(station, draft)
    named = named_in(before)
    if not 1 <= place <= len(named):
        raise Refused(
            f"Draft {draft} has no attachment {place}.", "`parley draft show` lists them."
        )
    gone = named.pop(place - 1)
    station.store.sql(
        "DELETE FROM draft_files WHERE draft = ? AND sha256 = ?", (draft, gone.sha256)
    )
    return _changed(station, who, before, named)


@operation("draft.attachment", roles=HANDLERS, reads=True)
def draft_attachment(
    station: Station, who: Person, *, draft: int, place: int, start: int = 0
) -> dict[str, Any]:
    """Bytes of a draft's attachment from `start` on: exactly those that will go."""
    found = load(station, draft)
    named = named_in(found)
    if not 1 <= place <= len(named):
        raise Refused(
            f"Draft {draft} has no attachment {place}.", "`parley draft show` lists them."
        )
    file, start = named[place - 1], max(start, 0)
    rows = station.store.sql(
        "SELECT substr(bytes, ?, ?) AS data FROM draft_files WHERE draft = ? AND sha256 = ?"
        " AND bytes IS NOT NULL",
        (start + 1, READ_BYTES_MAX, draft, file.sha256),
    )
    if not rows:
        raise Refused("This attachment stands in the record by now.", "Read the message instead.")
    return part(listed(found.content.header)[place - 1], bytes(rows[0]["data"]), start)


def named_in(draft: Draft) -> list[Named]:
    """The files that a draft names."""
    return read_named(draft.content.header) or []


def _place(station: Station, draft: int) -> int:
    """Where the next file of a draft stands."""
    rows = station.store.sql("SELECT max(place) AS last FROM draft_files WHERE draft = ?", (draft,))
    return int(rows[0]["last"] or 0) + 1


def _waiting(station: Station, draft: Draft) -> int:
    rows = station.store.sql(  # from the few files, and not from all that was ever written
        "SELECT coalesce(sum(length(f.bytes)), 0) AS size FROM draft_files f"
        " CROSS JOIN drafts d ON d.id = f.draft WHERE d.line_id = ? AND d.withdrawn IS NULL",
        (draft.open_line.id,),
    )
    return int(rows[0]["size"])


def _changed(station: Station, who: Person, before: Draft, named: list[Named]) -> dict[str, Any]:
    header = {key: value for key, value in before.content.header.items() if isinstance(key, int)}
    header.pop(Key.ATTACHMENTS, None)
    if named:
        header[Key.ATTACHMENTS] = [each.value() for each in named]
    body = body_of(before.type, header, before.content.payload)
    editors = sorted({*before.editors, who.id})
    station.store.sql(
        "UPDATE drafts SET body = ?, editors = ? WHERE id = ?",
        (body, ",".join(map(str, editors)), before.id),
    )
    note(station, before.id, who.id, EDITED)
    station.publish("draft", before.open_line, draft=before.id, state="edited")
    return view(station, load(station, before.id))


def check_release(station: Station, draft: Draft) -> None:
    """Refuse a draft whose attachments are not here any more, as after a restore."""
    for place, each in enumerate(named_in(draft), 1):
        if not station.store.sql(
            "SELECT 1 FROM draft_files WHERE draft = ? AND sha256 = ? AND bytes IS NOT NULL",
            (draft.id, each.sha256),
        ):
            raise Refused(
                f"The bytes of attachment {place} of draft {draft.id} are not here any more.",
                f"Take it out and attach it again: `parley attachment remove {draft.id}.{place}`.",
            )
