"""The lines that were opened: what their agreements say, with every signature checked anew."""

from __future__ import annotations

from typing import Any

from parley.core.agreement import Agreement, Paper, terms
from parley.core.errors import Refused
from parley.core.identity import Letter
from parley.station.line import meeting, stops
from parley.station.line.lines import Agreed
from parley.station.machine.folder import Home
from parley.store.sqlite import SqliteStore


def agreed(store: SqliteStore, home: Home) -> list[Agreed]:
    """Every line that was opened, with signatures checked anew; oldest first."""
    found = []
    for row in store.sql("SELECT line_id, inc FROM agreements ORDER BY opened, line_id, inc"):
        found.append(_agreed(store, home, row["line_id"], row["inc"]))
    return found


def agreement(store: SqliteStore, line_id: bytes, inc: int) -> Agreement:
    """What both roots have signed."""
    return _papers(store, line_id, inc)[0]


def _papers(store: SqliteStore, line_id: bytes, inc: int) -> tuple[Agreement, Letter, Letter]:
    row = _opened(store, line_id, inc)
    ours, theirs = Letter.parse(row["ours"]), Letter.parse(row["theirs"])
    a, b = sorted((ours, theirs), key=lambda letter: letter.fingerprint)
    return Paper.parse(row["paper"]).verify(a, b), ours, theirs


def _agreed(store: SqliteStore, home: Home, line_id: bytes, inc: int) -> Agreed:
    agreement, ours, theirs = _papers(store, line_id, inc)
    if stops.keys_gone(store, line_id, inc):
        looked_at = terms(agreement, ours, home.keys, theirs, spent=agreement.psk0, over=True)
        return Agreed.of(agreement, looked_at)
    keys = home.keys_of(ours.certificate)
    psk0, spent = meeting.kept(store, agreement, agreement.side_of(ours.fingerprint))
    return Agreed.of(
        agreement, terms(agreement, ours, keys, theirs, psk0, spent=spent).without_secret()
    )


def _opened(store: SqliteStore, line_id: bytes, inc: int) -> Any:
    rows = store.sql(
        "SELECT paper, ours, theirs FROM agreements WHERE line_id = ? AND inc = ?", (line_id, inc)
    )
    if not rows:
        raise Refused(f"There is no line {line_id.hex()[:8]} here.", "`parley status` lists them.")
    return rows[0]
