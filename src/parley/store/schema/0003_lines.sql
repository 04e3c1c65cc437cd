-- Whom we know, what was proposed, and what was agreed.

-- Letters of introduction we accepted. One row of a fingerprint is in force; those it replaced stay.
CREATE TABLE letters (
  id          INTEGER PRIMARY KEY,
  fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 20),
  party       TEXT NOT NULL,
  compared    INTEGER NOT NULL CHECK (compared IN (0, 1)),  -- a person typed the digits they heard
  file        BLOB NOT NULL,
  accepted    REAL NOT NULL,
  replaced    REAL
) STRICT;
CREATE UNIQUE INDEX letters_in_force ON letters (fingerprint) WHERE replaced IS NULL;

-- Agreements on their way. `key` is the hash of the agreement with our part alone, which is what we
-- answer for; the private half of its prekey is the station's secret "prekey <key>".
CREATE TABLE proposals (
  key     BLOB PRIMARY KEY CHECK (length(key) = 32),
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  answers BLOB,           -- hash of their proposal, when it was theirs
  paper   BLOB NOT NULL,
  at      REAL NOT NULL
) STRICT;

-- Agreements that opened a line, with the letters they were made from.
CREATE TABLE agreements (
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  name    TEXT NOT NULL,
  hash    BLOB NOT NULL UNIQUE,
  paper   BLOB NOT NULL,
  ours    BLOB NOT NULL,
  theirs  BLOB NOT NULL,
  opened  REAL NOT NULL,
  PRIMARY KEY (line_id, inc)
) STRICT;
