-- Keys that are lost or replaced, and lines that people or papers have stopped.

-- Why a line of ours stands still, or is over. Nothing is ever deleted here.
CREATE TABLE stops (
  id      INTEGER PRIMARY KEY,
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  kind    TEXT NOT NULL CHECK (kind IN ('person', 'revoked', 'replaced')),
  why     TEXT NOT NULL,  -- a sentence
  person  INTEGER,        -- who stopped it; NULL when a paper did
  at      REAL NOT NULL,
  undone  REAL            -- people may go on; papers are for good
) STRICT;
CREATE UNIQUE INDEX stops_in_force ON stops (line_id, inc, kind) WHERE undone IS NULL;

-- Certificates that a root took back, ours too.
CREATE TABLE revocations (
  id          INTEGER PRIMARY KEY,
  fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 20),
  upto        INTEGER NOT NULL,
  reason      TEXT NOT NULL,
  made        INTEGER NOT NULL,
  file        BLOB NOT NULL,
  accepted    REAL NOT NULL
) STRICT;

-- Roots that took the place of others, ours too: one heir each.
CREATE TABLE successions (
  fingerprint BLOB PRIMARY KEY CHECK (length(fingerprint) = 20),
  heir        BLOB NOT NULL UNIQUE CHECK (length(heir) = 20),
  file        BLOB NOT NULL,
  accepted    REAL NOT NULL
) STRICT;

-- Papers that were refused and prove something against whoever signed them.
CREATE TABLE refused_papers (
  id          INTEGER PRIMARY KEY,
  fingerprint BLOB NOT NULL,
  why         TEXT NOT NULL,
  file        BLOB NOT NULL,
  hash        BLOB NOT NULL UNIQUE,
  at          REAL NOT NULL
) STRICT;

-- The spoken phrase by which a line is stopped on a voice call, never in the clear.
CREATE TABLE phrases (
  line_id BLOB PRIMARY KEY,
  salt    BLOB NOT NULL,
  hash    BLOB NOT NULL,
  at      REAL NOT NULL
) STRICT;

-- A draft that was released on an earlier life of its line, was not received, and came back.
ALTER TABLE drafts ADD COLUMN returned TEXT;
