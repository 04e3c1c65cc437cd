-------------------------------- MODULE Life --------------------------------
\* A station restored from a backup: how it is found out, and how the line begins a new life.
\*
\* A root stands for the entries under it, so it is modelled by them. An entry is the number of
\* restorations its writer had behind it, so that what is said again after one is another entry.
\* RESUME is signed by the station and needs no key of an epoch; STATUS and entries do.
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
    N0, N1,      \* how many entries each side says in an incarnation
    MaxInc,      \* the last incarnation
    Restores,    \* who may be restored, once each: a set of sides
    Planned,     \* whether people may also resume without an accident, from the first incarnation
    Mutant       \* the rule left out, or "none"

VARIABLES
    disk,        \* disk[p]: what station p holds
    backup,      \* backup[p]: a copy of it from an earlier moment
    restored,    \* the sides that were restored
    hears,       \* hears[p]: whether p can open what the other seals in this incarnation
    wire,        \* wire[p]: the newest STATUS p has sent
    entries,     \* entries[p]: every entry p ever sent, as <<keys, number, entry>>
    resumes,     \* resumes[p]: every RESUME p ever sent
    opens,       \* opens[p]: every OPEN p sent after them, as the pair of RESUMEs it binds
    receipted    \* receipted[p][i]: what p was once told is receipted in incarnation i, kept by nobody

vars == <<disk, backup, restored, hears, wire, entries, resumes, opens, receipted>>

Side == {0, 1}
Other(p) == 1 - p
N(p) == IF p = 0 THEN N0 ELSE N1
Inc == 1..MaxInc
None == [inc |-> 0]
Max(S) == CHOOSE x \in S : \A y \in S : y <= x
IsPrefix(a, b) == Len(a) <= Len(b) /\ SubSeq(b, 1, Len(a)) = a
Agree(a, b) == IsPrefix(a, b) \/ IsPrefix(b, a)
Longer(a, b) == IF Len(a) >= Len(b) THEN a ELSE b
Empty == [x \in Side |-> <<>>]

New(inc, keys, past, made, held) == [inc |-> inc, keys |-> keys, logs |-> Empty, last |-> Empty,
                                     halted |-> FALSE, past |-> past, made |-> made, held |-> held]

First == New(1, <<None, None>>, <<>>, [i \in Inc |-> None], [i \in Inc |-> None])

Init ==
    /\ disk = [p \in Side |-> First]
    /\ backup = disk /\ restored = {}
    /\ hears = [p \in Side |-> TRUE]
    /\ wire = [p \in Side |-> [keys |-> First.keys, logs |-> Empty]]
    /\ entries = [p \in Side |-> {}] /\ resumes = [p \in Side |-> {}] /\ opens = [p \in Side |-> {}]
    /\ receipted = [p \in Side |-> [i \in Inc |-> <<>>]]

\* The newest incarnation p has made or accepted a RESUME for.
Newest(p) == Max({disk[p].inc} \cup {i \in Inc : disk[p].made[i] # None \/ disk[p].held[i] # None})
Resuming(p) == \E i \in Inc : i > disk[p].inc /\ disk[p].made[i] # None

-----------------------------------------------------------------------------
\* The line at work.

\* L18: In HALT no entry, CHECKPOINT or COSIGN is made or sent
Say(p) ==
    LET log == disk[p].logs[p]
        entry == IF p \in restored THEN 1 ELSE 0
    IN  /\ ~disk[p].halted /\ ~Resuming(p) /\ Len(log) < N(p)
        /\ disk' = [disk EXCEPT ![p].logs[p] = Append(log, entry)]
        /\ entries' = [entries EXCEPT ![p] = @ \cup {<<disk[p].keys, Len(log) + 1, entry>>}]
        /\ UNCHANGED <<backup, restored, hears, wire, resumes, opens, receipted>>

\* Who has made a RESUME has stated what it holds, and accepts nothing more of the old incarnation.
\* L16: for a size not yet reached, when it is reached
HearEntry(p) == \E sent \in entries[Other(p)] :
    LET q == Other(p)
        log == Append(disk[p].logs[q], sent[3])
    IN  /\ hears[p] /\ ~Resuming(p)
        /\ sent[1] = disk[p].keys /\ sent[2] = Len(log)
        /\ disk' = [disk EXCEPT ![p].logs[q] = log, ![p].halted =
                @ \/ (Mutant # "root forgotten" /\ ~Agree(log, disk[p].last[q]))]
        /\ UNCHANGED <<backup, restored, hears, wire, entries, resumes, opens, receipted>>

SendStatus(p) ==
    LET now == [keys |-> disk[p].keys, logs |-> disk[p].logs]
    IN  /\ wire[p] # now
        /\ wire' = [wire EXCEPT ![p] = now]
        /\ UNCHANGED <<disk, backup, restored, hears, entries, resumes, opens, receipted>>

\* L15: It halts on a STATUS whose contig or SACK is above the size of our log, or whose contig is below
\* L15: whose size is below an earlier one
\* L16: It halts when a root they state, in STATUS or signed, differs from ours at the same size
HearStatus(p) ==
    LET q == Other(p)
        s == wire[q]
        ours == disk[p]
        false == \/ Len(s.logs[p]) > Len(ours.logs[p])
                 \/ Len(s.logs[p]) < Len(ours.last[p]) \/ Len(s.logs[q]) < Len(ours.last[q])
                 \/ ~Agree(s.logs[p], ours.logs[p]) \/ ~Agree(s.logs[q], ours.logs[q])
    IN  /\ hears[p] /\ s.keys = ours.keys /\ ~ours.halted
        /\ IF false /\ Mutant # "no halt"
           THEN /\ disk' = [disk EXCEPT ![p].halted = TRUE]
                /\ UNCHANGED receipted
           ELSE /\ disk' = [disk EXCEPT ![p].last = s.logs]
                /\ receipted' = IF Len(s.logs[p]) <= Len(ours.logs[p])
                                THEN [receipted EXCEPT ![p][ours.inc] = Longer(@, s.logs[p])]
                                ELSE receipted
        /\ disk' # disk
        /\ UNCHANGED <<backup, restored, hears, wire, entries, resumes, opens>>

-----------------------------------------------------------------------------
\* The accident.

Backup(p) ==
    /\ p \in Restores \ restored /\ backup[p] = First /\ backup[p] # disk[p]
    /\ backup' = [backup EXCEPT ![p] = disk[p]]
    /\ UNCHANGED <<disk, restored, hears, wire, entries, resumes, opens, receipted>>

\* An epoch may have gone by since, or the counters: then one of the two, or both, hear nothing.
Restore(p) ==
    /\ p \in Restores \ restored
    /\ disk' = [disk EXCEPT ![p] = backup[p]]
    /\ restored' = restored \cup {p}
    /\ \E we, they \in BOOLEAN :
        hears' = [x \in Side |-> IF disk[p].inc # backup[p].inc THEN FALSE
                                 ELSE IF x = p THEN we /\ hears[x] ELSE they /\ hears[x]]
    /\ wire' = [wire EXCEPT ![p] = [keys |-> backup[p].keys, logs |-> backup[p].logs]]
    /\ UNCHANGED <<backup, entries, resumes, opens, receipted>>

-----------------------------------------------------------------------------
\* The way on.

\* RESUME for incarnation i: stored, then sent; it names the incarnation whose logs it states. Its
\* prekey is fresh, so one made again after a restoration is another one.
Make(p, i) ==
    LET doc == [inc |-> i, of |-> disk[p].inc, logs |-> disk[p].logs, past |-> disk[p].past,
                prekey |-> IF p \in restored THEN 1 ELSE 0]
    IN  /\ i \in Inc /\ disk[p].made[i] = None
        /\ disk' = [disk EXCEPT ![p].made[i] = doc]
        /\ resumes' = [resumes EXCEPT ![p] = @ \cup {doc}]

\* People resume when their station has halted or nothing is heard; a station answers a RESUME with
\* its own of the same incarnation.
Resume(p) ==
    /\ \/ /\ \/ disk[p].halted \/ ~hears[p] \/ ~hears[Other(p)]
             \/ Planned /\ disk[p].inc = 1
          /\ Newest(p) = disk[p].inc /\ Make(p, Newest(p) + 1)
       \/ /\ Newest(p) > disk[p].inc /\ disk[p].held[Newest(p)] # None /\ Make(p, Newest(p))
    /\ UNCHANGED <<backup, restored, hears, wire, entries, opens, receipted>>

\* One that contradicts an earlier one, or comes from a life that has ended, is never accepted: it
\* shows a station that lost its past, and is answered with the next incarnation.
HearResume(p) == \E doc \in resumes[Other(p)] :
    LET stale == doc.inc <= disk[p].inc \/ disk[p].held[doc.inc] # None
    IN  /\ doc # disk[p].held[doc.inc]
        /\ IF ~stale
           THEN disk' = [disk EXCEPT ![p].held[doc.inc] = doc] /\ UNCHANGED resumes
           ELSE /\ Mutant # "contradiction ignored"
                /\ Newest(p) <= doc.inc \/ Newest(p) = disk[p].inc
                /\ Make(p, Newest(p) + 1)
        /\ UNCHANGED <<backup, restored, hears, wire, entries, opens, receipted>>

\* What the ended incarnation says, from the two RESUMEs alone: of each log the longer, and where the
\* two differ what its reader held, because a reader accepts a number once.
Ended(ours, theirs, p) ==
    LET q == Other(p)
        mine == IF Agree(ours.logs[p], theirs.logs[p]) THEN Longer(ours.logs[p], theirs.logs[p])
                ELSE theirs.logs[p]
        yours == IF Agree(ours.logs[q], theirs.logs[q]) THEN Longer(ours.logs[q], theirs.logs[q])
                 ELSE ours.logs[q]
    IN  [x \in Side |-> IF x = p THEN mine ELSE yours]

\* An OPEN binds both RESUMEs, so it is accepted only by who holds the same two.
Pair(p, i) == IF p = 0 THEN <<disk[p].made[i], disk[p].held[i]>>
              ELSE <<disk[p].held[i], disk[p].made[i]>>
Ready(p, i) == i > disk[p].inc /\ disk[p].made[i] # None /\ disk[p].held[i] # None

SendOpen(p) == \E i \in Inc :
    /\ Ready(p, i) /\ Pair(p, i) \notin opens[p]
    /\ opens' = [opens EXCEPT ![p] = @ \cup {Pair(p, i)}]
    /\ UNCHANGED <<disk, backup, restored, hears, wire, entries, resumes, receipted>>

\* The old incarnation ends when their OPEN of the next is accepted, and not before. Who lacks
\* something is supplied; entry 0 names what has ended.
Accept(p) == \E i \in Inc :
    LET ours == disk[p].made[i]
        theirs == disk[p].held[i]
        past == IF Mutant = "no supply" THEN Append(ours.past, ours.logs)
                ELSE IF ours.of = theirs.of THEN Append(ours.past, Ended(ours, theirs, p))
                ELSE IF ours.of > theirs.of THEN Append(ours.past, ours.logs)
                ELSE Append(theirs.past, theirs.logs)
    IN  /\ Ready(p, i) /\ Pair(p, i) \in opens[p]
        /\ Pair(p, i) \in opens[Other(p)] \/ Mutant = "ended by RESUME"
        /\ disk' = [disk EXCEPT ![p] = New(i, Pair(p, i), past, disk[p].made, disk[p].held)]
        /\ hears' = [hears EXCEPT ![p] = TRUE]
        /\ UNCHANGED <<backup, restored, wire, entries, resumes, opens, receipted>>

Next == \E p \in Side :
    \/ Say(p) \/ HearEntry(p) \/ SendStatus(p) \/ HearStatus(p)
    \/ Backup(p) \/ Restore(p) \/ Resume(p) \/ HearResume(p)
    \/ SendOpen(p) \/ Accept(p)

Fair == \A p \in Side :
    /\ WF_vars(Say(p)) /\ WF_vars(HearEntry(p)) /\ WF_vars(SendStatus(p)) /\ WF_vars(HearStatus(p))
    /\ WF_vars(Resume(p)) /\ WF_vars(HearResume(p))
    /\ WF_vars(SendOpen(p)) /\ WF_vars(Accept(p))

Safe == Init /\ [][Next]_vars
Spec == Safe /\ Fair

-----------------------------------------------------------------------------
\* What must hold.

\* Two stations in one incarnation say the same of those before it.
OnePast == disk[0].inc = disk[1].inc => disk[0].past = disk[1].past

\* What was receipted once stands in the record on both sides, whoever was restored.
NothingLost == \A p, q \in Side : \A i \in DOMAIN disk[p].past :
    IsPrefix(receipted[q][i], disk[p].past[i][q])


\* Who goes on after the newest STATUS of the other holds no other record than it does.
Noticed == \A p \in Side : LET q == Other(p) IN
    /\ disk[p].keys = disk[q].keys /\ ~disk[p].halted /\ disk[p].last = disk[q].logs
    => \A x \in Side : Agree(disk[p].logs[x], disk[q].logs[x])

\* In the end both speak again, in one incarnation, with one record.
Again == <>[](/\ disk[0].inc = disk[1].inc
              /\ \A p \in Side : /\ ~disk[p].halted /\ hears[p]
                                 /\ disk[p].logs = disk[Other(p)].logs
                                 /\ Len(disk[p].logs[p]) = N(p))
=============================================================================
