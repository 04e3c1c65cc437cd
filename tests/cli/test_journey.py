"""A message from one officer's hands to the other's, by the command line alone."""

import io
import json
import re
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from parley.evidence import audit
from parley.exercise.post import command, environment
from tests.cli.terminal import Person, types
from tests.playbook import Post, hourly, two_stations

TEXT = "Ceasefire at 0600Z.\nПрекращение огня. 停火。"


class Side:
    """A station and those who type there."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.drafter, self.releaser, self.watch, self.deputy, self.auditor, self.operator = (
            Person(post.folder, post.people[role].name)
            for role in ("drafter", "releaser", "watch", "deputy", "auditor", "operator")
        )

    def says(self, text: str, *options: str) -> int:
        """Drafted and released; the number of the message."""
        draft = self.drafter.facts("say", text, *options)
        released = self.releaser.facts(
            "release",
            str(draft["draft"]),
            *("--sha256", draft["sha256"]),
            *("--displayed", str(self.post.line()["their_size"])),
        )
        n: int = released["n"]
        return n


def agrees(post: Post) -> bool:
    return bool(post.line()["records_agree"])


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    with two_stations(tmp_path) as (north, south):
        yield Side(north), Side(south)


def test_a_message_is_passed_and_understood(sides: tuple[Side, Side], tmp_path: Path) -> None:
    north, south = sides
    said = north.drafter.does("say", TEXT, "--precedence", "flash", "--subject", "Ceasefire")
    assert "another person releases it with `parley release 1`" in said.out
    draft = north.releaser.facts("draft", "show", "1")
    assert f"SHA-256 {draft['sha256']}" in said.out

    # A person reads it in full and types a word; what is on the screen is what goes out.
    released = north.releaser.does("release", "1", typed="RELEASE\n", person=True)
    assert "  | Прекращение огня. 停火。" in released.err
    assert "Released as message" in released.out
    n = str(north.drafter.facts("outbox")["messages"][0]["n"])

    south.post.hears(int(n))
    (message,) = south.watch.facts("inbox")["messages"]
    assert (message["text"], message["precedence"]) == (TEXT, "FLASH")
    opened = south.watch.does("open", n)
    assert "FLASH · EXERCISE" in opened.out
    assert "  | Ceasefire at 0600Z." in opened.out
    south.watch.does("pass", n, "Chairman's office")

    group = north.drafter.facts("message", n, "--ours")["check_group"]
    assert f"{group[:3]} {group[3:]}" in north.drafter.does("message", n, "--ours").out
    assert group not in south.watch.does("message", n).out
    wrong = south.watch.types("readback", n, "--group", f"{(int(group) + 1) % 10**6:06d}")
    assert wrong.code == 1
    assert "not the check group" in wrong.err
    south.watch.does("readback", n, typed=f"{group[:3]} {group[3:]}\n", person=True)
    north.post.until(lambda: "read back" in north.post.stages(int(n)))
    assert "understood" in north.drafter.does("confirm", n).out

    answer = south.says("Agreed.", "--answers", n, "--precedence", "IMMEDIATE")
    north.post.hears(answer)
    shown = north.watch.does("message", str(answer)).out.splitlines()
    assert f"ours {n}" in next(line for line in shown if line.startswith("Answers "))
    stages = [each["stage"] for each in north.drafter.facts("message", n, "--ours")["stages"]]
    assert stages[0] == "drafted"
    assert {"received", "displayed", "opened", "passed", "read back", "confirmed", "answered"} <= (
        set(stages)
    )

    evidence = [tmp_path / f"{name}.evidence" for name in ("north", "south")]
    for side, file in zip(sides, evidence, strict=True):
        side.post.until(partial(agrees, side.post))
        side.auditor.does("export", str(file))
    reports = [audit.verify(io.BytesIO(file.read_bytes())) for file in evidence]
    assert reports[0].entries == reports[1].entries
    assert types("verify", str(evidence[0])).out.startswith("WHOLE.")
    assert types("verify", str(evidence[1]), "--json").told["ok"]
    state = str(tmp_path / "state")
    assert types("verify", str(evidence[0]), "--keep", state).code == 0
    north.post.hears(south.says("One more."))
    north.post.until(partial(agrees, north.post))
    older = evidence[0].read_bytes()
    refused = north.auditor.types("export", str(evidence[0]), "--json")
    assert refused.code == 3
    assert f"There is a file {evidence[0]} already" in refused.told["error"]["sentence"]
    assert "--overwrite" in refused.told["error"]["hint"]
    assert evidence[0].read_bytes() == older
    spoilt = types("verify", str(evidence[0]), "--keep", str(evidence[1]))
    assert (spoilt.code, types("verify", str(evidence[1])).code) == (3, 0)
    north.auditor.does("export", str(evidence[0]), "--overwrite")
    on = types("verify", str(evidence[0]), "--since", state, "--keep", state, "--json").told
    assert on == types("verify", str(evidence[0]), "--json").told
    assert types("verify", str(evidence[0]), "--since", str(tmp_path / "none")).code == 3
    changed = evidence[0].read_bytes().replace(b"\nA 0 ", b"\nA 0", 1)
    (tmp_path / "changed").write_bytes(changed)
    assert "continuation" in types("verify", str(tmp_path / "changed"), "--since", state).err
    for side, whose in ((north, ["--ours"]), (south, [])):
        one = tmp_path / f"{side.post.folder.name}.proof"
        side.auditor.does("export", str(one), "--only", str(n), *whose)
        told = types("verify", str(one), "--json").told
        assert (told["ok"], told["n"], told["signed"]) == (True, int(n), True)
        assert told["received"]
        proved = types("verify", str(one)).out
        assert proved.startswith("PROVED.")
        assert f"  | {told['text'].splitlines()[0]}" in proved
    other = str(tmp_path / "other.proof")
    assert side.auditor.types("export", other, "--ours").code == 2
    assert side.auditor.types("export", other, "--only", "9999").code == 1
    one.write_bytes(one.read_bytes().replace(b"\nindex ", b"\nindex 1"))
    assert types("verify", str(one)).code == 1


def test_nobody_releases_their_own_draft_and_nobody_acts_as_another(
    sides: tuple[Side, Side],
) -> None:
    north, _ = sides
    draft = north.drafter.facts("say", TEXT)
    refused = north.drafter.types("release", str(draft["draft"]), "--sha256", draft["sha256"])
    assert refused.code == 1
    assert "releaser" in refused.err
    stranger = north.releaser.folder / "tokens" / "stranger.token"
    stranger.write_text("guessed\n")
    unknown = Person(north.post.folder, "stranger").types("inbox")
    assert unknown.code == 1
    assert "belongs to nobody" in unknown.err


def test_what_was_changed_since_it_was_read_is_not_released(sides: tuple[Side, Side]) -> None:
    north, _ = sides
    draft = north.drafter.facts("say", TEXT)
    edited = north.drafter.facts("draft", "edit", str(draft["draft"]), "Ceasefire at 0500Z.")
    assert edited["sha256"] != draft["sha256"]
    refused = north.releaser.types("release", str(draft["draft"]), "--sha256", draft["sha256"])
    assert refused.code == 1
    assert "  next: " in refused.err


def test_a_person_who_does_not_type_release_sends_nothing(sides: tuple[Side, Side]) -> None:
    north, _ = sides
    north.drafter.does("say", TEXT)
    assert north.releaser.types("release", "1", typed="yes\n", person=True).code == 1
    assert north.releaser.types("release", "1").code == 2  # nobody is at the terminal
    assert "1" in north.releaser.does("draft", "list").out
    north.drafter.does("draft", "withdraw", "1")
    assert north.releaser.facts("draft", "list")["drafts"] == []


def test_a_text_comes_from_a_file_or_a_pipe_as_it_stands_there(
    sides: tuple[Side, Side], tmp_path: Path
) -> None:
    north, _ = sides
    file = tmp_path / "text"
    file.write_bytes(TEXT.encode() + b"\n")
    north.drafter.does("say", "--file", str(file))
    north.drafter.does("say", typed=TEXT)
    north.drafter.does("say", "-", typed=TEXT)
    texts = [each["text"] for each in north.drafter.facts("draft", "list")["drafts"]]
    assert texts == [f"{TEXT}\n", TEXT, TEXT]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a\xff", "not UTF-8 at byte 2"),
        (b"one\ttwo", "line 1, character 4"),
        (b"one\r\ntwo", "U+000D"),
        (b"one\r\ntwo", "line feeds (LF) as line ends, not CR LF"),
        ("a\u202eb".encode(), "U+202E"),
        (b" \n", "white space"),
        (b"x" * 65_537, "65,536"),
    ],
)
def test_a_text_that_does_not_pass_is_refused_with_its_place(
    sides: tuple[Side, Side], tmp_path: Path, content: bytes, says: str
) -> None:
    north, _ = sides
    file = tmp_path / "text"
    file.write_bytes(content)
    refused = north.drafter.types("say", "--file", str(file))
    assert refused.code == 1
    assert says.lower() in refused.err.lower()
    assert refused.err.count("\n") == 2  # one sentence and a next step
    assert north.drafter.types("say", "--file", str(tmp_path / "none")).code == 3


def test_unable_wait_correct_and_tests(sides: tuple[Side, Side]) -> None:
    north, south = sides
    first, second = north.says("Withdraw to the line.", "--precedence", "PRIORITY"), 0
    south.post.hears(first)
    south.watch.does("wait", str(first), "15")
    south.watch.does("unable", str(first), "The bridge is down.")
    second = north.says("Use the ford at 54.1 N.")
    south.post.hears(second)
    south.watch.does("readback", str(second), "--field", "ford=51.4 N")
    assert south.watch.types("readback", str(second), "--field", "ford").code == 2
    north.post.until(lambda: "read back" in north.post.stages(second))
    assert "OMITTED: number 54.1" in north.drafter.does("message", str(second), "--ours").out
    refused = north.drafter.types("confirm", str(second))
    assert refused.code == 1
    assert "add --seen" in refused.err
    north.drafter.does("correct", str(second), "54.1, not 51.4")
    south.watch.does("readback", str(second), "--field", "ford=54.1 N")
    north.post.until(lambda: north.post.stages(second).count("read back") == 2)
    north.drafter.does("confirm", str(second))
    shown = north.watch.does("message", str(first), "--ours").out
    assert "until " in shown
    assert "The bridge is down." in shown

    for mistyped in ("shedule", "Schedule", "12"):
        refused = north.watch.types("test", mistyped, "--json")
        assert refused.code == 2
        assert "`parley test schedule`" in refused.told["error"]["hint"]
    assert north.watch.types("test", "Two words.", "--text", "Ready").code == 2
    outbox = north.drafter.facts("outbox", "--all")["messages"]
    assert not [each for each in outbox if each["kind"] == "test"]
    called = north.watch.facts("test", "--text", "Ready")
    assert called["text"] == "Ready"
    south.post.hears(called["n"])
    assert south.watch.types("test", "good", "--answer", str(called["n"])).code == 2
    assert south.watch.types("test", "schedule", "--answer", str(called["n"])).code == 2
    south.watch.does("test", "Seven swans.", "--answer", str(called["n"]))
    north.post.until(lambda: north.post.line()["last_test"])
    assert "answered after" in north.watch.does("status").out


def test_tests_on_a_schedule_in_words(tmp_path: Path) -> None:
    with hourly(tmp_path) as posts:
        a, b = map(Side, posts)
        due = a.watch.does("test", "--due").out
        assert due.startswith("A test is due by ")
        assert "their turn" in b.watch.does("test", "--due").out
        assert "our turn" in a.watch.does("status").out
        called = a.watch.facts("test")
        assert called["text"] in due
        b.post.hears(called["n"])
        assert f"parley test --answer {called['n']} --good" in b.watch.does("status").out
        assert b.watch.types("test", "--answer", str(called["n"])).code == 2
        assert b.watch.types("test", "--good").code == 2
        b.watch.does("test", "--answer", str(called["n"]), "--errors", "The end was cut off.")
        a.post.until(lambda: a.post.line()["last_test"])
        shown = [side.watch.does("test", "schedule").out for side in (a, b)]
        assert "errors: The end was cut off." in shown[0]
        figures = [[row for row in each.splitlines() if ", by " in row] for each in shown]
        assert figures[0] == figures[1]
        assert "1 called, 1 answered, 1 with errors" in "".join(figures[0])
        assert a.watch.does("overdue").out == "Nothing is overdue.\n"
        a.post.clock.skip(3_600 + 901)
        a.post.event("overdue", state="test missed")
        late = a.watch.does("overdue").out
        assert "Their human test was not called by " in late
        assert "OVERDUE, 1 thing" in a.watch.does("status").out
        assert a.watch.does("overdue", "--take", late.split()[0]).out.startswith("In the hands of")
        assert a.watch.types("overdue", "--take", late.split()[0]).code == 1


def test_status_record_audit_and_doctor_in_words(sides: tuple[Side, Side]) -> None:
    north, south = sides
    n = north.says("Hello.\x41 <b>markup</b>")
    south.post.hears(n)
    status = south.watch.does("status").out
    assert "Blue Line · EXERCISE · with North" in status
    assert "heard" in status
    assert "1 alarm, the most urgent first:" in status
    assert f"ROUTINE theirs {n} on Blue Line: ringing at watch desk for Blanc, 5:59:" in status
    record = south.auditor.does("record").out
    assert "text" in record
    assert "root " in record
    assert "draft.new" in north.auditor.does("audit").out
    doctor = north.operator.types("doctor")
    assert doctor.out.count("ok ") + doctor.out.count("BAD") == 6
    assert doctor.code == (1 if "BAD" in doctor.out else 0)
    people = north.operator.facts("person", "list")["persons"]
    link = north.operator.facts("person", "link", str(people[1]["id"]))
    assert link["path"].startswith("/sign-in/")
    assert "held by" in north.watch.does("desk", "list").out


def test_the_line_is_named_where_there_are_several(sides: tuple[Side, Side]) -> None:
    north, _ = sides
    assert north.drafter.does("say", TEXT, "--line", "Blue Line").code == 0
    unknown = north.drafter.types("say", TEXT, "--line", "Red Line")
    assert unknown.code == 1
    assert "Blue Line" in unknown.err


def test_set_up_works_while_nobody_serves_and_speaking_does_not(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False) as (north, _):
        operator = Person(north.folder, "operator")
        added = operator.facts("person", "add", "Eriksen", "watch", "--office", "Night watch")
        assert "token" not in added
        assert Path(added["file"]).stat().st_mode & 0o077 == 0
        shown = types("person", "list", "--station", str(north.folder))
        assert "Eriksen" in shown.out
        assert types("status", "--station", str(north.folder)).code == 0
        operator.does("person", "end", str(added["id"]))
        spoken = Person(north.folder, north.drafter.name).types("say", TEXT)
        assert spoken.code == 3
        assert "`parley serve`" in spoken.err
        assert types("inbox", "--station", str(tmp_path / "none"), "--as", "x").code == 3


def test_damaged_evidence_is_not_whole(sides: tuple[Side, Side], tmp_path: Path) -> None:
    north, south = sides
    n = north.says(TEXT)
    south.post.hears(n)
    file = tmp_path / "evidence"
    north.auditor.does("export", str(file))
    text = file.read_bytes()
    at = text.index(b"\nA 0 ", text.index(b"--- entries"))
    file.write_bytes(text[: at + 40] + bytes([text[at + 40] ^ 1]) + text[at + 41 :])
    done = types("verify", str(file), "--json")
    assert done.code == 1
    assert "ntry A 0" in done.told["error"]["sentence"]
    assert types("verify", str(tmp_path / "none")).code == 3
    file.write_bytes(b"\x00" * 100_000)
    other = types("verify", str(file), "--json")
    assert other.code == 1
    assert "is not a file that this command can check" in other.told["error"]["sentence"]


def test_watch_tells_events_until_it_is_stopped(sides: tuple[Side, Side]) -> None:
    north, south = sides
    token = south.post.folder / "tokens" / f"{south.post.watch.name}.token"
    with subprocess.Popen(
        command("watch", "--since", "0", "--station", str(south.post.folder), "--as", str(token)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as watching:
        n = north.says(TEXT, "--precedence", "FLASH")
        assert watching.stdout is not None
        alarm = next(
            event for event in map(json.loads, watching.stdout) if event["kind"] == "alarm"
        )
        assert (alarm["n"], alarm["precedence"]) == (n, "FLASH")
        watching.send_signal(signal.SIGINT)
        _, aside = watching.communicate(timeout=20)
    assert watching.returncode == 130
    assert aside.endswith("Stopped.\n")


def test_fresh_keys_are_asked_for_and_the_last_heal_is_told(sides: tuple[Side, Side]) -> None:
    north, south = sides
    assert "of what we say not yet, of what they say not yet" in north.watch.does("status").out
    told = north.watch.does("renew").out
    assert told.startswith("Fresh keys are asked for in both directions.")

    def healed() -> bool:
        for side in (north, south):
            side.post.clock.skip(2)
        return all(north.post.line()["healed"].values())

    north.post.until(healed)
    assert "not yet" not in re.findall(r"Last heal.*", north.watch.does("status").out)[0]


def test_a_line_is_suspended_lifted_and_closed(sides: tuple[Side, Side]) -> None:
    north, south = sides

    def released(side: Side, *order: str) -> int:
        draft = side.drafter.facts(*order)
        seen = str(side.post.line()["their_size"])
        given = ("--sha256", draft["sha256"], "--displayed", seen)
        n: int = side.releaser.facts("release", str(draft["draft"]), *given)["n"]
        return n

    begun = north.drafter.does("suspend", "Manoeuvres", "--precedence", "routine", "--kind", "text")
    assert "Suspends text messages of ROUTINE, as soon as agreed" in begun.out
    assert "another person releases it with `parley release 1`" in begun.out
    shown = north.releaser.does("release", "1", typed="RELEASE\n", person=True)
    assert "Order" in shown.err
    assert "  | Manoeuvres" in shown.err
    south.post.hears(north.drafter.facts("outbox")["messages"][0]["n"])
    status = south.watch.does("status").out
    assert "suspended in part. Suspended for text messages of ROUTINE by North since" in status
    assert "Observed" in status
    refused = south.drafter.types("say", "Routine words.")
    assert refused.code == 1
    assert "is suspended for text messages of ROUTINE by North" in refused.err
    assert "search and rescue" in refused.err

    n = south.says("A trawler burns.", "--rescue")
    north.post.hears(n)
    assert "ROUTINE · EXERCISE · SEARCH AND RESCUE" in north.watch.does("message", str(n)).out
    draft = str(south.drafter.facts("say", "Urgent", "--precedence", "FLASH")["draft"])
    edited = south.drafter.does("draft", "edit", draft, "Urgent too", "--rescue")
    assert "SEARCH AND RESCUE" in edited.out

    north.post.hears(released(south, "lift"))
    south.post.hears(released(north, "lift", "Seven swans."))
    north.post.until(lambda: north.post.line()["declared"] == "open")
    assert "nothing to lift" in north.drafter.types("lift").err

    assert "another person" in north.drafter.does("close", "The agreement ends.").out
    north.post.hears(south.says("Good-bye."))
    closing = released(north, "close", "It ends today.")
    south.post.hears(closing)
    south.post.until(lambda: len(south.post.line()["standing"]["closed"]) == 2)
    assert "closed. Closed by North at" in south.watch.does("status").out
    assert "Closes the line for good" in south.watch.does("message", str(closing)).out
    assert south.drafter.types("say", "Too late.").code == 1

    def over() -> bool:
        south.post.clock.skip(5)
        return bool(south.post.line()["erased"])

    south.post.until(over)
    assert "Its keys are erased." in south.watch.does("status").out
