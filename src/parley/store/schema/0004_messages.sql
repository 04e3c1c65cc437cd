-- What people do with messages. The words themselves, once numbered, stand in `entries`; here is
-- what makes them quick to find and what never crosses the line.

-- Nothing of a draft changes after its release, so a row is written once per editing.
CREATE TABLE drafts (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  line_id    BLOB NOT NULL,
  inc        INTEGER NOT NULL,
  person     INTEGER NOT NULL,
  editors    TEXT NOT NULL DEFAULT '',  -- numbers of all who changed it, separated by commas
  at         REAL NOT NULL,             -- when it was begun
  base       INTEGER NOT NULL,          -- size of their log then
  type       INTEGER NOT NULL,
  precedence INTEGER NOT NULL,
  status     INTEGER NOT NULL,
  body       BLOB NOT NULL,             -- header map and payload, without what release adds
  withdrawn  REAL
) STRICT;

CREATE TABLE releases (
  draft    INTEGER PRIMARY KEY REFERENCES drafts (id),
  line_id  BLOB NOT NULL,
  inc      INTEGER NOT NULL,
  queue_id INTEGER NOT NULL,
  person   INTEGER NOT NULL,
  at       REAL NOT NULL,
  n        INTEGER                       -- once it is numbered
) STRICT;
CREATE INDEX releases_waiting ON releases (line_id, inc, queue_id) WHERE n IS NULL;
CREATE INDEX releases_numbered ON releases (line_id, inc, n);

-- Entries of both logs that people deal with, one by one, and their clocks.
CREATE TABLE messages (
  line_id      BLOB NOT NULL,
  inc          INTEGER NOT NULL,
  dir          INTEGER NOT NULL,
  n            INTEGER NOT NULL,
  type         INTEGER NOT NULL,
  marks        INTEGER NOT NULL,
  precedence   INTEGER NOT NULL,
  kept         REAL NOT NULL,
  desk         INTEGER,                   -- the one desk of ours it is for, when it names one
  displayed    INTEGER NOT NULL DEFAULT 0,
  acknowledged REAL,                      -- first by a person of the reader's side
  due          REAL,                      -- while the clock runs
  called       INTEGER NOT NULL DEFAULT 0,  -- deputies called so far
  missed       REAL,                      -- when the last clock ran out and nobody had answered
  PRIMARY KEY (line_id, inc, dir, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_running ON messages (line_id, inc, dir, precedence, due)
  WHERE due IS NOT NULL;
CREATE INDEX messages_missed ON messages (line_id, inc, dir, precedence, missed)
  WHERE missed IS NOT NULL AND acknowledged IS NULL;
CREATE INDEX messages_of_a_kind ON messages (line_id, inc, type, dir, n) WHERE type = 5;

-- Which entry (dir, n) says what about which message. One of ours that has no number yet stands
-- here under -1 minus its number in the queue.
CREATE TABLE acts (
  line_id   BLOB NOT NULL,
  inc       INTEGER NOT NULL,
  about_dir INTEGER NOT NULL,
  about     INTEGER NOT NULL,
  dir       INTEGER NOT NULL,
  n         INTEGER NOT NULL,
  act       TEXT NOT NULL,
  at_ours   REAL NOT NULL,
  at_theirs REAL,
  person    INTEGER,
  detail    TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (line_id, inc, about_dir, about, dir, n, act)
) STRICT, WITHOUT ROWID;
CREATE INDEX acts_by_entry ON acts (line_id, inc, dir, n);

-- How many of our entries they held, and when we heard of it.
CREATE TABLE receipts (
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  upto    INTEGER NOT NULL,
  wall    REAL NOT NULL,
  PRIMARY KEY (line_id, inc, upto)
) STRICT, WITHOUT ROWID;

-- Check groups typed wrongly for a message, since the last that became an entry.
CREATE TABLE tries (
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  wrong   INTEGER NOT NULL,
  PRIMARY KEY (line_id, inc, n)
) STRICT, WITHOUT ROWID;

CREATE INDEX heads_by_size ON heads (line_id, inc, dir, kind, size);
