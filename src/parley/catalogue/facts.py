"""What is open at a station, in sentences: a word that says which fact it is, and named values.

The word and the values are what two officers sign; the sentence says them in English, and in the
other languages of the console (docs/decisions/0056).
"""

from __future__ import annotations

from collections.abc import Mapping

# Every fact in a sentence. A value of the last five names is words of the station itself.
SENTENCES: Mapping[str, str] = {
    "message.theirs.missed": "The %(precedence)s %(n)s of %(counterpart)s on %(line)s, kept"
    " %(kept)s, is not opened; nobody answered by %(by)s.",
    "message.theirs.called": "The %(precedence)s %(n)s of %(counterpart)s on %(line)s, kept"
    " %(kept)s, is not opened; %(called)s is called, until %(by)s.",
    "message.theirs.running": "The %(precedence)s %(n)s of %(counterpart)s on %(line)s, kept"
    " %(kept)s, is not opened; its clock runs until %(by)s.",
    "message.ours.missed": "The %(precedence)s %(n)s of ours on %(line)s, kept %(kept)s, is not"
    " acknowledged there; nobody answered by %(by)s.",
    "message.ours.called": "The %(precedence)s %(n)s of ours on %(line)s, kept %(kept)s, is not"
    " acknowledged there; %(called)s is called, until %(by)s.",
    "message.ours.running": "The %(precedence)s %(n)s of ours on %(line)s, kept %(kept)s, is not"
    " acknowledged there; its clock runs until %(by)s.",
    "reply.ours": "Message %(n)s of %(counterpart)s on %(line)s wants our reply by %(by)s.",
    "reply.theirs": "Message %(n)s of ours on %(line)s wants their reply by %(by)s.",
    "line.stopped": "The line %(line)s is stopped: %(why)s.",
    "line.halted": "The line %(line)s is halted: %(why)s.",
    "line.closed": "The line %(line)s is closed. %(declared)s",
    "line.not-opened": "The line %(line)s has not been opened by both stations yet.",
    "line.silent": "The line %(line)s is silent.",
    "line.not-heard": "The line %(line)s has not been heard since the start.",
    "line.declared": "Declared on %(line)s: %(declared)s",
    "line.ours-not-filled": "The line %(line)s is not in service, our desk is not filled: %(gap)s.",
    "line.theirs-not-filled": "The line %(line)s is not in service, their desk is not filled:"
    " %(gap)s.",
    "test.due": "A human test on %(line)s is due by %(by)s.",
    "call.ours": "Our request for a call, message %(n)s on %(line)s: %(state)s.",
    "call.theirs": "The request of %(counterpart)s for a call, message %(n)s on %(line)s:"
    " %(state)s.",
    "minute.waits": "A minute on %(line)s waits for us: %(minute)s",
    "desk.empty": "Nobody holds the desk %(desk)s.",
    "desk.deaf": "The desk %(desk)s is deaf: no tab of who holds it rings.",
    "draft.released": "Draft %(draft)s, %(precedence)s, on %(line)s: released, and not sent yet.",
    "draft.held": "Draft %(draft)s, %(precedence)s, on %(line)s: held by %(person)s.",
    "draft.sent-back": "Draft %(draft)s, %(precedence)s, on %(line)s: sent back by %(person)s.",
    "draft.open": "Draft %(draft)s, %(precedence)s, on %(line)s: open, nobody has released it.",
    # what is wrong with the duty roster, and who has not come
    "roster.nobody": "Nobody is due at %(desk)s, and nobody later.",
    "roster.nobody-from": "Nobody is due at %(desk)s from %(since)s on.",
    "roster.gap-until": "Nobody is due at %(desk)s until %(until)s.",
    "roster.gap": "Nobody is due at %(desk)s from %(since)s until %(until)s.",
    "roster.two-desks": "%(person)s is due at %(desk)s and at %(other)s at once,"
    " from %(since)s until %(until)s.",
    "roster.twice": "%(person)s stands twice at %(desk)s from %(since)s until %(until)s.",
    "roster.two-persons": "%(person)s and %(second)s are both due at %(desk)s"
    " from %(since)s until %(until)s.",
    "roster.no-watch": "%(person)s was due at %(desk)s at %(since)s and has not taken the watch.",
    "roster.not-there": "%(person)s was due at %(desk)s at %(since)s and does not hold the desk.",
}
OUR_WORDS = frozenset(("why", "declared", "gap", "state", "minute"))
