"""Worlds in which keys are lost: a root is followed by the next, or a station's keys are copied.

In mid-traffic papers reach both sides, in any order and more than once, false ones among them. A
thief of a station's keys goes on speaking with them. In the end both work under the agreement that
replaced the first, and what was said is in the records of both (spec/succession.md).
"""

from __future__ import annotations

from dataclasses import replace

from parley.core.entry import Precedence
from parley.core.identity import PartyRoot
from parley.core.succession import Revocation, Succession
from parley.exercise import checks
from parley.exercise.links import Link, by_side
from parley.exercise.papers import MADE, Papers, Signer
from parley.exercise.resident import Resident, seed_of
from parley.exercise.succeeding import Given, Renewed, heard_of_all
from parley.exercise.violation import hold
from parley.exercise.world import REST_S_MAX, Options, Tally, World
from parley.station.line.stops import KEYS

PEOPLE_S = 1.0  # so often somebody brings a paper
TAKES = 0.2  # so often it is one that is to be taken


class Succeeded(World):
    """A line whose papers change."""

    kind = "succeeded"
    takes = TAKES

    def draws(self) -> Options:
        """An attributable line on which every bearer carries both ways."""
        options = super().draws()
        return replace(options, deniable=False, one_way=None, messages=min(options.messages, 1_000))

    def settles(self) -> tuple[Resident, Resident]:
        """Two stations with an agreement."""
        self.first = Papers.of(self.options)
        self.people = [
            Renewed(self, self.first.terms(side, self.options), "ab"[side]).begins_by(self.first)
            for side in (0, 1)
        ]
        self.true: list[Given] = []
        self.false: list[tuple[Given, Given | None]] = []  # refused, once another one was taken
        self.thief: Renewed | None = None
        self.stood = (0, 0)  # both logs when the thief began
        return self.people[0], self.people[1]

    def run(self) -> Tally:
        """Traffic, a loss, papers on their way."""
        chance, bad_s = self.chance, self.options.bad_s
        self.later(0.0, self._people_speak)
        self.runs_until(chance.uniform(0.1, 0.6) * bad_s)
        self.whose = chance.randrange(2)
        if chance.random() < 0.5:
            self._a_root_is_followed()
        else:
            self._keys_are_copied()
        self.later(PEOPLE_S, self._people_give)
        self.runs_until(bad_s)
        return self.good_times()

    # --- what happens

    def _agreed_anew(self, signer: Signer) -> Papers:
        """The agreement that replaces the first, where that party stands otherwise."""
        signers = list(self.first.sides)
        signers[self.whose] = signer
        return Papers.of(self.options, signers, inc=2, replaces=self.first.agreement.hash)

    def _a_root_is_followed(self) -> None:
        old = self.first.sides[self.whose]
        heir = Signer.of(old.name, 2)
        signs = self.chance.choice((old.root, None))
        paper = Succession.make(old.letter.who, heir.root, signs, "The safe was opened.", MADE)
        self.told(f"{self.now:.1f} s: the root of {old.name} is followed")
        self.true = [paper, self._agreed_anew(heir)]
        stranger = PartyRoot(old.name, seed_of("a thief"), bytes(32))
        forged = Succession.make(old.letter.who, stranger, old.root, "Trust us.", MADE)
        other = PartyRoot(old.name, seed_of("root", old.name, "2"), bytes(32))
        second = Succession.make(old.letter.who, other, None, "Another one.", MADE)
        self.false = [(forged, None), (second, paper), (self._agreed_anew(old), paper)]

    def _keys_are_copied(self) -> None:
        victim = self.people[self.whose]
        old = self.first.sides[self.whose]
        paper = Revocation(old.letter.fingerprint, 1, "Its keys were copied.", MADE)
        signed = paper.signed(old.root)
        self.told(f"{self.now:.1f} s: the keys of {old.name}'s station are copied")
        self.true = [signed, self._agreed_anew(Signer.of(old.name, 1, 2))]
        foreign = paper.signed(self.first.sides[1 - self.whose].root)
        self.false = [(foreign, None), (self._agreed_anew(old), signed)]
        self.copied = victim.disk.copied(victim.power, victim.chance)

    def _people_give(self) -> None:
        """Somebody brings a paper; what is false is refused, whenever it comes."""
        for station in self.people:
            if not station.on:
                continue
            if self.chance.random() < self.takes or not self.bad:
                paper = self.chance.choice((*self.true[:1] * 4, *self.true[1:]))
                if not station.has_taken(paper) and self._may_be_taken(station, paper):
                    hold("I23", station.is_given(paper), "a paper that stands was refused")
            lie, after = self.chance.choice(self.false)
            if after is None or station.has_taken(after):
                hold("I23", not station.is_given(lie), "a false paper was taken")
        other = self.people[1 - self.whose]
        lost = isinstance(self.true[0], Revocation)
        if lost and self.bad and self.thief is None and self._stands_still(other):
            self._the_thief_speaks(other)
        if self.thief is not None and self.bad:
            self.thief.releases(self.words(1))
        self.later(PEOPLE_S, self._people_give)

    def _stands_still(self, other: Renewed) -> bool:
        """Whether it has taken the revocation."""
        return other.stop is not None or other.base.inc > 1

    def _may_be_taken(self, station: Renewed, paper: Given) -> bool:
        """An agreement only after what it rests on."""
        return paper is self.true[0] or station.has_taken(self.true[0])

    def _the_thief_speaks(self, other: Renewed) -> None:
        """A machine with the copied disk, true keys and all, has a way to the other side."""
        terms = self.first.terms(self.whose, self.options)
        thief = Renewed(self, terms, "the thief").begins_by(self.first)
        thief.disk = self.copied
        thief.disk.power = thief.power
        thief.restored = 1
        self.sealings.thieves.add(thief.name)
        self.thief, self.stood = thief, self._old_sizes(other)
        self.links.append(Link(self, self.options.bearers[0], by_side(thief, other), []))
        thief.starts()
        self.told(f"{self.now:.1f} s: the thief speaks")

    def _old_sizes(self, station: Renewed) -> tuple[int, int]:
        line_id = self.first.agreement.line_id
        a, b = (len(station.disk.log(line_id, 1, dir)) for dir in (0, 1))
        return a, b

    # --- what must hold

    def heals(self) -> None:
        """The thief is cut off; else it could keep a path of the other side for itself."""
        super().heals()
        if self.thief is not None:
            self.links[-1].cut()

    def checks_all(self) -> None:
        """I22: no word of a revoked key is accepted, and the thief is told nothing."""
        self.steps_at_check = self.steps
        # Who was told of a revocation has no keys for what is on its way to it.
        ended = any(each.stop or each.has_unread for each in self.people)
        self.checks.often(self.sides, honest=not ended)
        if self.thief is not None:
            other = self.people[1 - self.whose]
            hold("I22", self._old_sizes(other) == self.stood, "a thief's word is in the record")
            vouched = self.links[-1].ends[1 - self.whose].vouched
            hold("I22", not vouched, "a thief is taken for the other side")
            hold("I22", self.thief.observed != "heard", "a thief was answered")
        for station in self.people:
            if station.stop is not None or station.base.inc > 1:
                cells = station.disk.cells_of(self.first.agreement.line_id, 1)
                hold("I22", cells.keys().isdisjoint(KEYS), "keys of a life that is over were kept")

    def comes_to_rest(self) -> None:
        """Both take what there is to be taken, and the line under the new agreement rests."""
        until = self.now + REST_S_MAX
        while any(station.base.inc == 1 for station in self.people):
            hold("I23", self.now < until, "an agreement that stands was never taken")
            self.runs_until(self.now + 1.0)
        self.told(f"{self.now:.1f} s: both work under the new agreement")
        for station in self.people:
            station.releases(self.words(3))
        self.runs_until(self.now + 1.0)
        super().comes_to_rest()

    def at_the_end(self) -> Tally:
        """Everything that was said is in the records of both lines, once, in its order."""
        near, far = self.people
        checks.joint_order_is_causal(near, far)
        messages = sum(_everything_is_there(*pair) for pair in ((near, far), (far, near)))
        for station in self.people:
            for cells in station.disk.stolen_cells(1):
                hold("I22", cells.keys().isdisjoint(KEYS), "keys of a life that is over were found")
        return self.tally(messages)


def _everything_is_there(speaker: Renewed, listener: Renewed) -> int:
    found = heard_of_all(listener)
    texts = [text for _, text in found]
    hold("I2", len(set(texts)) == len(texts), "a message is in the records twice")
    sure = speaker.spoken.sure
    missing = {text for _, text in sure} - set(texts)
    hold("L1", not missing, f"{len(missing)} messages are lost: {min(missing, default='')}")
    known = {text for _, text in (*sure, *speaker.spoken.doubtful)}
    hold("I2", set(texts) <= known, "a message is there that nobody released")
    for precedence in Precedence:
        released = [text for urgency, text in sure if urgency is precedence]
        arrived = [text for urgency, text in found if urgency is precedence]
        kept = [text for text in arrived if text in set(released)]
        hold("I2", released == kept, "a message overtook another of its precedence")
    return len(found)
