"""A picture of a page, with the words that are read in it in the file; and what has changed since.

Two pictures of one page are never the same: clocks run, hashes and keys are new. So the words are
compared with every figure, hash and unit of time left out, and the pictures by the mean colour of
their fields, but for those in which a camera moves. A picture is out of date where either differs.

On a machine with other letters lines break elsewhere, and one that is too busy for a call says so
on its page. There the words that were in sight must stand on the page, wherever, and how it looks
is not compared.
"""

from __future__ import annotations

import io
import re
from difflib import unified_diff
from pathlib import Path

from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo
from playwright.async_api import Page

WORDS = "Words"  # the names of texts in the file (PNG, iTXt)
PAGE = "Page"  # all words of it, in sight or not
LETTERS = "Letters"  # how wide those of this machine are
MOVES = "Moves"  # left, top, right, bottom of what moves, in pixels; one a line
FIELDS = (64, 40)  # of 20 by 20 pixels each, of a picture of 1,280 by 800
FRAME = 8  # pixels: who speaks has a thick one
COLOURS_APART = 24  # of 255: what a running clock or another figure changes of a field is less
FIELDS_APART_MAX = 50  # of 2,560: a row of figures of another length may move what stands beside it
# What is in sight: each stretch of text, and what stands in a field of a form.
READ = """(whole) => {
  const seen = (box) => whole || box.width > 1 && box.height > 1 && box.bottom > 0
    && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const { SHOW_TEXT, SHOW_ELEMENT } = NodeFilter;
  const walk = document.createTreeWalker(document.body, SHOW_TEXT | SHOW_ELEMENT);
  const words = [];
  for (let at = walk.nextNode(); at; at = walk.nextNode()) {
    if (at.nodeType === Node.TEXT_NODE) {
      const range = document.createRange();
      range.selectNodeContents(at);
      const visible = at.parentElement.checkVisibility({ visibilityProperty: true });
      const kept = at.data.trim() && at.parentElement.id !== "speaks";
      if (visible && kept && seen(range.getBoundingClientRect())) {
        words.push(at.data);
      }
    } else if (at.matches("textarea, select, input[type=text], input:not([type])")
      && seen(at.getBoundingClientRect())) words.push(at.value);
  }
  return words;
}"""
MOVING = """() => [...document.querySelectorAll("video, figure:not(.shown) canvas, [role=meter]")]
  .map((at) => (at.closest("figure") ?? at).getBoundingClientRect())
  .filter((box) => box.width && box.top < innerHeight)
  .map((box) => [box.left, box.top, box.right, box.bottom].map(Math.round).join(" "))"""
WIDTHS = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  const { fontFamily } = getComputedStyle(document.body);
  return [fontFamily, "monospace"].map((family) => {
    pen.font = `100px ${family}`;
    return pen.measureText("Heard 0410Z Слышно").width.toFixed(0);
  }).join(" ");
}"""
VARIES = (
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{6,}\b"), "#"),
    (re.compile(r"\d+(?:[ .,:′°-]?\d+)*"), "#"),
    (re.compile(r"\b(second|minute|hour|day)s?\b"), r"\1"),
    (re.compile(r"# (?:s|min|h|d)\b"), "#"),
)
BEHIND = {"PICTURES PAUSED", "PICTURE STANDS STILL"}  # a machine that was too busy for a call


async def shoot(page: Page, out: Path) -> None:
    """Take what is in sight on this page, once its letters are drawn; PNG, 8 bits a colour."""
    await page.evaluate("document.fonts.ready.then(() => 0)")
    kept = PngInfo()
    for name, whole in ((WORDS, False), (PAGE, True)):
        words = [varied(each) for each in await page.evaluate(READ, whole)]
        kept.add_itxt(name, "\n".join(words), zip=True)
    kept.add_itxt(LETTERS, await page.evaluate(WIDTHS))
    kept.add_itxt(MOVES, "\n".join(await page.evaluate(MOVING)))
    with Image.open(io.BytesIO(await page.screenshot(animations="disabled"))) as taken:
        taken.convert("RGB").save(out, pnginfo=kept, optimize=True)


def varied(words: str) -> str:
    """These words in one line, without what is another at each taking."""
    line = " ".join(words.split())
    for pattern, instead in VARIES:
        line = pattern.sub(instead, line)
    return line


def changed(kept: Path, taken: Path) -> str:
    """What the page of today shows otherwise than the picture that we keep; empty where nothing."""
    with Image.open(kept) as before, Image.open(taken) as now:
        if before.size != now.size:
            (width, height), (wide, high) = before.size, now.size
            return f"{width} by {height} pixels, and now {wide} by {high}"
        if before.info.get(LETTERS) != now.info.get(LETTERS) or BEHIND & {*_lines(now, PAGE)}:
            gone = set(_lines(before, WORDS)) - set(_lines(now, PAGE))
            return "\n".join(f"-{words}" for words in sorted(gone))
        kept_words, words = (_lines(each, WORDS) for each in (before, now))
        if words != kept_words:
            return "\n".join(unified_diff(kept_words, words, "kept", "today", lineterm="", n=1))
        moves = str(before.info.get(MOVES, ""))
        fields = [_fields(each, moves) for each in (before, now)]
    apart = ImageChops.difference(*fields).convert("L").point(lambda by: 255 * (by > COLOURS_APART))
    count = apart.histogram()[255]
    if count <= FIELDS_APART_MAX:
        return ""
    return f"the same words, and another picture: {count} of {FIELDS[0] * FIELDS[1]} fields differ"


def _lines(picture: Image.Image, name: str) -> list[str]:
    return [varied(each) for each in str(picture.info.get(name, "")).splitlines()]


def _fields(picture: Image.Image, moves: str) -> Image.Image:
    """The mean colours of this picture, with what moves, and the frame round it, left white."""
    still = picture.convert("RGB")
    for line in moves.splitlines():
        left, top, right, bottom = map(int, line.split())
        still.paste("white", (left - FRAME, top - FRAME, right + FRAME, bottom + FRAME))
    return still.resize(FIELDS, Image.Resampling.BOX)
