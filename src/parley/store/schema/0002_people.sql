-- Who works at this station, which desks there are and who holds them, and who did what.

-- A person keeps the number for good: entries of the record name it. Of the token only the
-- SHA-256 is here; the token itself is in a file of its owner.
CREATE TABLE persons (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  name   TEXT NOT NULL,
  office TEXT NOT NULL,
  roles  TEXT NOT NULL,  -- separated by commas
  token  BLOB NOT NULL CHECK (length(token) = 32),
  since  REAL NOT NULL,
  ended  REAL
) STRICT;
CREATE UNIQUE INDEX persons_here ON persons (name) WHERE ended IS NULL;

CREATE TABLE desks (
  id    INTEGER PRIMARY KEY AUTOINCREMENT,
  name  TEXT NOT NULL UNIQUE,
  since REAL NOT NULL
) STRICT;

-- The watch: who holds a desk now.
CREATE TABLE holders (
  desk   INTEGER NOT NULL REFERENCES desks (id),
  person INTEGER NOT NULL REFERENCES persons (id),
  since  REAL NOT NULL,
  PRIMARY KEY (desk, person)
) STRICT, WITHOUT ROWID;

-- Who is called, in this order, when a clock runs out at a desk.
CREATE TABLE deputies (
  desk   INTEGER NOT NULL REFERENCES desks (id),
  place  INTEGER NOT NULL,
  person INTEGER NOT NULL REFERENCES persons (id),
  PRIMARY KEY (desk, place)
) STRICT, WITHOUT ROWID;

-- What the other side was last told of our persons and desks, and what it told us of its own.
CREATE TABLE roster_told (
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  told    BLOB NOT NULL,
  PRIMARY KEY (line_id, inc)
) STRICT, WITHOUT ROWID;

CREATE TABLE roster_theirs (
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  what    INTEGER NOT NULL,  -- 1 a person, 2 a desk
  id      INTEGER NOT NULL,
  here    INTEGER NOT NULL,  -- 0 once they said that it is no more
  value   BLOB NOT NULL,
  PRIMARY KEY (line_id, inc, what, id)
) STRICT, WITHOUT ROWID;

-- Who did what, refusals included. Each row's hash covers the one before.
CREATE TABLE trail (
  id        INTEGER PRIMARY KEY,
  at        REAL NOT NULL,
  person    INTEGER NOT NULL,
  name      TEXT NOT NULL,
  act       TEXT NOT NULL,
  arguments TEXT NOT NULL,
  outcome   TEXT NOT NULL,
  hash      BLOB NOT NULL
) STRICT;
