"""What a new agreement is held against: those that are in force, and the papers on their way."""

from __future__ import annotations

from parley.core.agreement import Agreement, Paper
from parley.store.sqlite import SqliteStore


def last(store: SqliteStore, agreement: Agreement) -> Agreement | None:
    """What an agreement is held against: the last paper of its line, or the last agreement with
    the same party at the same level."""
    on_its_way = store.sql(
        "SELECT paper FROM proposals WHERE line_id = ? ORDER BY at DESC", (agreement.line_id,)
    )
    in_force = store.sql("SELECT paper FROM agreements ORDER BY opened DESC")
    for row in [*on_its_way, *in_force]:
        found = Paper.parse(row["paper"]).agreement
        alike = (found.fingerprints, found.level) == (agreement.fingerprints, agreement.level)
        if found != agreement and (alike or found.line_id == agreement.line_id):
            return found
    return None


def suite_before(store: SqliteStore, agreement: Agreement) -> int:
    """The strongest suite that this one may not fall behind unseen: that of the last agreement with
    the same party at the same level, and what we proposed or answered for this line (U7)."""
    papers = store.sql("SELECT paper FROM proposals WHERE line_id = ?", (agreement.line_id,))
    suites = [Paper.parse(row["paper"]).agreement.suite for row in papers]
    for row in store.sql("SELECT paper FROM agreements ORDER BY opened DESC"):
        found = Paper.parse(row["paper"]).agreement
        alike = (found.fingerprints, found.level) == (agreement.fingerprints, agreement.level)
        if alike or found.hash == agreement.replaces:
            suites.append(found.suite)
            break
    return max(suites, default=1)
