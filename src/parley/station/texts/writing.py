"""Writing a draft, and changing one: what may stand in it is checked here, before it is kept.

A refusal names line and character where it can. Nothing is ever put right in silence: a text comes
through as it was typed, or comes back whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parley.catalogue.counting import count_words
from parley.catalogue.form import moment
from parley.catalogue.forms import check_form
from parley.catalogue.protecting import places, to_spans
from parley.core.entry import Key, Precedence, Status, Type, body_of, check_subject, check_text
from parley.core.errors import Misused, Refused
from parley.core.wire import Value
from parley.station.acts.fields import field
from parley.station.acts.operations import Words, operation, repeating
from parley.station.acts.person import READERS, Person
from parley.station.entries import messages, quoting
from parley.station.entries.draft_steps import EDITED, note, steps_of
from parley.station.entries.replying import read_reply_by
from parley.station.entries.replying import reply_by as expected_by
from parley.station.entries.unsaid import check_whole
from parley.station.line import roster
from parley.station.line.lines import OpenLine, since_2020
from parley.station.line.standing import check_passes
from parley.station.line.wording import advice, check_length, check_mark, words_max
from parley.station.staff.desks import desk_of
from parley.station.texts import glossary
from parley.station.texts.critical import LOOKED_AT_MAX, critical
from parley.station.texts.drafts import (
    KINDS,
    LANGUAGE,
    REFERENCES,
    STATUSES,
    WORDS_AT,
    begin,
    load,
    load_open,
    names_kept,
    read_precedence,
    view,
)

if TYPE_CHECKING:
    from parley.station.station import Station


@dataclass(frozen=True, slots=True)
class Written:
    """What a drafter gives, as it came; None is what is left as it was, or out."""

    text: str | None = None
    precedence: str | None = None
    language: str | None = None
    subject: str | None = None
    answers: int | None = None
    corrects: int | None = None
    retracts: int | None = None
    from_desk: int | None = None
    to_desks: list[int] | None = None
    rescue: bool | None = None
    protect: list[str] | None = None
    reply_by: str | None = None


def _read_kind(kind: str, mark: Status) -> tuple[Type, Status]:
    """What a kind of draft is written as: its type, and its status on a line of this mark."""
    if kind not in KINDS and kind not in STATUSES:
        raise Misused(f"There is no kind {kind!r:.40} of draft.", "text, test or service.")
    return KINDS.get(kind, Type.TEXT), STATUSES.get(kind, mark)


def _header(
    station: Station,
    open_line: OpenLine,
    header: dict[int, Any],
    written: Written,
    status: Status,
) -> dict[int, Any]:
    """The header map with what was written, each part checked; what it refers to is of the
    incarnation given."""
    header = dict(header)
    if written.language is not None:
        with field("language"):
            if not LANGUAGE.fullmatch(written.language):
                raise Refused(
                    f"{written.language!r:.40} is not a language tag.", "Such as en, ru or zh-Hans."
                )
        header[Key.LANGUAGE] = written.language
        if written.language == open_line.agreed.our_language:
            del header[Key.LANGUAGE]  # absent means the party's first language (E7)
    if written.subject is not None:
        header.pop(Key.SUBJECT, None)
        if written.subject:
            with field("subject"):
                check_subject(written.subject)
            header[Key.SUBJECT] = written.subject
    given = {key for name, key in REFERENCES.items() if getattr(written, name) is not None}
    if given and len(given | (header.keys() & set(REFERENCES.values()))) > 1:
        raise Misused(
            "A message answers, corrects or retracts one other.",
            "Name one, and write another message for the rest.",
        )
    for name, key in REFERENCES.items():
        n: int | None = getattr(written, name)
        if n is not None:
            dir = messages.dir_of(open_line, key)
            named = messages.must_find(station, open_line, dir, n)
            if status is Status.SERVICE and named["marks"] >> 3 & 7 != Status.SERVICE:
                raise Refused(
                    f"Message {n} is no service message, and a service message answers, corrects"
                    " and retracts no other.",
                    "Write it as a message of the line, or name none.",
                    "E24",
                )
            if dir == open_line.ours and open_line.older:
                check_whole(station, open_line)
            header[key] = [dir, n, *open_line.older]
    before = expected_by(header)
    if written.reply_by is not None and (before is None or written.reply_by != moment(before)):
        header.pop(Key.REPLY_BY, None)
        if written.reply_by:
            with field("reply_by"):
                header[Key.REPLY_BY] = read_reply_by(written.reply_by, station.now.wall)
    if written.rescue is not None:
        header.pop(Key.RESCUE, None)
        if written.rescue:
            header[Key.RESCUE] = True
    if written.from_desk is not None:
        desk_of(station.store, written.from_desk)
        header[Key.FROM_DESK] = written.from_desk
    if written.to_desks is not None:
        known = roster.theirs(station.store, open_line.current, gone=False)[roster.DESKS]
        for desk in written.to_desks:
            if desk not in known:
                raise Refused(
                    f"The other side has told of no desk {desk}.", "`parley status` shows them."
                )
        header[Key.TO_DESKS] = written.to_desks
    return header


def _body(
    station: Station,
    type: Type,
    header: dict[int, Any],
    payload: Value,
    text: str,
    status: Status,
    urgency: Precedence,
) -> bytes:
    """The body with these words in the place of those in `payload`."""
    check_words(station, text, status, urgency, type)
    check_form(type, text)
    if Key.SUBJECT in header:
        check_mark(header[Key.SUBJECT], status)
    if type not in WORDS_AT:
        return body_of(type, header, text)
    payload = list(payload)
    payload[WORDS_AT[type]] = text
    return body_of(type, header, payload)


def _protected(
    station: Station,
    about: OpenLine,
    header: dict[int, Any],
    before: list[str],
    protect: list[str] | None,
    text: str,
) -> dict[int, Any]:
    """The header with the places of names that are not to be translated: those that the drafter
    gives, or gave, and those of the glossary."""
    for name in protect or []:
        if not places(text, [name]):
            shown = f"{name!r:.60}"
            error = Refused(
                f"{shown} does not stand in the text as a whole word.",
                "Names that are not to be translated are written as they stand there.",
                "E17",
            )
            raise repeating(error, shown)
    names = [*(before if protect is None else protect), *glossary.protected(station, about)]
    found = places(text, names)
    header.pop(Key.PROTECTED, None)
    if found:
        header[Key.PROTECTED] = to_spans(text, found)
    return header


def check_words(
    station: Station, text: str, status: Status, urgency: Precedence, type: Type
) -> None:
    """Refuse a text that cannot be sent, contradicts its mark or is too long for its urgency."""
    check_text(text)
    check_mark(text, status)
    if type == Type.TEXT:
        check_length(text, urgency, station.home.config.writing)


def next_test(station: Station, open_line: OpenLine) -> int:
    """Tests of ours are counted, those that wait for a path too, so that people can say which one
    they mean."""
    rows = station.store.sql(
        "SELECT (SELECT count(*) FROM messages WHERE line_id = ? AND inc = ? AND type = 5"
        " AND dir = ?) + (SELECT count(*) FROM queue WHERE line_id = ? AND inc = ? AND type = 5)"
        " AS n",
        (*open_line.key, open_line.ours, *open_line.key),
    )
    return int(rows[0]["n"]) + 1


@operation("draft.new", roles=("drafter",))
def draft_new(
    station: Station,
    who: Person,
    *,
    text: Words,
    precedence: str = "ROUTINE",
    language: str | None = None,
    subject: Words | None = None,
    kind: str = "text",
    answers: int | None = None,
    corrects: int | None = None,
    retracts: int | None = None,
    from_desk: int | None = None,
    to_desks: list[int] | None = None,
    rescue: bool | None = None,
    protect: list[str] | None = None,
    reply_by: str | None = None,
    from_chat: bool = False,
    line: str | None = None,
) -> dict[str, Any]:
    """Write a message. It goes nowhere until another person releases it. `from_chat` says that
    words of the operators' chat in it are meant."""
    about = station.line(line)
    open_line = about.current
    open_line.check_not_halted(station.state(open_line))
    type, status = _read_kind(kind, open_line.agreed.mark)
    urgency = read_precedence(precedence)
    written = Written(
        language=language,
        subject=subject,
        answers=answers,
        corrects=corrects,
        retracts=retracts,
        from_desk=from_desk,
        to_desks=to_desks,
        rescue=rescue,
        protect=protect,
        reply_by=reply_by,
    )
    now = station.now.wall
    check_passes(open_line, type, urgency, bool(rescue), now, status)
    fixed: dict[int, Any] = {Key.COMPOSED: since_2020(now), Key.DRAFTER: who.id}
    header = _header(station, about, fixed, written, status)
    if type == Type.TEXT:
        header = _protected(station, about, header, [], protect, text)
    payload = [next_test(station, open_line), text] if type == Type.TEST else text
    body = _body(station, type, header, payload, text, status, urgency)
    quoted = quoting.check(station, from_chat, text, header.get(Key.SUBJECT, ""))
    begun = begin(station, open_line, who, type, urgency, status, body)
    if not from_chat:
        return begun
    quoting.note(station, begun["draft"], who, quoted, begun["sha256"])
    return view(station, load(station, begun["draft"]))


@operation("draft.edit", roles=("drafter", "releaser"))
def draft_edit(
    station: Station,
    who: Person,
    *,
    draft: int,
    text: Words | None = None,
    precedence: str | None = None,
    language: str | None = None,
    subject: Words | None = None,
    answers: int | None = None,
    corrects: int | None = None,
    retracts: int | None = None,
    from_desk: int | None = None,
    to_desks: list[int] | None = None,
    rescue: bool | None = None,
    protect: list[str] | None = None,
    reply_by: str | None = None,
    from_chat: bool = False,
    seen: str | None = None,
) -> dict[str, Any]:
    """Change a draft. Whoever does cannot release it any more. `seen` is the SHA-256 of what they
    had before them: nobody writes over what they have not read."""
    before = load_open(station, draft)
    if seen is not None and seen.lower() != before.sha256:
        by = station.people.name(steps_of(station, draft).last_editor() or before.person)
        raise Refused(
            f"{by} has changed draft {draft} meanwhile; your words were not put over theirs.",
            "Read what stands there now, put together what is meant, and keep that.",
        )
    written = Written(
        language=language,
        subject=subject,
        answers=answers,
        corrects=corrects,
        retracts=retracts,
        from_desk=from_desk,
        to_desks=to_desks,
        rescue=rescue,
        protect=protect,
        reply_by=reply_by,
    )
    content = before.content
    header = _header(station, before.open_line, content.header, written, before.status)
    words = before.text if text is None else text
    if before.type == Type.TEXT:
        header = _protected(station, before.open_line, header, names_kept(before), protect, words)
    urgency = before.precedence if precedence is None else read_precedence(precedence)
    body = _body(station, before.type, header, content.payload, words, before.status, urgency)
    now = words, header.get(Key.SUBJECT, "")
    changed = now if now != (before.text, before.subject) else ()
    quoted = quoting.check(station, from_chat, *changed)
    editors = sorted({*before.editors, who.id})
    station.store.sql(
        "UPDATE drafts SET body = ?, precedence = ?, editors = ? WHERE id = ?",
        (body, urgency, ",".join(map(str, editors)), draft),
    )
    note(station, draft, who.id, EDITED)
    after = load(station, draft)
    if from_chat:
        quoting.note(station, draft, who, quoted, after.sha256)
    station.publish("draft", before.open_line, draft=draft, state="edited")
    return view(station, after)


@operation("text.check", roles=READERS, reads=True)
def text_check(
    station: Station,
    who: Person,
    *,
    text: Words,
    subject: Words | None = None,
    precedence: str = "ROUTINE",
    kind: str = "text",
    line: str | None = None,
) -> dict[str, Any]:
    """What a text says in figures and names, how long it is, and why it would be refused."""
    open_line = station.line(line).current
    type, status = _read_kind(kind, open_line.agreed.mark)
    urgency = read_precedence(precedence)
    refused: Refused | None = None
    try:
        check_words(station, text, status, urgency, type)
    except Refused as fault:
        refused = fault
    return {
        "elements": critical(
            text, station.now.wall, places(text, glossary.protected(station, open_line))
        ),
        "looked_at": min(len(text), LOOKED_AT_MAX),
        "words": count_words(text),
        "words_max": words_max(urgency, station.home.config.writing),
        "bytes": len(text.encode(errors="surrogatepass")),
        "refused": refused and {"sentence": refused.sentence, "hint": refused.hint},
        "advice": advice(text),
        "glossary": glossary.found_in(glossary.entries(station, open_line), text),
        **quoting.view(quoting.found_in(station, text, subject or "")),
    }
