-------------------------------- MODULE Line --------------------------------
\* One line in service, both directions: entries, receipts, and the step to the next epoch.
\*
\* Every packet ever made can arrive at any time, any number of times, in any order, or never: what a
\* sender made stands in its own variables and a receiver picks from there. Of STATUS only the newest
\* `Flight` are kept under way. A counter is modelled by the sum of what a packet states, because
\* nothing it states ever falls.
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
    N0, N1,    \* how many entries each side says
    E0, E1,    \* the epoch each side steps to
    W,         \* window
    Opened,    \* prekeys in an OPEN
    Listed,    \* prekeys in a PREKEYS
    Flight,    \* STATUS packets under way in each direction
    Mutant     \* the rule left out, or "none"

VARIABLES
    log,       \* log[p]: entries p has said: how much it had seen, and under which epoch it was sealed
    epoch,     \* epoch[p]: the epoch p says under
    offer,     \* offer[p]: REKEYs p has made; the e-th opens epoch e
    acked,     \* acked[p]: how many of its entries p knows receipted
    known,     \* known[p]: the newest list of their prekeys p has read: ids from lo to hi, its counter
    status,    \* status[p]: STATUS packets of p under way
    prekeys,   \* prekeys[p]: PREKEYS packets p has made
    heard,     \* heard[p]: their entries p has accepted without gap
    early,     \* early[p]: numbers accepted before their turn
    live,      \* live[p]: epochs of theirs whose keys p holds
    mark,      \* mark[p]: their size in the first STATUS accepted under their newest epoch, or None
    burnt,     \* burnt[p]: the highest id whose private half p has erased
    newest,    \* newest[p]: counter of the newest STATUS p has acted on
    stopped    \* stopped[p]: a rule has halted p, or made it refuse what an honest side sent

sent == <<log, epoch, offer, acked, known>>
made == <<status, prekeys>>
held == <<heard, early, live, mark, burnt, newest>>
vars == <<sent, made, held, stopped>>

Side == {0, 1}
Other(p) == 1 - p
N(p) == IF p = 0 THEN N0 ELSE N1
E(p) == IF p = 0 THEN E0 ELSE E1
None == 99
Max(S) == CHOOSE x \in S : \A y \in S : y <= x
Min(S) == CHOOSE x \in S : \A y \in S : x <= y
All(value) == [p \in Side |-> value]

Init ==
    /\ log = All(<<>>) /\ epoch = All(0) /\ offer = All(<<>>) /\ acked = All(0)
    /\ known = All([lo |-> 1, hi |-> Opened, counter |-> 0])
    /\ status = All({}) /\ prekeys = All({})
    /\ heard = All(<<>>) /\ early = All({}) /\ live = All({0}) /\ mark = All(None)
    /\ burnt = All(0) /\ newest = All(0)
    /\ stopped = All(FALSE)

-----------------------------------------------------------------------------
\* What a side makes.

\* L5: A number n is given only while n is below their contig + W
Say(p) ==
    /\ Len(log[p]) < N(p)
    /\ Len(log[p]) < acked[p] + W
    /\ log' = [log EXCEPT ![p] = Append(@, [seen |-> Len(heard[p]), epoch |-> epoch[p]])]
    /\ UNCHANGED <<epoch, offer, acked, known, made, held, stopped>>

\* S14: One REKEY exists for an epoch.
\* S15: The lowest is taken first.
\* Of those listed, only ids above the last one used: a list may be older than the REKEY that used it.
Offer(p) ==
    LET used == IF offer[p] = <<>> THEN 0 ELSE offer[p][Len(offer[p])].id
        fit == {id \in known[p].lo..known[p].hi : id > used \/ Mutant = "a prekey twice"}
    IN  /\ epoch[p] < E(p)
        /\ Len(offer[p]) = epoch[p]
        /\ fit # {}
        /\ offer' = [offer EXCEPT ![p] = Append(@, [id |-> Min(fit), base |-> Len(log[p])])]
        /\ epoch' = IF Mutant = "no gate" THEN [epoch EXCEPT ![p] = @ + 1] ELSE epoch
        /\ UNCHANGED <<log, acked, known, made, held, stopped>>

\* S10: Sizes, contig and epoch are those that are durable, never those that are about to be.
Status(p) == [size |-> Len(log[p]), contig |-> Len(heard[p]), accepted |-> Max(live[p]),
              under |-> epoch[p]]
Counter(s) == s.size + s.contig + s.accepted + s.under + 1

SendStatus(p) ==
    /\ Status(p) \notin status[p]
    /\ \E kept \in SUBSET status[p] :
        /\ Cardinality(kept) < Flight
        /\ status' = [status EXCEPT ![p] = kept \cup {Status(p)}]
    /\ UNCHANGED <<sent, prekeys, held, stopped>>

\* L26: then it switches, seals CHECKPOINT, COSIGN and PREKEYS anew
\* L28: STATUS says "wants prekeys" while a station has none of theirs; PREKEYS answers
MakePrekeys(p) ==
    LET list == [lo |-> burnt[p] + 1, hi |-> burnt[p] + Listed, under |-> epoch[p]]
    IN  /\ Max(live[p]) < E(Other(p))
        /\ list \notin prekeys[p]
        /\ Mutant = "prekeys not anew" => \A old \in prekeys[p] : old.lo # list.lo
        /\ prekeys' = [prekeys EXCEPT ![p] = @ \cup {list}]
        /\ UNCHANGED <<sent, status, held, stopped>>

-----------------------------------------------------------------------------
\* What a side hears.

\* S17: nothing sealed under the older epoch can be missing, and it is erased.
Erase(keys, at, contig) ==
    IF Cardinality(keys) = 2 /\ at # None /\ contig >= at THEN {Max(keys)} ELSE keys

RECURSIVE Join(_, _, _)
Join(said, got, waiting) ==
    IF Len(got) + 1 \in waiting
    THEN Join(said, Append(got, said[Len(got) + 1]), waiting \ {Len(got) + 1})
    ELSE <<got, waiting>>

\* S16: From base on a number may be under either epoch.
Opens(p, n) ==
    LET e == log[Other(p)][n].epoch
    IN  e \in live[p] /\ (e > 0 => n > offer[Other(p)][e].base)

\* S5: The receiver computes the locators of the next 1,024 numbers and looks an arriving one up.
\* L10: Entries join the record strictly by number.
HearEntry(p) == \E n \in DOMAIN log[Other(p)] :
    LET joined == Join(log[Other(p)], heard[p], early[p] \cup {n})
        size == Len(joined[1])
        keys == IF Mutant = "erased by an entry"
                THEN IF \E i \in 1..size : joined[1][i].epoch = Max(live[p])
                     THEN {Max(live[p])} ELSE live[p]
                ELSE Erase(live[p], mark[p], size)
    IN  /\ n > Len(heard[p]) /\ n <= Len(heard[p]) + W /\ n \notin early[p]
        /\ Opens(p, n)
        /\ heard' = [heard EXCEPT ![p] = joined[1]]
        /\ early' = [early EXCEPT ![p] = joined[2]]
        /\ live' = [live EXCEPT ![p] = keys]
        /\ mark' = IF Cardinality(keys) = 1 THEN [mark EXCEPT ![p] = None] ELSE mark
        /\ UNCHANGED <<sent, made, burnt, newest, stopped>>

\* S16: its base is at most contig + W
\* S16: In one change the new epoch begins beside the present one, the prekey goes with all of lower ids
\* S16: While two live, a further REKEY is too early.
HearRekey(p) ==
    LET e == Max(live[p]) + 1
        rekey == offer[Other(p)][e]
    IN  /\ e \in DOMAIN offer[Other(p)]
        /\ Cardinality(live[p]) = 1
        /\ IF rekey.id <= burnt[p] \/ rekey.base > Len(heard[p]) + W
           THEN /\ stopped' = [stopped EXCEPT ![p] = TRUE]
                /\ UNCHANGED held
           ELSE /\ live' = [live EXCEPT ![p] =
                        IF Mutant = "erased at once" THEN {e} ELSE @ \cup {e}]
                /\ burnt' = [burnt EXCEPT ![p] = rekey.id]
                /\ UNCHANGED <<heard, early, mark, newest, stopped>>
        /\ UNCHANGED <<sent, made>>

\* S9: A receiver drops a packet at or below the newest it acted on.
\* L15: It halts on a STATUS whose contig or SACK is above the size of our log
\* L15: whose accepted epoch is above the newest we offered or below the one we speak under
\* L15: and on a fresh STATUS under an epoch that was erased
\* L26: Nothing waits for a REKEY. The speaker seals under the old epoch until a STATUS states the new one as accepted
\* S17: The receiver notes the own size in the first STATUS under the new epoch.
\* S17: a STATUS under them that is not old news shows a station that was rolled back.
HearStatus(p) == \E s \in status[Other(p)] :
    LET first == s.under = Max(live[p]) /\ Cardinality(live[p]) = 2 /\ mark[p] = None
        at == IF first THEN (IF Mutant = "erased too early" THEN 0 ELSE s.size) ELSE mark[p]
        keys == IF Mutant = "erased by an entry" THEN live[p]
                ELSE Erase(live[p], at, Len(heard[p]))
    IN  /\ Counter(s) > newest[p]
        /\ s.under <= Max(live[p])
        /\ IF \/ s.contig > Len(log[p]) \/ s.contig < acked[p]
              \/ s.accepted > Len(offer[p]) \/ s.accepted < epoch[p] \/ s.under \notin live[p]
           THEN stopped' = [stopped EXCEPT ![p] = TRUE] /\ UNCHANGED <<sent, held>>
           ELSE /\ acked' = [acked EXCEPT ![p] = s.contig]
                /\ epoch' = [epoch EXCEPT ![p] = s.accepted]
                /\ live' = [live EXCEPT ![p] = keys]
                /\ mark' = [mark EXCEPT ![p] = IF Cardinality(keys) = 1 THEN None ELSE at]
                /\ newest' = [newest EXCEPT ![p] = Counter(s)]
                /\ UNCHANGED <<log, offer, known, heard, early, burnt, stopped>>
        /\ UNCHANGED made

\* S15: ids rise and never return.
\* A list may name ids that were used since it was made: they are passed over, and halt nothing.
HearPrekeys(p) == \E list \in prekeys[Other(p)] :
    LET used == IF offer[p] = <<>> THEN 0 ELSE offer[p][Len(offer[p])].id
    IN  /\ list.under \in live[p]
        /\ list.lo + list.hi + list.under > known[p].counter
        /\ known' = [known EXCEPT ![p] =
                [lo |-> list.lo, hi |-> list.hi, counter |-> list.lo + list.hi + list.under]]
        /\ stopped' = IF Mutant = "used id halts" /\ list.lo <= used /\ Len(offer[p]) = epoch[p]
                      THEN [stopped EXCEPT ![p] = TRUE] ELSE stopped
        /\ UNCHANGED <<log, epoch, offer, acked, made, held>>

Next == \E p \in Side :
    \/ Say(p) \/ Offer(p) \/ SendStatus(p) \/ MakePrekeys(p)
    \/ HearEntry(p) \/ HearRekey(p) \/ HearStatus(p) \/ HearPrekeys(p)

\* What is repeated arrives some day.
Fair == \A p \in Side :
    /\ WF_vars(Say(p)) /\ WF_vars(Offer(p)) /\ WF_vars(SendStatus(p)) /\ WF_vars(MakePrekeys(p))
    /\ WF_vars(HearEntry(p)) /\ WF_vars(HearRekey(p))
    /\ WF_vars(HearStatus(p)) /\ WF_vars(HearPrekeys(p))

Safe == Init /\ [][Next]_vars
Spec == Safe /\ Fair

-----------------------------------------------------------------------------
\* What must hold.

IsPrefix(a, b) == Len(a) <= Len(b) /\ SubSeq(b, 1, Len(a)) = a

\* Their log as we hold it is the beginning of what they said: nothing lost, doubled or changed.
Prefix == \A p \in Side : IsPrefix(heard[p], log[Other(p)])

\* No false receipt.
Receipted == \A p \in Side : acked[p] <= Len(heard[Other(p)])

\* Whatever is under way can be opened on the day it arrives.
Openable == \A p \in Side : \A n \in DOMAIN log[Other(p)] :
    n > Len(heard[p]) /\ n \notin early[p] => Opens(p, n)

TwoEpochs == \A p \in Side : Cardinality(live[p]) \in {1, 2}

\* A receiver is at most one epoch ahead of the sender, and never behind.
Gated == \A p \in Side : epoch[p] \in live[Other(p)] /\ Max(live[Other(p)]) <= Len(offer[p])

\* R3: It never falls.
Seen == \A p \in Side : \A n \in DOMAIN log[p] :
    /\ log[p][n].seen <= Len(log[Other(p)])
    /\ n > 1 => log[p][n - 1].seen <= log[p][n].seen

\* R6: The joint order of the two logs sorts by (n + 1 + seen, dir). It rises along every chain of "had seen"
\* (n begins at 1 here, so that n + seen is the first of the two.)
Before(a, b) == a[1] < b[1] \/ (a[1] = b[1] /\ a[2] < b[2])
Key(p, n) == <<n + log[p][n].seen, p>>
JointOrder == \A p \in Side : \A n \in DOMAIN log[p] :
    /\ n > 1 => Before(Key(p, n - 1), Key(p, n))
    /\ \A m \in 1..log[p][n].seen : Before(Key(Other(p), m), Key(p, n))

NeverStopped == \A p \in Side : ~stopped[p]

\* Whatever was said is heard and receipted; every step to a next epoch ends, on a line on which
\* nobody says anything too, and leaves one epoch.
Settled == <>[](\A p \in Side :
    /\ Len(heard[Other(p)]) = N(p) /\ acked[p] = N(p)
    /\ epoch[p] = E(p) /\ live[Other(p)] = {E(p)})
=============================================================================
