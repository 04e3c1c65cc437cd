"""The tokens are as the page on visual language says, and every contrast it promises holds."""

import re
from pathlib import Path

import pytest
from playwright.async_api import ViewportSize, expect

from parley.console.pages import delegations
from tests.console import looking
from tests.console.conftest import Room
from tests.console.world import World

ROOT = Path(__file__).parent.parent.parent
STATIC = ROOT / "src" / "parley" / "console" / "static"
PAGE = (ROOT / "docs" / "visual-language.md").read_text(encoding="utf-8")
TOKENS = (STATIC / "tokens.css").read_text(encoding="utf-8")
STYLES = {file.name: file.read_text(encoding="utf-8") for file in STATIC.glob("*.css")}


def schemes() -> dict[str, dict[str, str]]:
    token = re.compile(r"(--[a-z-]+):\s*(#[0-9a-f]{6});")
    day, night, contrast = (
        dict(token.findall(STYLES[name])) for name in ("tokens.css", "night.css", "contrast.css")
    )
    return {"day": day, "night": day | night, "contrast": day | contrast}


SCHEMES = schemes()


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_page_lists_the_tokens_as_they_are() -> None:
    row = r"^\| `(--[a-z-]+)` \| (#\w{6}) \| (#\w{6}) \| (#\w{6}) \|"
    listed = re.findall(row, PAGE, re.MULTILINE)
    assert len(listed) >= 16
    for token, *colours in listed:
        assert [scheme[token] for scheme in SCHEMES.values()] == colours, token


def test_each_theme_changes_all_colours() -> None:
    token = re.compile(r"(--[a-z-]+):\s*#")
    colours = set(token.findall(TOKENS))
    assert set(token.findall(STYLES["night.css"])) == colours
    assert set(token.findall(STYLES["contrast.css"])) == colours


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_contrast_promised_holds(scheme: str) -> None:
    pairs = re.findall(r"^\| `(--[a-z-]+)` \| `(--[a-z-]+)` \| ([\d.]+) \|", PAGE, re.MULTILINE)
    assert len(pairs) >= 15
    tokens = SCHEMES[scheme]
    found = {
        (words, ground): round(contrast(tokens[words], tokens[ground]), 2)
        for words, ground, least in pairs
        if contrast(tokens[words], tokens[ground])
        < max(float(least), 7.0 if scheme == "contrast" and words != "--flash" else 0.0)
    }
    assert not found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nothing_is_as_saturated_as_flash(scheme: str) -> None:
    """The span between the strongest and the weakest of a colour's three parts."""

    def span(colour: str) -> int:
        parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
        return max(parts) - min(parts)

    others = {token: span(colour) for token, colour in SCHEMES[scheme].items()}
    flash = others.pop("--flash")
    assert max(others.values()) < flash


def test_by_night_no_block_outshines_flash() -> None:
    night = SCHEMES["night"]
    assert luminance(night["--block"]) < luminance(night["--flash"])


def test_the_faces_have_each_script_of_the_console() -> None:
    """A browser takes the first face that has the letter: names of systems, no file."""
    for script, faces in (
        ("arabic", ("Noto Sans Arabic", "Geeza Pro", "Segoe UI")),
        ("chinese", ("Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei")),
    ):
        named = re.search(rf"--{script}: ([^;]+);", TOKENS)
        assert named
        assert all(face in named[1] for face in faces)
        words = re.search(r"--words: ([^;]+);", TOKENS)
        assert words
        assert f"var(--{script})" in words[1]
    for sheet in ("page.css", "parts.css"):
        assert "@font-face" not in STYLES[sheet]


def test_chromium_is_told_to_align_as_the_parent() -> None:
    """It knows `match-parent` under its old name only."""
    for name, style in STYLES.items():
        for rule in re.findall(r"\{[^{}]*\bmatch-parent[^{}]*\}", style):
            assert "-webkit-match-parent" in rule, name


def test_red_is_flash() -> None:
    """No token but those of FLASH is red, and only the alarm and the word FLASH use them."""
    for scheme in SCHEMES.values():
        for token, colour in scheme.items():
            red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
            if red > 2 * max(green, blue, 1) and "flash" not in token:
                raise AssertionError(f"{token} is red")
    for name, style in STYLES.items():
        for rule in re.findall(r"([^{}]+)\{([^{}]*var\(--flash[^{}]*)\}", style):
            selector = rule[0].strip().split("\n")[-1]
            assert re.search(r"FLASH|#alarm|^\s*50%|^\s*0%", selector), f"{name}: {selector}"


def test_colours_stand_in_tokens_only() -> None:
    for name, style in STYLES.items():
        if name in ("tokens.css", "night.css", "contrast.css"):
            continue
        screen = re.sub(r"@media print \{.*?\n\}", "", style, flags=re.DOTALL)
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", screen), name


def test_nothing_moves_but_what_rings_and_never_fast() -> None:
    moving = [
        (name, rule)
        for name, style in STYLES.items()
        for rule in re.findall(r"[^{}]+\{[^{}]*animation:[^{}]*\}", style)
    ]
    assert all("#alarm" in rule or "#urgent" in rule for _, rule in moving)
    beat = re.search(r"--beat: ([\d.]+)s", TOKENS)
    assert beat
    assert float(beat[1]) >= 1 / 3
    assert all("transition" not in style for style in STYLES.values())
    assert "prefers-reduced-motion: reduce" in STYLES["page.css"]


def test_tags_are_in_capitals() -> None:
    tag = re.compile(r'class="tag[^>]*>\{\{ (?:_|pgettext)\((?:"[^"]*", )?"([^"]+)"\) \}\}<')
    templates = ROOT / "src" / "parley" / "console" / "templates"
    words = [
        word for file in templates.glob("*.html") for word in tag.findall(file.read_text("utf-8"))
    ]
    assert len(words) > 50
    said = {word.partition(":")[0] for word in [*words, *delegations.STATES.values()]}
    assert sorted(word for word in said if word != word.upper()) == []


SMALL: ViewportSize = {"width": 1024, "height": 768}
CUT = "it => it.scrollHeight - it.clientHeight"
WIDER = "it => it.scrollWidth - it.clientWidth"


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_subjects_and_outcomes_stand_whole_on_a_small_screen(
    stations: World, room: Room
) -> None:
    north = stations.north
    subject = "Convoy 2 in the strait, report of the morning watch"
    await stations.say(stations.south, "All well.", subject=subject)
    wanda = await room.sit(north, "Wanda", "/inbox")
    await wanda.set_viewport_size(SMALL)
    row = wanda.locator(".msg .what", has_text=subject)
    assert await row.evaluate(CUT) <= 1
    # Not because it is cut at the end of its one line either.
    assert await row.evaluate(WIDER) <= 1
    under = wanda.locator(".msg .under")
    assert await under.evaluate("it => it.getBoundingClientRect().height") < 32
    aline = await room.sit(north, "Aline", "/audit")
    await aline.set_viewport_size(SMALL)
    await expect(
        aline.locator("#audit td", has_text=re.compile("line [0-9a-f]{32}"))
    ).to_be_visible()
    assert await aline.locator("#audit .scroll").evaluate(WIDER) == 0


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_an_immediate_beats_and_stands_still_beside_a_flash(
    stations: World, room: Room
) -> None:
    page = await room.sit(stations.north, "Wanda", "/inbox")
    await stations.say(stations.south, "Soon.", "IMMEDIATE")
    await page.locator("#urgent").wait_for()
    assert await looking.style(page, "#urgent", "animationName", "animationDuration") == [
        "slow-beat",
        "4s",
    ]
    await stations.say(stations.south, "Now.", "FLASH")
    await page.locator("#alarm").wait_for()
    assert await looking.style(page, "#urgent", "animationName") == ["none"]
    assert await looking.style(page, "#alarm", "animationName", "animationDuration") == [
        "beat",
        "2s",
    ]
    await page.emulate_media(reduced_motion="reduce")
    assert await looking.style(page, "#alarm", "animationName") == ["none"]
