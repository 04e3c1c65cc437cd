"""`parley`: the list of verbs, each in a module that is imported when it is asked for.

A verb is `command` (or the name after the colon) of its module, a click command. The list here
holds the one line of help, so that `parley --help` imports no verb at all. Whatever a verb raises
ends here, as one sentence and one of six exit codes: 0 done, 1 refused by content (so
is what names a line, message, draft, desk or person that there is not) or not whole, 2 usage, 3 the
world, 4 line halted, 5 a deniable record without its key: consistent, not proved.
"""

from __future__ import annotations

import importlib
import os
import re
import sys

import click

from parley import __version__
from parley.cli import voice
from parley.core.errors import Misused, ParleyError, Unavailable

EXIT_INTERRUPTED = 130  # what shells give for Ctrl-C
QUOTED_MAX = 80  # characters of what was mistyped, that the sentence about it stays in sight

# What there is to say, by what a person is about to do. (verb, module, help)
SECTIONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Set up a station": (
        ("init", "init", "Make a station: its folder and keys, and the party's root keys."),
        ("root", "root", "Sign a file carried to the root keys."),
        ("person", "person", "Who works here, and in which roles."),
        ("session", "session", "Who is signed in at the console, and ending a session."),
        ("desk", "desk", "Desks, who holds them, and their deputies."),
        ("roster", "rostering", "Who is due at which desk when, with gaps said ahead of time."),
        ("delegate", "delegating", "Lend a role to another person, for a time."),
        ("escalation", "escalation", "Who is called when nobody at the desk acknowledges."),
        ("place", "place", "The time zones of both sides, for the wall."),
        ("introduce", "introduce", "Write the letter of introduction; print its 48 digits."),
        ("accept", "accept", "Take the other party's letter, and what its root says later."),
        ("agree", "agree", "Propose, compare, sign and accept what opens a line."),
        ("bearer", "bearer", "Add or list the paths by which a line travels."),
        ("serve", "serve", "Run the station."),
        ("rotate", "rotate", "New keys for the station, under the same 48 digits."),
        ("doctor", "doctor", "Six checks that matter."),
    ),
    "Pass a message": (
        ("say", "drafting:say", "Write a message or a test; it becomes a draft."),
        ("check", "checking:check", "What must not be misread in a text, and whether it passes."),
        ("attach", "attaching:attach", "Attach a picture or a plain text to a draft."),
        ("attachment", "attaching:attachment", "Save an attachment, or take one out of a draft."),
        ("draft", "drafting:draft", "List, show, edit or withdraw drafts."),
        ("release", "drafting:release", "Send another person's draft, exactly as it stands."),
        ("inbox", "reading:inbox", "What they said and nobody has dealt with; FLASH first."),
        ("outbox", "reading:outbox", "What was released here, and what became of it."),
        ("message", "reading:message", "One message with its stages and both clocks."),
        ("find", "finding:find", "Search all that was said, on every line, in any language."),
        ("thread", "chronicle:thread", "What a message answers, and what came of it."),
        ("timeline", "chronicle:timeline", "An incident across lines, with both clocks."),
        ("print", "chronicle:print_", "A message as a page to print."),
        ("daylog", "chronicle:daylog", "All that joined the record on a day, also to print."),
        ("open", "acting:open_", "Read a message as a named person."),
        ("translate", "translating:translate", "Put a translation beside a message."),
        ("translations", "translating:translations", "Its translations, and what they omit."),
        ("certify", "translating:certify", "Certify an official translation as its reviewer."),
        ("pass", "acting:pass_", "Note the office a message was passed to."),
        ("distribution", "distributing", "Which offices a message went on to, and who took it."),
        ("readback", "acting:readback", "Read its check group or critical elements back."),
        ("confirm", "acting:confirm", "Confirm that what they read back is right."),
        ("correct", "acting:correct", "Say what is wrong in what they read back."),
        ("unable", "acting:unable", "Say that a message cannot be followed, and why."),
        ("wait", "acting:wait", "Say that an answer takes a while."),
        (
            "call",
            "taking_part:call",
            "Ask for a call, answer one, hold it, and see what became of it.",
        ),
        ("minute", "minute:minute", "The minute of a call: drafted, proposed, agreed by both."),
        ("readout", "minute:readout", "Our own statement about a call, and the two compared."),
        (
            "prepared",
            "drafting:prepared",
            "Texts to begin with: an accident, a retraction, a question.",
        ),
        ("glossary", "glossary", "Terms of a line, and names that nobody translates."),
        ("test", "testing", "Call a human test, answer one, or show when they are due."),
        ("overdue", "overdue", "What did not come in its time: tests, replies, an office."),
        ("presence", "attendance", "State that our principal is at the terminal, or has left."),
        ("chat", "chat", "The operators' chat of a line: no official text."),
    ),
    "Know how the line stands": (
        ("status", "status", "Lines, alarms and bearers, declared and observed."),
        ("watch", "handing_over", "Who has the watch, handing it over, and what happens."),
        ("suspend", "declaring:suspend", "Suspend the line or a part of it, with a reason."),
        ("lift", "declaring:lift", "Our test that lifts a suspension, once both have tested."),
        ("close", "declaring:close", "Close the line for good; its keys are erased."),
        ("stop", "stop", "Stop a line at once: by the distress phrase, or for a reason."),
        ("renew", "renew", "Fresh keys for both directions, when ours may have been copied."),
        ("resume", "resume", "Begin a line anew after a halt or a silence, or agree to it."),
        ("supply", "resume:supply", "Take in what was lost here, from the other side's export."),
    ),
    "Prove": (
        ("record", "reading:record", "What was said on the line, in its order."),
        ("audit", "reading:audit", "Who did what at this station."),
        ("export", "evidence:export", "Write the record to a file that anyone can check."),
        ("verify", "evidence:verify", "Check such a file; needs no station."),
    ),
    "Exercise": (
        ("replay", "replay", "Pass the messages of a file through two fresh stations."),
        ("demo", "demo", "Two stations on this machine, to sit down at both sides."),
        ("demo-clean", "demo:clean", "Forget the demo's stations."),
    ),
}
VERBS = {verb: (where, what) for verbs in SECTIONS.values() for verb, where, what in verbs}


class Verbs(click.Group):
    """The verbs, imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order of work."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of that name, from its module."""
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name][0].partition(":")
        found = getattr(importlib.import_module(f"parley.cli.{module}"), name or "command")
        assert isinstance(found, click.Command), cmd_name
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help of the whole, without importing the parts."""
        for section, verbs in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(verb, what) for verb, _, what in verbs])


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`parley VERB --help` says more. Exit codes: 0 done, 1 refused by content (such as a"
    " number that no message has) or not whole, 2 usage, 3 the world (disk, port, lock), 4 line"
    " halted, 5 unproven: a deniable record looked at without its key.",
)
@click.version_option(__version__, prog_name="parley")
def cli() -> None:
    """A direct line between two parties that do not trust each other."""


def main(arguments: list[str] | None = None) -> None:
    """Run one verb and leave with its exit code."""
    code = run(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has enough (`parley record | head`); Python would complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run one verb; its exit code."""
    voice.speak(as_json=False)
    try:
        result = cli.main(arguments, prog_name="parley", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except ParleyError as error:
        return trouble(error)
    except click.FileError as error:
        return trouble(Unavailable(error.format_message()))
    except click.exceptions.NoArgsIsHelpError as error:
        voice.aside(error.format_message())
        return Misused.exit_code
    except click.UsageError as error:
        if "--json" in (sys.argv[1:] if arguments is None else arguments):
            voice.speak(as_json=True)  # it may stand behind what was mistyped
        return trouble(misused(error))
    except click.ClickException as error:
        return trouble(Misused(error.format_message()))
    except (click.Abort, KeyboardInterrupt):
        voice.aside("Stopped.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return 0
    except OSError as error:
        return trouble(world(error))


def trouble(error: ParleyError) -> int:
    """Tell it, and the exit code it asks for."""
    voice.trouble(error)
    return error.exit_code


def misused(error: click.UsageError) -> Misused:
    """What click found wrong, as we say it: in one line, without the names that programs have."""
    where = error.ctx.command_path if error.ctx is not None else "parley"
    told = " ".join(error.format_message().split())
    told = re.sub(r"is not a valid (?:integer|int)(?: range)?\b", "is no whole number", told)
    told = re.sub(r"is not in the range x>=(\d+)", r"is less than \1", told)
    told = re.sub(r"is not in the range (\d+)<=x<=(\d+)", r"is not from \1 to \2", told)
    told = re.sub(r"Got unexpected extra arguments? \((.*)\)", r"'\1' is one word too many", told)
    told = re.sub(rf"'([^']{{{QUOTED_MAX}}})[^']+'", r"'\1…'", told)
    return Misused(told, f"`{where} --help` says how it is used.")


def world(error: OSError) -> Unavailable:
    """A file or socket that did not do what it should."""
    what = error.strerror or str(error)
    # A sentence begins with a capital, and a name stays as it was typed.
    told = f"the system says of {error.filename}: {what}" if error.filename else what
    return Unavailable(f"{told}.", "Put that right and try again; nothing was lost.")


if __name__ == "__main__":
    main()
