"""From a proposal to an open line: what is carried between the parties, and what each step checks.

One side proposes, with a prekey of its own; the other puts in its prekey, and its root signs; the
first side's root signs too; both accept and the line is open. A side may propose other terms
instead of signing, as often as it likes: what changed is shown. Each prekey is made for one
agreement. Its private half waits among the station's secrets and becomes the line's in the
transaction that opens it, so that it is in no file and in one place only (spec/identity.md, I16).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from parley.core.agreement import ATTRIBUTABLE, DENIABLE, Agreement, Paper, terms
from parley.core.entry import Status
from parley.core.errors import Malformed, Misused, Refused, Unavailable
from parley.core.identity import Letter
from parley.core.kept import Change
from parley.core.keys import Prekey
from parley.core.wire import encode
from parley.station.acts.operations import operation
from parley.station.acts.person import Person
from parley.station.line import clauses, meeting, schedule, vouching
from parley.station.line.clauses import cautions, check_words, difference, render
from parley.station.line.lines import Agreed
from parley.station.parties import replacing
from parley.station.parties.letters import Known, by_fingerprint, by_name, from_base64, to_base64
from parley.station.parties.precedents import last, suite_before
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

NAMED: dict[str, dict[str, int]] = {
    "mark": {"ACTUAL": Status.ACTUAL, "EXERCISE": Status.EXERCISE},
    "policy": {"attributable": ATTRIBUTABLE, "deniable": DENIABLE},
}


# --- an agreement in our hands


@dataclass(frozen=True, slots=True)
class Given:
    """An agreement file that somebody brought, as far as it stands."""

    paper: Paper
    side: int  # ours
    ours: Letter
    theirs: Known

    @property
    def agreement(self) -> Agreement:
        """What it says."""
        return self.paper.agreement

    @property
    def key(self) -> bytes:
        """What our part of it is kept under."""
        return self.agreement.without(1 - self.side).hash

    @property
    def by_us(self) -> bool:
        """Whether our prekey is in it, and so what we answer for."""
        return bool(self.agreement.prekeys[self.side])

    @property
    def letters(self) -> tuple[Letter, Letter]:
        """A's and B's."""
        pair = (self.ours, self.theirs.letter)
        return pair if self.side == 0 else (pair[1], pair[0])


def _given(station: Station, packed: str, *, only_shown: bool = False) -> Given:
    """Read an agreement file, and hold it against our letter, theirs, and what we proposed; one
    that opened a line can still be shown, and nothing else."""
    try:
        paper = Paper.parse(from_base64("agreement", packed))
    except Malformed as error:
        raise Refused(
            f"This agreement does not stand: {error.sentence}.",
            error.hint or "Ask for the file again.",
            error.rule,
        ) from error
    ours = station.home.letter
    side = paper.agreement.side_of(ours.fingerprint)
    party = paper.agreement.parties[1 - side]
    theirs = by_fingerprint(station.store, paper.agreement.fingerprints[1 - side])
    if theirs is None:
        raise Refused(
            f"The letter of {party} that this agreement was made from was not accepted here.",
            "Accept their letter first: `parley accept FILE`.",
            "I13",
        )
    given = Given(paper, side, ours, theirs)
    for letter in given.letters:
        vouching.check_letter(station, letter)
    paper.fits(*given.letters)
    opened = only_shown and _was_opened(station.store, given.agreement)
    if not opened:
        _check_new(station.store, given)
        replacing.replaced_by(station, given.agreement)
    for signer, letter in enumerate(given.letters):
        if paper.signed(signer):
            paper.check(signer, letter)
    if not (given.by_us or paper.agreement.prekeys[1 - side]):
        raise Refused(
            f"This proposal lacks the prekey of {party}.", "Ask for the file again.", "I14"
        )
    if given.by_us and not opened and _proposal(station.store, given.key) is None:
        raise Refused(
            f"This is not what we proposed to {party}, or answered them.",
            "Look at `parley agree list`; propose anew if the terms are to change.",
            "I17",
        )
    return given


def _was_opened(store: SqliteStore, agreement: Agreement) -> bool:
    """Whether a line was opened with it here."""
    rows = store.sql("SELECT hash FROM agreements WHERE line_id = ?", (agreement.line_id,))
    return any(row["hash"] == agreement.hash for row in rows)


def _check_new(store: SqliteStore, given: Given) -> None:
    """Refuse what was opened before, and what would open an earlier life of a line (I17)."""
    agreement = given.agreement
    before = store.sql(
        "SELECT inc, hash FROM agreements WHERE line_id = ? ORDER BY inc DESC", (agreement.line_id,)
    )
    if any(row["hash"] == agreement.hash for row in before):
        raise Refused(
            f"The line {agreement.name} was opened with this agreement before.",
            "`parley status` shows it; there is nothing to do.",
            "I17",
        )
    (reached,) = store.sql(  # by agreement, or by RESUME since
        "SELECT max(inc) AS inc FROM (SELECT inc FROM agreements WHERE line_id = ?1"
        " UNION SELECT inc FROM resumptions WHERE line_id = ?1)",
        (agreement.line_id,),
    )
    if before and agreement.inc <= reached["inc"]:
        raise Refused(
            f"The line {agreement.name} is already in incarnation {reached['inc']};"
            f" this agreement is for incarnation {agreement.inc}.",
            "Propose anew, to replace the one in force.",
            "I17",
        )
    if before and agreement.replaces not in [row["hash"] for row in before]:
        raise Refused(
            f"This agreement does not name the one of the line {agreement.name} that it replaces.",
            "Propose it with `parley agree propose --replaces`.",
            "C3",
        )
    if agreement.inc != 1 and not agreement.replaces:
        raise Refused(
            f"This agreement is for incarnation {agreement.inc} and names none that it replaces.",
            "Propose a new line.",
            "I17",
        )


def _proposal(store: SqliteStore, key: bytes) -> Any:
    rows = store.sql("SELECT key, paper FROM proposals WHERE key = ?", (key,))
    return rows[0] if rows else None


def _secret(key: bytes) -> str:
    return f"prekey {key.hex()}"


def _keep(station: Station, given: Given, seed: bytes | None, answers: bytes | None) -> None:
    """Keep what we answer for; `seed` is its prekey when that is new."""
    station.store.sql(
        "REPLACE INTO proposals (key, line_id, inc, answers, paper, at) VALUES (?, ?, ?, ?, ?, ?)",
        (
            given.key,
            given.agreement.line_id,
            given.agreement.inc,
            answers,
            given.paper.to_bytes(),
            station.now.wall,
        ),
    )
    if seed is not None:
        station.store.put_secret(_secret(given.key), seed)


def _view(station: Station, given: Given) -> dict[str, Any]:
    agreement = given.agreement
    warned = cautions(agreement, suite_before(station.store, agreement))
    before = last(station.store, agreement)
    return {
        "agreement": to_base64(given.paper.to_bytes()),
        "text": render(agreement),
        "compared_with": None if before is None else {"name": before.name, "made": before.made},
        "differences": None if before is None else difference(before, agreement),
        "cautions": [{"word": each.word, "sentence": each.sentence} for each in warned],
        "line": agreement.line_id.hex(),
        "name": agreement.name,
        "counterpart": given.theirs.letter.party,
        "mark": agreement.mark.name,
        "level": agreement.level,
        "suite": agreement.suite,
        "complete": agreement.complete,
        "signed": {
            "ours": given.paper.signed(given.side),
            "theirs": given.paper.signed(1 - given.side),
        },
        "next": _next_step(given, _was_opened(station.store, agreement)),
    }


def _next_step(given: Given, opened: bool = False) -> str:
    party = given.theirs.letter.party
    if opened:
        return f"The line {given.agreement.name} was opened with it; there is nothing to do."
    ours, theirs = given.paper.signed(given.side), given.paper.signed(1 - given.side)
    if not given.agreement.complete:
        return (
            f"Carry it to {party}, who signs it or proposes other terms."
            if given.by_us
            else "Sign it with `parley agree sign`, or propose other terms with --amends."
        )
    if not ours:
        return "Let our root sign it: `parley root sign`, or `parley agree sign` with --root."
    if not theirs:
        return f"Carry it to {party}, whose root signs it too."
    return f"Both roots have signed: `parley agree accept` here and at {party}."


# --- operations


@operation("agree.propose", roles=("operator",), setup=True)
def agree_propose(
    station: Station,
    who: Person,
    *,
    party: str | None = None,
    amends: str | None = None,
    replaces: str | None = None,
    terms: dict[str, Any],
) -> dict[str, Any]:
    """Propose a line to a party we know, other terms for the line that they proposed, or a new
    agreement for a line there is."""
    if [party, amends, replaces].count(None) != 2:
        raise Misused(
            "A proposal is to a party, amends one of theirs, or replaces an agreement.",
            "Name the party, their proposal or the line; one of the three.",
        )
    ours = station.home.letter
    vouching.check_letter(station, ours)
    if amends is not None:
        given = _given(station, amends)
        side, theirs = given.side, given.theirs
        base = given.agreement.without(0).without(1)
    elif replaces is not None:
        side, theirs, base = replacing.successor(station, station.line(replaces), _fresh)
    else:
        theirs = by_name(station.store, party or "")
        vouching.check_letter(station, theirs.letter)
        side = 0 if ours.fingerprint < theirs.letter.fingerprint else 1
        base = _fresh(station, side, ours, theirs.letter)
    seed = station.entropy(32)
    changed = _with_terms(replace(base, made=int(station.now.wall)), terms, side)
    try:
        proposed = changed.with_ours(side, _prekey(seed, changed), theirs.compared)
        paper = Paper.parse(Paper(proposed).to_bytes())
    except Malformed as error:
        raise Refused(
            f"This cannot be agreed: {error.sentence}.", error.hint or "Change that.", error.rule
        ) from error
    new = Given(paper, side, ours, theirs)
    paper.fits(*new.letters)
    _check_name_free(station.store, proposed)
    _keep(station, new, seed, None)
    return _view(station, new)


def _prekey(seed: bytes, agreement: Agreement) -> bytes:
    """The public prekey that a seed grows in the suite of an agreement."""
    return Prekey(seed, agreement.algorithms.kem).public


def _fresh(station: Station, side: int, ours: Letter, theirs: Letter) -> Agreement:
    a, b = (ours, theirs) if side == 0 else (theirs, ours)
    return Agreement(
        nonce=station.entropy(32),
        inc=1,
        name=f"{a.party} – {b.party}",
        parties=(a.party, b.party),
        fingerprints=(a.fingerprint, b.fingerprint),
        certificates=(a.certificate.hash, b.certificate.hash),
        compared=(False, False),
        prekeys=(b"", b""),
        made=0,
        languages=(a.languages, b.languages),
    )


def _with_terms(base: Agreement, given: dict[str, Any], side: int) -> Agreement:
    """The agreement with terms as the operator gave them; Misused for one that does not exist."""
    changes: dict[str, Any] = {}
    testing: dict[str, Any] = {}
    clocks: list[Any] = list(base.clocks)
    address: list[Any] = list(base.address)
    suspending: list[Any] = list(base.suspending)
    calls: list[Any] = list(base.calls)
    for name, value in given.items():
        kind = TERMS.get(name)
        if kind is None:
            raise Misused(f"There is no term {name!r:.40}.", f"There is: {', '.join(TERMS)}.")
        if type(value) is not kind:
            raise Misused(f"The term {name!r} does not fit.", f"It is {_KINDS[kind]}.")
        if name in NAMED:
            known = NAMED[name]
            if value not in known:
                raise Misused(f"{value!r:.40} is no {name}.", f"It is {' or '.join(known)}.")
            changes[name] = known[value]
        elif name in _CLOCKS:
            clocks[_CLOCKS.index(name)] = value
        elif name == "our_address":
            address[side] = value
        elif name == "their_address":
            address[1 - side] = value
        elif name == "provisional":
            changes[name] = clauses.shown_across_a_gap(value)
        elif name in _SUSPENDING:
            suspending[_SUSPENDING.index(name)] = value
        elif name in _CALLS:
            calls[_CALLS.index(name)] = value
        elif name in _TESTING:
            testing[name] = value
        else:
            changes[name] = value
    changes["clocks"], changes["address"] = tuple(clocks), tuple(address)
    changes["suspending"], changes["calls"] = tuple(suspending), tuple(calls)
    changes["testing"] = schedule.by_the_clock(base.testing, testing)
    return replace(base, **changes)


_CLOCKS = ("routine_s", "priority_s", "immediate_s", "flash_s")
_CALLS = ("call_s", "flash_call_s")
_TESTING = ("test_turns_s", "test_window_s", "test_answer_s")
_SUSPENDING = ("suspension_flash", "suspension_notice_s")
_KINDS = {str: "a text", int: "a whole number", bool: "true or false"}
TERMS: dict[str, type] = {
    "name": str,
    "mark": str,
    "level": str,
    **dict.fromkeys(_CLOCKS, int),
    **dict.fromkeys(_CALLS, int),
    **dict.fromkeys(_TESTING, int),
    "heartbeat_s": int,
    "window": int,
    "test_s": int,
    "tests": str,
    "suspension": str,
    "suspension_flash": bool,
    "suspension_notice_s": int,
    "provisional": str,
    "our_address": str,
    "their_address": str,
    "psk0": bool,
    "policy": str,
    "suite": int,
}


@operation("agree.show", roles=("operator",), reads=True, setup=True)
def agree_show(station: Station, who: Person, *, agreement: str) -> dict[str, Any]:
    """What an agreement says, what it changes, who has signed it, and what comes next."""
    return _view(station, _given(station, agreement, only_shown=True))


@operation("agree.sign", roles=("operator",), setup=True)
def agree_sign(
    station: Station, who: Person, *, agreement: str, words: list[str] | None = None
) -> dict[str, Any]:
    """Make an agreement ready for our root: with our prekey, if it was theirs to propose."""
    given = _given(station, agreement)
    if given.by_us and not given.agreement.complete:
        raise Refused(
            f"This is our own proposal; {given.theirs.letter.party} has not answered it yet.",
            f"Carry it to {given.theirs.letter.party}.",
            "I14",
        )
    _check_words(station.store, given.agreement, words or [])
    if not given.by_us:
        given = _answer(station, given)
    return _view(station, given)


def _check_words(store: SqliteStore, agreement: Agreement, words: list[str]) -> None:
    try:
        check_words(agreement, words, suite_before(store, agreement))
    except Refused as error:
        raise Refused(
            f"This line would be weaker than it could be: {error.sentence}.",
            f"{error.hint[:1].upper()}{error.hint[1:]}.",
            error.rule,
        ) from error


def _answer(station: Station, given: Given) -> Given:
    """Their proposal with our prekey in it; the same again when we have answered it before."""
    asked = given.agreement.hash
    before = station.store.sql("SELECT paper FROM proposals WHERE answers = ?", (asked,))
    if before:
        return replace(given, paper=Paper.parse(before[0]["paper"]))
    _check_name_free(station.store, given.agreement)
    seed = station.entropy(32)
    ours = _prekey(seed, given.agreement)
    complete = given.agreement.with_ours(given.side, ours, given.theirs.compared)
    answer = replace(given, paper=Paper(complete))
    _keep(station, answer, seed, asked)
    return answer


def _check_name_free(store: SqliteStore, agreement: Agreement) -> None:
    taken = store.sql(
        "SELECT 1 FROM agreements a WHERE name = ? AND line_id <> ? AND hash <> ? AND NOT EXISTS"
        " (SELECT 1 FROM stops s WHERE s.line_id = a.line_id AND s.inc = a.inc"
        " AND s.kind = 'replaced')",
        (agreement.name, agreement.line_id, agreement.replaces),
    )
    if taken:
        raise Refused(
            f"There is a line {agreement.name} already.", "Give the new line another name.", "I12"
        )


@operation("agree.accept", roles=("operator",), setup=True)
def agree_accept(
    station: Station, who: Person, *, agreement: str, psk: list[str] | None = None
) -> dict[str, Any]:
    """Open the line: both roots have signed what we proposed or answered. `psk` is what both
    parties brought to the meeting, if the agreement uses it."""
    given = _given(station, agreement)
    for side, letter in enumerate(given.letters):
        if not given.paper.signed(side):
            raise Refused(
                f"The agreement is not signed by the root of {letter.party}.",
                _next_step(given),
                "I15",
            )
    stands = given.paper.verify(*given.letters)
    _check_name_free(station.store, stands)
    psk0 = meeting.joined(stands, [from_base64("secret", each) for each in psk or []])
    opened = Agreed.of(
        stands,
        terms(stands, given.ours, station.home.keys, given.theirs.letter, psk0).without_secret(),
    )
    old = replacing.replaced_by(station, stands)
    _open(station, given)
    meeting.keep(station.store, stands, psk0)
    ended = None if old is None else replacing.retire(station, old, stands, who)
    station.lines_changed = True
    return {
        "inc": opened.terms.inc,
        "replaced": ended,
        "line": opened.hex,
        "name": opened.name,
        "counterpart": opened.counterpart,
        "mark": opened.mark.name,
        "level": opened.level,
        "verified": opened.verified,
    }


def _open(station: Station, given: Given) -> None:
    """Everything that makes the line, and the prekey handed over, in the step's transaction."""
    store, agreement = station.store, given.agreement
    line_id, inc = agreement.line_id, agreement.inc
    seed = store.secret(_secret(given.key))
    if seed is None or _prekey(seed, agreement) != agreement.prekeys[given.side]:
        raise Unavailable(
            "The private half of our prekey for this agreement is gone.",
            "Propose the line anew; was the folder restored from a backup?",
        )
    store.sql(
        "INSERT INTO agreements (line_id, inc, name, hash, paper, ours, theirs, opened)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            line_id,
            inc,
            agreement.name,
            agreement.hash,
            given.paper.to_bytes(),
            given.ours.raw,
            given.theirs.letter.raw,
            station.now.wall,
        ),
    )
    for row in store.sql("SELECT key FROM proposals WHERE line_id = ?", (line_id,)):
        store.put_secret(_secret(row["key"]), None)
    store.sql("DELETE FROM proposals WHERE line_id = ?", (line_id,))
    store.enrol(line_id, inc, given.side)
    store.keep(Change(line_id, inc, (0, 0), cells={"prekey": encode(seed)}))
