-- Where this station listens, and whom it calls.
CREATE TABLE bearers (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  dial    INTEGER NOT NULL CHECK (dial IN (0, 1)),
  host    TEXT NOT NULL,
  port    INTEGER NOT NULL,
  line_id BLOB,  -- the line it calls for; NULL when there is only one, or for whoever calls us
  added   REAL NOT NULL
) STRICT;
CREATE UNIQUE INDEX bearers_once ON bearers (dial, host, port, ifnull(line_id, x''));
