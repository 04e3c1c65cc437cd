"""A picture and a text go with a message from one person's hands to another's."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from parley.catalogue import drawing
from parley.catalogue.files import PNG, TEXT, read_png
from parley.core.entry import Type, body_of
from parley.core.errors import Refused, Unavailable
from parley.evidence.attached import PIECE_BYTES_MAX, Named, Piece
from parley.station.acts.person import Person
from parley.station.entries import files
from parley.station.texts import attaching
from parley.station.texts.drafts import load
from tests.playbook import PATIENCE_S, Post, Posts, Voice, two_stations

LONG = b"".join(b"0600Z 55 %02d N, 012 %02d E\n" % (at % 60, at % 57) for at in range(2_300))


def noise(width: int, height: int) -> bytes:
    """A picture that no compression makes small, with things in it that must not cross."""
    out, info = io.BytesIO(), PngImagePlugin.PngInfo()
    info.add_text("Author", "Olsen, Room 12")
    picture = Image.effect_noise((width, height), 90).convert("RGB")
    picture.save(out, "PNG", pnginfo=info, dpi=(72, 72))
    return out.getvalue()


def attaches(who: Voice, draft: int, raw: bytes, name: str, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"upload": None}
    step = 300_000
    for at in range(0, max(len(raw), 1), step):
        part = base64.b64encode(raw[at : at + step]).decode()
        upload = {"upload": given["upload"]} if given["upload"] else {}
        given = who.asks("draft.attach.give", data=part, more=at + step < len(raw), **upload)
    return who.asks("draft.attach", draft=draft, upload=given["upload"], name=name, **more)


def fetched(who: Voice, op: str, **about: Any) -> bytes:
    data, start = b"", 0
    while True:
        got = who.asks(op, start=start, **about)
        data += base64.b64decode(got["data"])
        if got["next"] is None:
            return data
        start = got["next"]


def sends(post: Post, *files: tuple[bytes, str], precedence: str = "ROUTINE") -> dict[str, Any]:
    """A message with these files is written, and released by somebody else."""
    draft = post.drafts("See what we saw at 0600Z.", precedence)
    for raw, name in files:
        draft = attaches(post.drafter, draft["draft"], raw, name)
    return {**post.releases(draft), "attachments": draft["attachments"]}


def states(post: Post, n: int, dir: str = "theirs") -> list[str]:
    return [each["state"] for each in post.reads(n, dir)["attachments"]]


def test_what_files_cost_does_not_grow_with_all_that_was_ever_sent(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        station, line = north.station, north.station.lines[0]
        draft = attaches(north.drafter, north.drafts("See it.")["draft"], b"North 5", "x.txt")
        store, steps = station.store, [0]

        def costs(work: Callable[[], object]) -> int:
            def step() -> None:
                steps[0] += 1

            steps[0] = 0
            store._connection.set_progress_handler(step, 100)
            try:
                work()
            finally:
                store._connection.set_progress_handler(None, 0)
            return steps[0]

        def cost() -> list[int]:
            return [
                costs(partial(files.go_on, station, line)),
                costs(partial(attaching._waiting, station, load(station, draft["draft"]))),
            ]

        def writes() -> None:
            store.sql(
                "WITH RECURSIVE n (id) AS (SELECT 1001 UNION ALL SELECT id + 1 FROM n LIMIT 3000)"
                " INSERT INTO drafts SELECT n.id, d.line_id, d.inc, d.person, '', d.at, d.base,"
                " d.type, d.precedence, d.status, d.body, NULL, NULL FROM n, drafts d"
                " WHERE d.id = ?",
                (draft["draft"],),
            )
            store.sql(
                "INSERT INTO releases SELECT id, line_id, inc, id, person, at, id, NULL"
                " FROM drafts WHERE id > 1000"
            )

        before = north.stage.do(cost)
        north.stage.do(partial(station.in_next_step, writes))
        north.until(lambda: store.sql("SELECT count(*) FROM releases")[0][0] == 3_000)
        after = north.stage.do(cost)
    assert all(many <= few + 10 for few, many in zip(before, after, strict=True)), (before, after)


def test_a_file_that_could_not_be_kept_need_not_be_given_again(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("See it.")["draft"]
        data = base64.b64encode(b"North 5").decode()
        given = north.drafter.asks("draft.attach.give", data=data)
        about = {"draft": draft, "upload": given["upload"], "name": "x.txt"}

        def full() -> None:
            raise Unavailable("The disk is full.", "Make room.")

        async def attach() -> None:
            who = north.station.people.must_be_here(north.drafter.id)
            asked = asyncio.ensure_future(north.station.call("draft.attach", who, about))
            await asyncio.sleep(0)  # it was asked, and its step has not begun
            north.station.in_next_step(full)
            await asked

        with pytest.raises(Unavailable, match="full"):
            north.stage.run(attach())
        kept = north.drafter.asks("draft.attach", **about)
        assert [each["sha256"] for each in kept["attachments"]] == [given["sha256"]]
        with pytest.raises(Refused):  # it goes once
            north.drafter.asks("draft.attach", **about)


def test_a_file_that_nobody_attaches_is_let_go(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("See it.")["draft"]
        data = base64.b64encode(b"North 5").decode()
        given = north.drafter.asks("draft.attach.give", data=data)
        north.clock.skip(attaching.KEPT_S - 10)
        again = north.drafter.asks("draft.attach.give", data=data)  # has a time of its own
        north.clock.skip(60)
        north.until(lambda: bool(north.station.uploads))
        about = {"draft": draft, "name": "x.txt"}
        with pytest.raises(Refused, match="Another file was given since"):
            north.drafter.asks("draft.attach", **about, upload=given["upload"])
        north.clock.skip(attaching.KEPT_S)
        north.until(lambda: not north.station.uploads)
        with pytest.raises(Refused, match="given too long ago"):
            north.drafter.asks("draft.attach", **about, upload=again["upload"])


def test_F1_a_picture_and_a_text_arrive_as_the_bytes_that_were_released(shared: Posts) -> None:
    north, south = shared
    said = sends(
        north, (noise(300, 200), "Chart of 3 May.jpeg"), (b"North 5\r\nEast 7\r\n", "x.md")
    )
    chart, note = said["attachments"]
    assert [chart["name"], note["name"]] == ["Chart of 3 May.png", "x.txt"]
    drafted = fetched(north.releaser, "draft.attachment", draft=said["draft"], place=1)
    assert sha256(drafted).hexdigest() == chart["sha256"]
    assert b"Olsen" not in drafted
    south.until(lambda: states(south, said["n"]) == ["shown", "shown"])
    seen = fetched(south.watch, "attachment.read", n=said["n"], sha256=chart["sha256"])
    assert seen == drafted
    assert read_png(seen).width == 300
    text = fetched(south.watch, "attachment.read", n=said["n"], sha256=note["sha256"])
    assert text == b"North 5\nEast 7\n"
    north.until(
        lambda: (
            [each["held"] for each in north.reads(said["n"], "ours")["attachments"]]
            == [chart["size"], note["size"]]
        )
    )


def test_F1_two_persons_release_text_and_files_by_one_hash(shared: Posts) -> None:
    north, _ = shared
    draft = north.drafts("See it.")
    shown = north.releaser.asks("draft.show", draft=draft["draft"])
    attaches(north.drafter, draft["draft"], b"North 5\n", "x.txt")
    with pytest.raises(Refused, match="not what you have read"):
        north.releaser.asks("release", draft=draft["draft"], sha256=shown["sha256"])
    attached = north.releaser.asks("draft.show", draft=draft["draft"])
    gone = north.drafter.asks("draft.detach", draft=draft["draft"], place=1)
    assert gone["attachments"] == []
    assert gone["sha256"] == shown["sha256"] != attached["sha256"]
    with pytest.raises(Refused, match="no attachment 1"):
        north.drafter.asks("draft.attachment", draft=draft["draft"], place=1)


def test_F2_F14_limits_are_said_where_a_file_is_attached(shared: Posts) -> None:
    north, _ = shared
    number = north.drafts("See them.")["draft"]
    for at in range(8):
        attaches(north.drafter, number, f"Position {at}\n".encode(), f"{at}.txt")
    for raw, says in ((b"Position 9\n", "8 attachments at most"), (b"Position 3\n", "this very")):
        with pytest.raises(Refused, match=says):
            attaches(north.drafter, number, raw, "x.txt")
    test = north.drafter.asks("draft.new", text="A test.", kind="test")
    with pytest.raises(Refused, match="Only messages"):
        attaches(north.drafter, test["draft"], b"x\n", "x.txt")
    with pytest.raises(Refused, match="Another file was given since"):
        north.drafter.asks("draft.attach", draft=number, upload="00", name="x")
    for raw in (b"", b"<svg/>\x00", b"MZ\xff\xfe"):
        with pytest.raises(Refused):
            attaches(north.drafter, number, raw, "x.png")


def test_F11_no_message_stands_behind_a_file(shared: Posts) -> None:
    """A FLASH that is released at the same moment is numbered before the first piece."""
    north, south = shared
    drafts = [attaches(north.drafter, north.drafts("See it.")["draft"], LONG, "track.txt")]
    drafts.append(north.drafts("Hold fire at once.", "FLASH"))
    shown = [north.releaser.asks("draft.show", draft=each["draft"]) for each in drafts]
    station = north.station
    who = station.person_of(north.releaser.token)
    assert who is not None

    async def both() -> list[dict[str, Any]]:
        keys = ("draft", "sha256", "displayed")
        given = [{key: each[key] for key in keys} for each in shown]
        return list(await asyncio.gather(*(station.call("release", who, each) for each in given)))

    said, flash = north.stage.run(both())
    south.until(lambda: states(south, said["n"]) == ["shown"])
    pieces = north.stage.do(
        lambda: station.store.sql(
            "SELECT n, size FROM pieces WHERE dir = ? AND sha256 = ? ORDER BY n",
            (station.lines[0].ours, sha256(LONG).digest()),
        )
    )
    assert flash["n"] < said["n"] < pieces[0]["n"]
    assert [row["size"] for row in pieces] == [PIECE_BYTES_MAX] * 3 + [len(LONG) % PIECE_BYTES_MAX]


def test_F3_a_file_that_two_messages_name_crosses_once(shared: Posts) -> None:
    north, south = shared
    first = sends(north, (b"Bearing 041\n", "one.txt"))
    south.until(lambda: states(south, first["n"]) == ["shown"])
    size = north.line()["our_size"]
    again = sends(north, (b"Bearing 041\n", "two.txt"))
    south.until(lambda: states(south, again["n"]) == ["shown"])
    types = north.stage.do(
        lambda: [
            entry.type
            for entry in north.station.store.entries(
                *north.station.lines[0].key, north.station.lines[0].ours, size
            )
        ]
    )
    assert Type.FILE_PIECE not in types


def test_F13_a_restart_in_the_middle_loses_nothing(tmp_path: Any) -> None:
    with two_stations(tmp_path) as (north, south):
        said = sends(north, (LONG[1:], "track.txt"))
        north.stops()
        south.stops()
        north.starts()
        south.starts()
        south.until(lambda: states(south, said["n"]) == ["shown"])
        north.until(lambda: north.reads(said["n"], "ours")["attachments"][0]["shown"])

        def kept() -> list[Any]:
            return north.station.store.sql("SELECT 1 FROM draft_files WHERE bytes IS NOT NULL")

        north.until(lambda: not north.stage.do(kept))
        with pytest.raises(Refused, match="in the record by now"):
            north.drafter.asks("draft.attachment", draft=said["draft"], place=1)
        mine = fetched(
            north.watch,
            "attachment.read",
            **{"n": said["n"], "dir": "ours", "sha256": said["attachments"][0]["sha256"]},
        )
        assert mine == LONG[1:]


def test_F6_what_a_liar_sends_is_named_and_not_shown(shared: Posts) -> None:
    north, south = shared

    def names(*files: tuple[bytes, int, str, str]) -> int:
        value = [Named(*each).value() for each in files]
        return north.utters(Type.TEXT, body_of(Type.TEXT, {16: value}, "Look."))

    def gives(hash: bytes, start: int, data: bytes) -> None:
        payload = Piece(hash, start, data).payload()
        north.utters(Type.FILE_PIECE, body_of(Type.FILE_PIECE, {}, payload))

    svg, html = b"<svg onload='alert(1)'/>", b"<b>See</b>\x00"
    hashes = [sha256(each).digest() for each in (svg, html)]
    n = names(
        (hashes[0], len(svg), PNG, "x.png"),
        (hashes[1], len(html), TEXT, "x.txt"),
        (bytes(32), 4, TEXT, "y.txt"),
        (bytes([1]) * 32, 4, "application/pdf", "z.pdf"),
        (bytes([2]) * 32, 4_000, TEXT, "w.txt"),
    )
    gives(hashes[0], 0, svg)
    gives(hashes[1], 0, html)
    gives(bytes(32), 0, b"abcd")
    gives(bytes([1]) * 32, 0, b"%PDF")
    gives(bytes([2]) * 32, 0, b"x")  # too small a piece
    gives(bytes([2]) * 32, 9, b"x" * 2_000)  # not the next one
    gives(bytes([9]) * 32, 0, b"nobody named this")
    north.utters(Type.FILE_PIECE, body_of(Type.FILE_PIECE, {}, "no piece at all"))
    last = north.utters(Type.FILE_PIECE, b"\xff\xff")
    wanted = ["other form", "other form", "other hash", "other hash", "coming"]
    south.until(lambda: states(south, n) == wanted)
    assert south.line()["their_size"] >= last
    for each in south.reads(n)["attachments"]:
        with pytest.raises(Refused, match="is not shown"):
            south.watch.asks("attachment.read", n=n, sha256=each["sha256"])
    # Another size for what was named before does not make a second file of it.
    again = names((hashes[0], len(svg) + 1, PNG, "x.png"))
    south.until(lambda: south.line()["their_size"] > again)
    assert states(south, again) == ["named otherwise before"]
    raw = north.utters(Type.TEXT, body_of(Type.TEXT, {16: [[b"short", 1, PNG, "x"]]}, "Look."))
    south.until(lambda: south.line()["their_size"] > raw)
    assert south.reads(raw)["attachments"] == []
    assert "16" in south.reads(raw)["raw_header"]
    assert south.line()["halted"] is None


def test_F11_pieces_wait_while_the_line_is_suspended(tmp_path: Any) -> None:
    with two_stations(tmp_path) as (north, south):
        said = sends(north, (LONG, "track.txt"))
        order = north.drafter.asks("suspend", reason="Pause.")
        north.releases(order)
        number = north.line()["our_size"]
        south.until(lambda: south.line()["their_size"] >= number)
        assert south.reads(said["n"])["attachments"][0]["held"] <= said["attachments"][0]["size"]
        for post in (north, south):
            post.releases(post.drafter.asks("lift", text="We test."))
        south.until(lambda: states(south, said["n"]) == ["shown"])


def test_F12_a_line_that_begins_anew_goes_on_where_they_stand(tmp_path: Any) -> None:
    with two_stations(tmp_path) as (north, south):
        said = sends(north, (LONG, "track.txt"), (LONG[9:], "again.txt"))
        south.hears(said["n"])
        south.stops()
        north.watch.asks("line.resume", reason="The other station is down.")
        south.starts()
        south.until(lambda: south.line()["resumption"]["theirs"])
        south.watch.asks("line.resume", reason="It is up again.")

        def before() -> list[str]:
            found = south.watch.asks("message", n=said["n"], line="@1")
            return [each["state"] for each in found["attachments"]]

        south.until(lambda: south.line()["inc"] == 2 and before() == ["shown", "shown"])
        hash = sha256(LONG).hexdigest()
        about = {"n": said["n"], "line": "@1", "sha256": hash}
        assert fetched(south.watch, "attachment.read", **about) == LONG


def test_F10_pictures_that_wait_keep_no_thread_from_whoever_searches(shared: Posts) -> None:
    north, _ = shared
    picture = noise(30, 20)
    data = base64.b64encode(picture).decode()
    people = north.station.people
    drafter, releaser = (people.must_be_here(each.id) for each in (north.drafter, north.releaser))

    def gives(who: Person) -> Future[dict[str, Any]]:
        asked = north.station.call("draft.attach.give", who, {"data": data})
        return asyncio.run_coroutine_threadsafe(asked, north.stage.loop)

    with drawing._turns:  # a picture is being drawn that takes long
        mine = [gives(drafter) for _ in range(40)]
        assert north.watch.asks("find", words="Chart")["found"] is not None
        for again in mine[1:]:
            with pytest.raises(Unavailable, match="Other pictures are being drawn"):
                again.result(PATIENCE_S)
        theirs = gives(releaser)  # another person's picture waits for its turn
        assert north.watch.asks("find", words="Chart")["found"] is not None
        assert not mine[0].done()
        assert not theirs.done()
    for each in (mine[0], theirs):
        assert each.result(PATIENCE_S)["width"] == 30
    attaches(north.drafter, north.drafts("See it.")["draft"], picture, "x.png")
