"""The secrets of a meeting, given again: one side gave others than the other, so neither opens.

Both stations refuse each other's opening of the line and say why. Whoever gave the wrong files
gives the right ones, and the line opens under the same OPEN (spec/seal.md, S19).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from parley.core.errors import Refused
from parley.core.greeting import CARRIED
from parley.station.acts.operations import operation
from parley.station.acts.person import Person
from parley.station.line import meeting, opened
from parley.station.line.lines import OpenLine
from parley.station.parties.letters import from_base64

if TYPE_CHECKING:
    from parley.station.station import Station


@operation("agree.secrets", roles=("operator",), setup=True)
def agree_secrets(
    station: Station, who: Person, *, psk: list[str], line: str | None = None
) -> dict[str, Any]:
    """Give what both parties brought to the meeting once more, while the line is not open."""
    open_line = station.line(line).current
    agreement = opened.agreement(station.store, *open_line.base_key)
    secret = meeting.joined(agreement, [from_base64("secret", each) for each in psk])
    if open_line.stop is not None:
        raise Refused(f"The line is stopped: {open_line.stop.why}.", open_line.stop.hint)
    cells = station.store.load(*open_line.base_key, open_line.ours).cells
    if "prekey" not in cells:
        raise Refused(
            "Their opening of the line came in with the secret that was given here: it is right.",
            "`parley status` shows how the line stands.",
            "S19",
        )
    if secret == meeting.unmixed(station.store, *open_line.base_key):
        raise Refused(
            "These are the secrets that were given here before.",
            f"Where they are right, {open_line.agreed.counterpart} gives its own once more.",
            "S19",
        )
    if "open" in cells and CARRIED not in cells:
        raise Refused(
            "An earlier version made our opening of this line and kept nothing that lets another"
            " secret in.",
            "Agree anew: `parley agree propose --replaces LINE`.",
            "S19",
        )
    meeting.keep(station.store, agreement, secret)
    station.after_commit(partial(_take_up_again, station, open_line))
    return {
        "line": open_line.agreed.hex,
        "name": open_line.agreed.name,
        "counterpart": open_line.agreed.counterpart,
    }


def _take_up_again(station: Station, open_line: OpenLine) -> None:
    """As it is durable now; what follows is done in the next step."""
    station.reload(open_line)
    if open_line.paths:
        open_line.line.path_up(station.now)
    station.in_next_step(lambda: None)
