"""A drafter's picture is drawn anew: what crosses is its pixels and nothing else.

The file may be hostile, so it is opened in a process of its own, which has no file to write to,
little memory and little time, and is killed when it takes more. What it gives back is read as
strictly as if the other side had sent it. Run as a program this module is that process:
picture in, one line about it and the new picture out. Source: spec/files.md F10.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from threading import BoundedSemaphore, Event, Timer
from typing import Any

from parley.catalogue.files import SIDE_PIXELS_MAX, read_png
from parley.core.errors import Malformed, Refused, Unavailable

RAW_BYTES_MAX = 8 << 20  # a drafter's file
PIXELS_MAX = 24_000_000  # a photograph of 6,000 by 4,000
DRAWN_BYTES_MAX = 2 << 20
MEMORY_BYTES_MAX = 1 << 30
CPU_S_MAX = 10
WALL_S_MAX = 20.0
AT_ONCE = 1  # the others wait: two cores are also for the line
_ANSWER_BYTES_MAX = DRAWN_BYTES_MAX + 4096
ORIENTATION = 0x0112  # of EXIF: how the camera was held
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # its values as Pillow's `Image.Transpose`
_turns = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as it will go, and what it was."""

    png: bytes
    width: int
    height: int
    was_width: int
    was_height: int
    was: str  # PNG or JPEG


def draw(raw: bytes) -> Drawn:
    """Draw a picture anew, in a process of its own; Refused when it cannot be."""
    if len(raw) > RAW_BYTES_MAX:
        raise too_large()
    if not _turns.acquire(timeout=WALL_S_MAX):
        raise being_drawn()
    try:
        return _answer(_said(raw))
    except OSError as error:
        raise Unavailable(
            "No process can be started to draw it.", "Attach it again in a while."
        ) from error
    finally:
        _turns.release()


def _said(raw: bytes) -> bytes:
    """What the process says of a picture. It is killed when it says more than it may, or takes too
    long."""
    late = Event()
    with subprocess.Popen(
        [sys.executable, "-I", "-m", "parley.catalogue.drawing"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    ) as process:
        alarm = Timer(WALL_S_MAX, _kill, (process, late))
        alarm.start()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(BrokenPipeError), process.stdin:  # it may have died of it
                process.stdin.write(raw)
            out = process.stdout.read(_ANSWER_BYTES_MAX + 1)
            if len(out) > _ANSWER_BYTES_MAX:
                process.kill()
            process.wait()
        finally:
            alarm.cancel()
            process.kill()
    if late.is_set():
        raise _unreadable("it took too long")
    return out if process.returncode == 0 else b""


def _kill(process: subprocess.Popen[bytes], late: Event) -> None:
    late.set()
    process.kill()


def _answer(out: bytes) -> Drawn:
    """What the process said, believed no more than a peer."""
    line, _, png = out.partition(b"\n")
    try:
        told = json.loads(line)
        if "refused" in told:
            raise _unreadable(str(told["refused"]))
        picture = read_png(png)
        was_width, was_height = (int(each) for each in told["was"])
        return Drawn(png, picture.width, picture.height, was_width, was_height, str(told["form"]))
    except (ValueError, TypeError, KeyError, Malformed) as error:
        raise _unreadable("it cannot be read") from error


def being_drawn() -> Unavailable:
    """Another picture has the turn, or waits for it."""
    return Unavailable("Other pictures are being drawn.", "Attach it again in a while.")


def too_large() -> Refused:
    """A file above the limit."""
    return Refused(
        f"The file is larger than {RAW_BYTES_MAX >> 20} MiB.", "Make the picture smaller.", "F10"
    )


def _unreadable(why: str) -> Refused:
    return Refused(
        f"The picture was not attached: {why}.",
        "Save it anew as a plain PNG or JPEG, and attach that.",
        "F10",
    )


# --- in the process


def confine() -> None:
    """Take from this process what it does not need."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CPU, CPU_S_MAX),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))


def redraw(raw: bytes) -> tuple[dict[str, Any], bytes]:
    """Facts and the new picture; or why not."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    opened = Image.open(io.BytesIO(raw), formats=("PNG", "JPEG"))
    if opened.width * opened.height > PIXELS_MAX:
        return {"refused": f"it has more than {PIXELS_MAX // 1_000_000} million pixels"}, b""
    if getattr(opened, "n_frames", 1) > 1:
        return {"refused": "it moves"}, b""
    told = {"form": opened.format, "was": [opened.width, opened.height]}
    largest = (SIDE_PIXELS_MAX, SIDE_PIXELS_MAX)
    opened.draft("RGB", largest)  # a large JPEG is not unpacked larger than it will be
    opened.load()
    picture: Any = opened
    if opened.mode.startswith("I"):  # sixteen bits of grey, of which the upper eight are kept
        picture = opened.convert("I").point(lambda value: value / 256).convert("L")
    elif opened.has_transparency_data:
        # What is transparent would look otherwise on every page: it is laid on white.
        clear = opened.convert("RGBA")
        picture = Image.new("RGB", clear.size, "white")
        picture.paste(clear, mask=clear.getchannel("A"))
    plain = picture.convert("RGB")
    plain.info = {}
    plain.thumbnail(largest, Image.Resampling.LANCZOS, reducing_gap=2.0)
    turn = TURNS.get(opened.getexif().get(ORIENTATION, 1))
    plain = plain if turn is None else plain.transpose(Image.Transpose(turn))
    side = SIDE_PIXELS_MAX
    while True:
        plain.thumbnail((side, side), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        plain.save(out, "PNG")
        if out.tell() <= DRAWN_BYTES_MAX:
            return told, out.getvalue()
        side = max(plain.size) * 3 // 4


def main() -> None:
    """Picture in, picture out."""
    from PIL import Image

    Image.preinit()  # what reads the two forms is loaded before anything is taken away
    confine()
    told: dict[str, Any] = {"refused": "it cannot be read"}
    png = b""
    with contextlib.suppress(Exception):  # whatever a hostile file does to a decoder
        told, png = redraw(sys.stdin.buffer.read(RAW_BYTES_MAX + 1))
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + png)


if __name__ == "__main__":
    main()
