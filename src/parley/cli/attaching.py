"""`attach` and `attachment`: files that go with a message."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.cli.new_file import NEW_FILE, overwriting
from parley.core.errors import Misused, Refused, Unavailable

PART_BYTES = 393_216  # in base64 half of the longest request
FILE_BYTES_MAX = (8 << 20) + 1


@click.command()
@click.argument("draft", type=int)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="The name under which it goes; default: that of the file.")
@click.option(
    "--from-chat", is_flag=True, help="Words of the operators' chat in it are meant as a message."
)
@asks()
def attach(station: Asking, draft: int, file: Path, name: str | None, from_chat: bool) -> None:
    """Attach FILE to DRAFT: a picture (PNG or JPEG), which is drawn anew, or a plain text."""
    told = put(station, draft, file, name, from_chat)
    voice.tell(told, in_words)


def put(
    station: Asking, draft: int, file: Path, name: str | None = None, from_chat: bool = False
) -> dict[str, Any]:
    """Give a file to a draft."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(FILE_BYTES_MAX)
    except OSError as error:
        raise Unavailable(
            f"The file {file} cannot be read: {error.strerror}.", "Name another file."
        ) from error
    upload: str | None = None
    for at in range(0, max(len(raw), 1), PART_BYTES):
        data = base64.b64encode(raw[at : at + PART_BYTES]).decode()
        more = at + PART_BYTES < len(raw)
        given = station.call("draft.attach.give", data=data, more=more, upload=upload)
        upload = given["upload"]
    view = station.call(
        "draft.attach",
        draft=draft,
        upload=upload,
        name=name or file.name,
        from_chat=from_chat or None,
    )
    return {**view, "given": given}


def in_words(told: dict[str, Any]) -> Iterator[str]:
    """What became of a file that was attached."""
    given = told["given"]
    if "was" in given:
        was = given["was"]
        yield (
            f"Drawn anew from {was['form']}, {was['width']:,} by {was['height']:,} pixels:"
            f" PNG, {given['width']:,} by {given['height']:,}."
        )
    yield from shown.attachments(told["attachments"])
    yield f"Draft {told['draft']} · SHA-256 {told['sha256']}"


@click.group()
def attachment() -> None:
    """Attachments, by ID: 12.1 is the first one of message 12."""


def _id(text: str) -> tuple[int, int]:
    number, dot, place = text.partition(".")
    if not (dot and number.isdecimal() and place.isdecimal() and len(text) <= 32):
        raise Misused(f"{text!r:.40} names no attachment.", "12.1 is the first one of message 12.")
    return int(number), int(place)


@attachment.command()
@click.argument("id")
@click.argument("path", type=NEW_FILE)
@overwriting
@click.option("--ours", is_flag=True, help="Of a message of ours; without it, of theirs.")
@click.option("--draft", is_flag=True, help="Of a draft: exactly the bytes that will go.")
@asks(line=True)
def save(station: Asking, id: str, path: Path, ours: bool, draft: bool) -> None:
    """Write attachment ID to the file PATH. Only a picture or text that may be shown is given."""
    from parley.station.machine.folder import write_whole

    number, place = _id(id)
    read: Callable[[int], dict[str, Any]]
    if draft:
        if station.line is not None:
            raise Misused("A draft has its own number on all lines.", "Leave out --line.")

        def read(start: int) -> dict[str, Any]:
            return station.call("draft.attachment", draft=number, place=place, start=start)

    else:
        dir = "ours" if ours else "theirs"
        found = station.call("message", n=number, dir=dir)["attachments"]
        if not 1 <= place <= len(found):
            raise Refused(
                f"Message {number} has no attachment {place}.", "`parley message` lists them."
            )
        hash = found[place - 1]["sha256"]

        def read(start: int) -> dict[str, Any]:
            return station.call("attachment.read", n=number, dir=dir, sha256=hash, start=start)

    got, data = read(0), b""
    data += base64.b64decode(got["data"])
    while got["next"] is not None:
        got = read(got["next"])
        data += base64.b64decode(got["data"])
    write_whole(path, data, 0o644)
    told = {"path": str(path), "size": len(data), "sha256": got["sha256"], "media": got["media"]}
    voice.tell(
        told,
        lambda view: [
            f"{voice.count(view['size'], 'byte')} of {view['media']} in {path}.",
            f"SHA-256 {view['sha256']}",
        ],
    )


@attachment.command()
@click.argument("id")
@asks()
def remove(station: Asking, id: str) -> None:
    """Take attachment ID out of a draft: 7.1 is the first one of draft 7."""
    number, place = _id(id)
    voice.tell(
        station.call("draft.detach", draft=number, place=place),
        lambda view: [
            f"Draft {number} has {voice.count(len(view['attachments']), 'attachment')} now.",
            f"SHA-256 {view['sha256']}",
        ],
    )
