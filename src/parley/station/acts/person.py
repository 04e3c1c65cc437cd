"""A person who acts at a station, and what each role may do.

Nobody acts as somebody else: every operation is carried out for one person, who is known by a
token (`people.py`). Set-up done while no station serves is done by whoever holds the folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ROLES: dict[str, str] = {
    "operator": "sets the station up: persons, desks, letters, agreements, bearers",
    "drafter": "writes messages",
    "releaser": "releases what another person wrote",
    "watch": "receives: opens, passes on, reads back, answers tests; begins and ends calls",
    "auditor": "reads the record and who did what",
    "engineer": "sees bearers, checks, sessions and who did what; no text of a message",
    "principal": "speaks for the party in a call",
    "adviser": "takes part in a call beside the principal",
    "interpreter": "translates messages, and interprets in a call",
    "note-taker": "takes part in a call to note what is said",
}


def called(role: str) -> str:
    """A role as somebody is called by it: a watch officer, an auditor."""
    name = "watch officer" if role == "watch" else role
    return f"{'an' if name[0] in 'aeio' else 'a'} {name}"


READERS = ("drafter", "releaser", "watch", "auditor")  # who may read what was said
LOOKERS = (*READERS, "interpreter")  # who may see a message: who translates it, too
HANDLERS = ("drafter", "releaser", "watch")  # who may deal with the other side
# Who may take part in a call; the first of these that a person has is said, unless another is.
CALLERS = ("principal", "adviser", "interpreter", "note-taker", "watch")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here."""

    id: int
    name: str
    office: str
    roles: frozenset[str] = field(default_factory=frozenset)

    def view(self) -> dict[str, Any]:
        """The person as plain JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "office": self.office,
            "roles": [role for role in ROLES if role in self.roles],
        }


# Who may open the folder and hold its lock while no station serves can set the station up anyway;
# the audit trail says that it was done so.
AT_THE_MACHINE = Person(0, "somebody at the machine", "", frozenset(("operator", "auditor")))
