-- Roles that one person lends another, and who is due at which desk.

-- A row is never changed but for when it began and how it ended; a release names the one it was
-- made by. `ended` is written once the station has seen the end, so that no clock revives it.
CREATE TABLE delegations (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  role        TEXT NOT NULL,
  lender      INTEGER NOT NULL REFERENCES persons (id),
  borrower    INTEGER NOT NULL REFERENCES persons (id),
  line_id     BLOB,                    -- of one line only
  level       TEXT,                    -- of lines of one level only
  precedences TEXT NOT NULL,           -- names, with commas
  since       REAL NOT NULL,
  until       REAL NOT NULL,
  set_by      INTEGER NOT NULL,        -- 0: somebody who set the folder up
  set_at      REAL NOT NULL,
  began       REAL,
  ended       REAL,
  ended_by    INTEGER,                 -- who took it back; nobody where its time was over
  CHECK (lender <> borrower AND since < until)
) STRICT;
CREATE INDEX delegations_to ON delegations (borrower, role);
CREATE INDEX delegations_live ON delegations (until) WHERE ended IS NULL;

ALTER TABLE releases ADD COLUMN delegation INTEGER REFERENCES delegations (id);

-- Who is due at which desk, from when until when. What was struck out stays, with who did it.
-- `late` is when the station said that whoever is due had not come, `called` how many deputies it
-- has called since, `look` when it looks again (on the steady clock), and `came` when that was over.
CREATE TABLE duties (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  desk   INTEGER NOT NULL REFERENCES desks (id),
  person INTEGER NOT NULL REFERENCES persons (id),
  since  REAL NOT NULL,
  until  REAL NOT NULL,
  set_by INTEGER NOT NULL,             -- 0: somebody who set the folder up
  set_at REAL NOT NULL,
  struck REAL,
  struck_by INTEGER,
  came   REAL,
  came_by INTEGER,                     -- who took it in hand, where it was another person
  late   REAL,
  called INTEGER NOT NULL DEFAULT 0,
  look   REAL,
  CHECK (since < until)
) STRICT;
CREATE INDEX duties_of ON duties (desk, until) WHERE struck IS NULL;
