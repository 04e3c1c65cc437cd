------------------------------- MODULE Record -------------------------------
\* Who can show a third party two pasts: one log, a writer that lies, a reader, an arbiter.
\*
\* A root stands for the entries under it, so it is modelled by them; signatures are not forged. The
\* writer X signs whatever it likes and sends whatever it likes. The reader Y follows the rules. The
\* arbiter believes a head that X signed as CHECKPOINT and Y as COSIGN.
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
    Size,       \* the longest log
    Words,      \* what an entry can say
    Restores,   \* whether Y may be restored from a backup, once
    Mutant      \* the rule left out, or "none"

VARIABLES
    copy,       \* the log of X as Y holds it
    shown,      \* what Y's people were shown, entry by entry: never taken back
    cosigned,   \* heads Y has signed
    signed,     \* heads X has signed
    stopped,    \* Y has halted
    evidence,   \* the CHECKPOINT Y kept because it contradicts what X sent
    backup,     \* an earlier copy
    restored,   \* "no", "unknown" (to Y's people), "declared"
    closed      \* Y cosigns nothing more in this incarnation

vars == <<copy, shown, cosigned, signed, stopped, evidence, backup, restored, closed>>

Logs == UNION {[1..n -> Words] : n \in 0..Size}
IsPrefix(a, b) == Len(a) <= Len(b) /\ SubSeq(b, 1, Len(a)) = a
Agree(a, b) == IsPrefix(a, b) \/ IsPrefix(b, a)
None == <<>>   \* no head is empty

Init ==
    /\ copy = <<>> /\ shown = <<>> /\ cosigned = {} /\ signed = {} /\ stopped = FALSE
    /\ evidence = None /\ backup = <<>> /\ restored = "no" /\ closed = FALSE

\* R5: An entry of a log is never changed or removed.
HearEntry == \E word \in Words :
    /\ Len(copy) < Size
    /\ copy' = Append(copy, word)
    /\ shown' = IF Len(copy) = Len(shown) THEN Append(shown, word) ELSE shown
    /\ UNCHANGED <<cosigned, signed, stopped, evidence, backup, restored, closed>>

\* R8: A log key signs its own log's text
\* Nothing makes X sign only one past.
Sign == \E head \in Logs \ {<<>>} :
    /\ head \notin signed
    /\ Cardinality(signed) < 2
    /\ signed' = signed \cup {head}
    /\ UNCHANGED <<copy, shown, cosigned, stopped, evidence, backup, restored, closed>>

\* L12: A CHECKPOINT for entries we lack is too early and is not kept.
\* L16: The first CHECKPOINT that contradicts what they sent is kept
HearCheckpoint == \E head \in signed :
    /\ Len(head) <= Len(copy) /\ head # SubSeq(copy, 1, Len(head))
    /\ evidence = None
    /\ evidence' = head /\ stopped' = TRUE
    /\ UNCHANGED <<copy, shown, cosigned, signed, backup, restored, closed>>

\* R9: only a root it computed itself over entries that are durable at its own station
\* L18: In HALT no entry, CHECKPOINT or COSIGN is made or sent
Cosign == \E head \in Logs \ {<<>>} :
    /\ ~stopped /\ ~closed
    /\ head \notin cosigned
    /\ IF Mutant = "signs their root" THEN head \in signed ELSE head = copy
    /\ cosigned' = cosigned \cup {head}
    /\ UNCHANGED <<copy, shown, signed, stopped, evidence, backup, restored, closed>>

Backup ==
    /\ Restores /\ restored = "no" /\ backup # copy
    /\ backup' = copy
    /\ UNCHANGED <<copy, shown, cosigned, signed, stopped, evidence, restored, closed>>

\* What Y signed since is forgotten with the rest. If its people say that it was restored, the log
\* of this incarnation is closed: whatever X supplies, Y puts no second signature under it.
Restore ==
    /\ Restores /\ restored = "no"
    /\ copy' = backup /\ evidence' = None /\ stopped' = FALSE
    /\ restored' = IF Mutant = "restored unsaid" THEN "unknown" ELSE "declared"
    /\ closed' = (Mutant \notin {"restored unsaid", "cosigns what was supplied"})
    /\ UNCHANGED <<shown, cosigned, signed, backup>>

Next == HearEntry \/ Sign \/ HearCheckpoint \/ Cosign \/ Backup \/ Restore

Safe == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
\* What must hold.

\* The arbiter is never shown two pasts that bear both signatures.
NoFork == \A a, b \in signed \cap cosigned : Agree(a, b)

\* Y never signs for what its people were not shown.
Computed == \A head \in cosigned : IsPrefix(head, shown)

\* A halt over a CHECKPOINT leaves the proof: what X signed, beside what X sent.
Proof == stopped => evidence # None /\ evidence \in signed /\ ~Agree(evidence, copy)

\* A reader who cosigned cannot deny: what it signed for is in its copy until it is restored.
Bound == restored = "no" => \A head \in cosigned : IsPrefix(head, copy)
=============================================================================
