"""Fresh keys on request: somebody may have copied ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.effects import LineState
from parley.station.acts.operations import operation
from parley.station.acts.person import Person
from parley.station.line.standing import check_not_closed

if TYPE_CHECKING:
    from parley.station.station import Station


@operation("line.renew", roles=("watch",))
def renew(station: Station, who: Person, *, line: str | None = None) -> dict[str, Any]:
    """Ask for fresh keys in both directions; they are in use once both stations have spoken."""
    open_line = station.line(line).current
    state = station.state(open_line)
    open_line.check_not_halted(state)
    check_not_closed(open_line)
    open_line.line.renew()
    waiting = None if state.in_service and state.path_up else open_line.why_no_keys(state)
    return {"line": open_line.agreed.hex, "waiting": waiting, **keys_view(state)}


def keys_view(state: LineState) -> dict[str, Any]:
    """How fresh the keys of a line are: keys copied before `healed` read nothing that comes after
    it (spec/line.md L29)."""
    return {
        "epochs": {"ours": state.epochs[0], "theirs": state.epochs[1]},
        "healed": {"ours": state.healed.ours, "theirs": state.healed.theirs},
        "healed_against_quantum": state.healed.quantum,
    }
