"""The audit trail, for the auditor: newest first, a page at a time."""

from __future__ import annotations

from starlette.responses import Response

from parley.console import acts
from parley.console.desk import Visit

ROWS = 200


async def show(visit: Visit) -> Response:
    """GET /audit"""
    asked = visit.query("from")
    start = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
    answer = await visit.call("audit", limit=ROWS, **({} if start is None else {"start": start}))
    rows = answer["rows"]
    first = rows[0]["id"] if rows else 1
    return await visit.page(
        "audit.html",
        await visit.frame(),
        head=answer["head"],
        rows=[
            {
                "n": row["id"],
                "at": row["at"],
                "who": acts.who(row["name"], row["person"]),
                "did": acts.did(row["act"], row["outcome"]),
                "what": acts.to_what(row["arguments"]),
                "outcome": acts.outcome(row["act"], row["outcome"]),
            }
            for row in reversed(rows)
        ],
        earlier=f"?from={max(1, first - ROWS)}" if first > 1 else None,
        later=f"?from={first + ROWS}" if start is not None and len(rows) == ROWS else None,
    )
