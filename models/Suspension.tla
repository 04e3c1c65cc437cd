----------------------------- MODULE Suspension -----------------------------
\* Suspending a line, taking it up again by a test both sign, and closing it, all of which can cross.
\*
\* Entries 50 (SUSPEND), 51 (LIFT) and 52 (CLOSE) of spec/declared.md, D1, D5, D7, D8. The state of a line is
\* read from the two logs alone, so that stations which hold the same entries are of one mind, and
\* nothing is agreed in any other way. What passes in suspension (search and rescue always) changes no
\* state and is left out; so is a suspension that takes effect later.
EXTENDS Naturals, Sequences

CONSTANTS
    Acts,      \* how many entries each side says
    Mutant     \* the rule left out, or "none"

VARIABLES
    log,       \* log[p]: what p has said, and how much it had seen of the other
    heard      \* heard[p]: how many entries of the other p has accepted

vars == <<log, heard>>

Side == {0, 1}
Other(p) == 1 - p
Kinds == {"words", "suspend", "test", "close"}
View(p) == [x \in Side |-> IF x = p THEN log[p] ELSE SubSeq(log[x], 1, heard[p])]

Init == log = [p \in Side |-> <<>>] /\ heard = [p \in Side |-> 0]

\* A test of one's own comes after the suspension; one of the other side has seen it.
TestedByOwn(logs, x, n) == \E m \in DOMAIN logs[x] : m > n /\ logs[x][m].kind = "test"
TestedByOther(logs, x, n) == \E m \in DOMAIN logs[Other(x)] :
    logs[Other(x)][m].kind = "test" /\ (logs[Other(x)][m].seen >= n \/ Mutant = "test unseen")
Lifted(logs, x, n) == IF Mutant = "one lifts"
                      THEN TestedByOwn(logs, x, n) \/ TestedByOther(logs, x, n)
                      ELSE TestedByOwn(logs, x, n) /\ TestedByOther(logs, x, n)

Closed(logs) == \E x \in Side : \E n \in DOMAIN logs[x] : logs[x][n].kind = "close"
Suspended(logs) == \E x \in Side : \E n \in DOMAIN logs[x] :
    logs[x][n].kind = "suspend" /\ ~Lifted(logs, x, n)
State(logs) == IF Closed(logs) THEN "closed" ELSE IF Suspended(logs) THEN "suspended" ELSE "open"

\* Who has not closed yet answers a close with its own.
MaySay(p, kind) ==
    CASE kind = "words" -> State(View(p)) = "open"
      [] kind = "suspend" -> State(View(p)) # "closed"
      [] kind = "test" -> State(View(p)) = "suspended"
      [] kind = "close" -> \A n \in DOMAIN log[p] : log[p][n].kind # "close"

Say(p) == \E kind \in Kinds :
    /\ Len(log[p]) < Acts
    /\ MaySay(p, kind) \/ (Mutant = "says on" /\ kind = "words" /\ State(View(p)) = "closed")
    /\ log' = [log EXCEPT ![p] = Append(@, [kind |-> kind, seen |-> heard[p]])]
    /\ UNCHANGED heard

\* L10: Entries join the record strictly by number.
Hear(p) ==
    /\ heard[p] < Len(log[Other(p)])
    /\ heard' = [heard EXCEPT ![p] = @ + 1]
    /\ UNCHANGED log

Safe == Init /\ [][\E p \in Side : Say(p) \/ Hear(p)]_vars

-----------------------------------------------------------------------------
\* What must hold.

\* Who has heard all is of one mind with the other.
SameState == (\A p \in Side : heard[p] = Len(log[Other(p)])) => State(View(0)) = State(View(1))

\* Words are said only by one who knows of no standing suspension.
Before(p, n) == [x \in Side |-> IF x = p THEN SubSeq(log[p], 1, n - 1)
                                ELSE SubSeq(log[x], 1, log[p][n].seen)]
Respected == \A p \in Side : \A n \in DOMAIN log[p] :
    log[p][n].kind = "words" => ~Suspended(Before(p, n))

\* Words after a suspension both know of come only after both have tested since they knew of it.
LiftedByBoth == \A p \in Side : \A n \in DOMAIN log[p] : log[p][n].kind = "words" =>
    \A x \in Side : \A m \in DOMAIN Before(p, n)[x] : Before(p, n)[x][m].kind = "suspend" =>
        /\ \E t \in DOMAIN log[x] : t > m /\ log[x][t].kind = "test"
        /\ \E t \in DOMAIN log[Other(x)] :
            log[Other(x)][t].kind = "test" /\ log[Other(x)][t].seen >= m

\* After a close, one's own or one that was heard, nothing is said but the answering close.
Final == \A p \in Side : \A n \in DOMAIN log[p] :
    Closed(Before(p, n)) => /\ log[p][n].kind = "close"
                            /\ \A m \in 1..n - 1 : log[p][m].kind # "close"
=============================================================================
