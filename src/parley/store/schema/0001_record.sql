-- The record of every line, and what a line needs to go on after a restart.
-- Tables keyed by (line_id, inc, ...) serve one incarnation of one line.

-- One row a line and incarnation. Sizes are by direction: 0 is A to B, 1 is B to A.
CREATE TABLE records (
  id      INTEGER PRIMARY KEY,
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  side    INTEGER NOT NULL CHECK (side IN (0, 1)),
  size_0  INTEGER NOT NULL DEFAULT 0,
  size_1  INTEGER NOT NULL DEFAULT 0,
  UNIQUE (line_id, inc)
) STRICT;

-- Both logs. `id` is the order in which entries joined our record.
CREATE TABLE entries (
  id      INTEGER PRIMARY KEY,
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  dir     INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  type    INTEGER NOT NULL,
  marks   INTEGER NOT NULL,
  time    INTEGER NOT NULL,
  seen    INTEGER NOT NULL,
  et      BLOB NOT NULL,
  blind   BLOB NOT NULL,
  body    BLOB NOT NULL,
  leaf    BLOB NOT NULL,
  root    BLOB NOT NULL,
  wall    REAL NOT NULL,
  UNIQUE (line_id, inc, dir, n)
) STRICT;

-- Authentic entries of theirs that came before one with a lower number.
CREATE TABLE held (
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  type    INTEGER NOT NULL,
  marks   INTEGER NOT NULL,
  time    INTEGER NOT NULL,
  seen16  INTEGER NOT NULL,
  et      BLOB NOT NULL,
  blind   BLOB NOT NULL,
  body    BLOB NOT NULL,
  PRIMARY KEY (line_id, inc, n)
) STRICT;

-- Released entries of ours that have no number yet.
CREATE TABLE queue (
  line_id    BLOB NOT NULL,
  inc        INTEGER NOT NULL,
  id         INTEGER NOT NULL,
  precedence INTEGER NOT NULL,
  type       INTEGER NOT NULL,
  marks      INTEGER NOT NULL,
  body       BLOB NOT NULL,
  PRIMARY KEY (line_id, inc, id)
) STRICT;

-- Numbered and sealed, not yet receipted: sent again as they are, never sealed again.
CREATE TABLE outbox (
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  frame   BLOB NOT NULL,
  PRIMARY KEY (line_id, inc, n)
) STRICT;

-- Signed heads, theirs and ours, as they came.
CREATE TABLE heads (
  id      INTEGER PRIMARY KEY,
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  dir     INTEGER NOT NULL,
  size    INTEGER NOT NULL,
  root    BLOB NOT NULL,
  kind    TEXT NOT NULL,
  time    INTEGER NOT NULL,
  block   BLOB NOT NULL,
  wall    REAL NOT NULL
) STRICT;
CREATE INDEX heads_of_a_line ON heads (line_id, inc);

-- Small named values, keys among them. The values themselves are in `slots`, in pieces of one
-- size that are only ever overwritten in place: secure_delete clears what is deleted, but not the
-- copies SQLite leaves behind when it moves a row of another size within or between pages.
CREATE TABLE cells (
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  name    TEXT NOT NULL,
  part    INTEGER NOT NULL,
  slot    INTEGER NOT NULL UNIQUE REFERENCES slots (id),
  PRIMARY KEY (line_id, inc, name, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE slots (
  id      INTEGER PRIMARY KEY,
  content BLOB NOT NULL CHECK (length(content) = 256)  -- two bytes of length, value, zeros
) STRICT;

CREATE TABLE slots_free (
  id      INTEGER PRIMARY KEY REFERENCES slots (id)
) STRICT;
