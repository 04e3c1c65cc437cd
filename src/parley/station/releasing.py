"""Release: a second person's consent to the exact bytes of a draft.

The station checks it, not the program that asks: who releases has neither written nor changed the
draft, quotes the hash of what is sent, and has seen what the other side said meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.effects import Saying
from parley.core.entry import Key, Type, body_of
from parley.core.errors import Refused
from parley.core.kept import QueueRow
from parley.station.acts.operations import operation
from parley.station.acts.own_acts import Own
from parley.station.acts.person import Person
from parley.station.call import withdrawing
from parley.station.call.call_requests import check_release
from parley.station.entries import messages
from parley.station.entries.draft_steps import check_releasable
from parley.station.line import delegating
from parley.station.line.declared import is_rescue
from parley.station.line.delegation import Delegation, short
from parley.station.line.lines import since_2020
from parley.station.line.standing import check_passes
from parley.station.machine.clock import moment
from parley.station.texts import attaching
from parley.station.texts.declaring import check_suspended, ordered
from parley.station.texts.drafts import Draft, arrived_since, load_open

if TYPE_CHECKING:
    from parley.station.station import Station


@operation("release", roles=("releaser",), lent=True)
def release(
    station: Station, who: Person, *, draft: int, sha256: str, displayed: int | None = None
) -> dict[str, Any]:
    """Consent, as a second person, to the exact bytes of a draft; from then on they go out."""
    found = load_open(station, draft)
    lent = delegating.authority(station, who, "releaser", found.open_line, found.precedence)
    check_second_person(station, found, who)
    check_lent(station, found, lent)
    check_read(found, sha256)
    acting = (who.id,) if lent is None else (who.id, lent.lender)
    check_releasable(station, found.open_line, draft, found.sha256, *acting)
    check_displayed(station, found, displayed)
    open_line = found.open_line
    row = QueueRow(-1, found.precedence, found.type, found.marks, found.body)
    rescue = is_rescue(found.content.header)
    check_passes(open_line, row.type, row.precedence, rescue, station.now.wall, found.status)
    check_release(station, found, station.now.wall)
    withdrawing.check_release(station, found, station.now.wall)
    attaching.check_release(station, found)
    if found.type == Type.LIFT:
        check_suspended(open_line)
    shown = found.base if displayed is None else displayed
    body = _released_body(station, found, who, shown)
    saying = Saying(found.type, found.precedence, found.status, body)
    queue_id = station.say(open_line, saying)
    ordered(open_line, row, station.now.wall)
    for about, act in messages.references(open_line, open_line.ours, found.type, found.content):
        messages.say_about(station, about, queue_id, act)
        if act[2] == "answered":
            messages.acknowledge(station, about, act[0], act[1])
    station.store.sql(
        "INSERT INTO releases (draft, line_id, inc, queue_id, person, at, delegation)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (draft, *open_line.key, queue_id, who.id, station.now.wall, lent.id if lent else None),
    )
    station.publish("draft", open_line, draft=draft, state="released")
    result: dict[str, Any] = {
        "draft": draft,
        "released_at": station.now.wall,
        "n": None,
        "waiting": None,
        "sha256": found.sha256,
        "delegation": short(station, lent.id if lent else None),
    }
    station.await_number(open_line, queue_id, result)
    if lent is not None:
        wrote_for(station, who, Own.RELEASED_LENT, draft, lent, "released")
    return result


def wrote_for(
    station: Station, who: Person, act: Own, draft: int, lent: Delegation, outcome: str
) -> None:
    """The audit trail says for whom somebody acted by a delegation."""
    by = {"draft": draft, "delegation": lent.id, "until": moment(lent.until)}
    lender = {"for": station.people.name(lent.lender), "for_person": lent.lender}
    station.trail.write(station.now.wall, who, act, by | lender, outcome)


def check_second_person(station: Station, draft: Draft, who: Person) -> None:
    """Refuse a releaser who wrote or changed the draft."""
    if who.id == draft.person or who.id in draft.editors:
        did = "wrote" if who.id == draft.person else "changed"
        raise Refused(
            f"{who.name} {did} draft {draft.id} and cannot release it.",
            "A second person reads the exact text and releases it.",
        )


def check_lent(station: Station, draft: Draft, lent: Delegation | None) -> None:
    """Refuse to release or review for somebody what they could not themselves, and what closes a
    line for good."""
    if lent is None:
        return
    name = station.people.name(lent.lender)
    if lent.lender == draft.person or lent.lender in draft.editors:
        raise Refused(
            f"{name} has worked on draft {draft.id}, so nobody reviews or releases it for {name}.",
            "A releaser who has neither written nor changed it releases it.",
        )
    if draft.type == Type.CLOSE:
        raise Refused(
            "A line is not closed by delegation: that erases its keys for good.",
            "A person who has the role of releaser releases this order.",
        )


def check_read(draft: Draft, sha256: str) -> None:
    """Refuse whoever quotes other bytes than those of the draft."""
    if sha256.lower() != draft.sha256:
        raise Refused(
            f"Draft {draft.id} is not what you have read: its SHA-256 is {draft.sha256[:16]}….",
            "Look at the draft again; somebody may have changed it.",
        )


def check_displayed(station: Station, draft: Draft, displayed: int | None) -> None:
    """Refuse while messages of theirs came since that the releaser has not seen."""
    size = draft.open_line.their_size
    if displayed is not None and not 0 <= displayed <= size:
        raise Refused(
            f"They have written {size} entries; {displayed} cannot have been displayed.",
            "Give the number that `draft.show` names.",
        )
    unseen = arrived_since(station, draft, displayed or 0)
    if unseen:
        listed = ", ".join(f"{each['n']} ({each['precedence']})" for each in unseen[:8])
        more = f" and {len(unseen) - 8} more" if len(unseen) > 8 else ""
        raise Refused(
            f"Since this draft was begun they sent {listed}{more}.",
            f"Read what came; then release it with --displayed {unseen[-1]['n'] + 1},"
            " or change the draft.",
        )


def _released_body(station: Station, draft: Draft, who: Person, displayed: int) -> bytes:
    """The draft's body with what the release adds; its hash as drafted stays the same."""
    content = draft.content
    header = dict(content.header)
    header[Key.RELEASERS] = [who.id]
    if displayed:
        header[Key.DISPLAYED] = displayed
    released = since_2020(station.now.wall)
    # Times equal to the entry's own are left out (E7). It gets its time when it gets its number:
    # in this very step, unless something waits or blocks.
    at_once = draft.open_line.numbers_at_once(station.state(draft.open_line))
    if not at_once:
        header[Key.RELEASED] = released
    if at_once and header.get(Key.COMPOSED) == released:
        del header[Key.COMPOSED]
    return body_of(draft.type, header, content.payload)
