-- What is expected by a time: an answer to a test, a reply that was asked for, the word of an office
-- that it has a message in hand. A test by the clock that nobody called stands here once it is missed.
CREATE TABLE expected (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  line_id    BLOB NOT NULL,
  inc        INTEGER NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('test', 'answer', 'reply', 'office')),
  dir        INTEGER NOT NULL,           -- of the message; of the side that was to call
  n          INTEGER NOT NULL,           -- of the message; of a test: when it was due
  passing    INTEGER NOT NULL DEFAULT 0, -- of the distribution
  precedence INTEGER NOT NULL,
  due        REAL NOT NULL,              -- by the wall clock, as people read it
  look       REAL,                       -- on the steady clock: when the next step is to be taken
  called     INTEGER NOT NULL DEFAULT 0, -- deputies called so far
  missed     REAL,                       -- when it was found not to have come
  came       REAL,                       -- when it came, be it late
  taken      REAL,                       -- when a person took it in hand
  person     INTEGER,
  UNIQUE (line_id, inc, kind, dir, n, passing)
) STRICT;
CREATE INDEX expected_look ON expected (look) WHERE look IS NOT NULL;
CREATE INDEX expected_open ON expected (missed)
  WHERE missed IS NOT NULL AND came IS NULL AND taken IS NULL;
