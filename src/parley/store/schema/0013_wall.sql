-- What a station does by itself when nobody acknowledges, and the facts that its wall is drawn from.

-- One row: from which precedence on, after how long, and what is called then.
CREATE TABLE escalation (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  least   INTEGER NOT NULL,
  after_s REAL NOT NULL,               -- from calling everyone to calling outside
  webhook TEXT NOT NULL DEFAULT '',
  command TEXT NOT NULL DEFAULT '[]'   -- a program and its arguments, JSON
) STRICT;

-- Which step was taken for which message of theirs, and what became of it.
CREATE TABLE escalated (
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  step    TEXT NOT NULL,               -- everyone, webhook, command
  at      REAL NOT NULL,               -- of the newest try, or when it was decided on
  due     REAL,                        -- while it is still to be tried
  tries   INTEGER NOT NULL DEFAULT 0,
  outcome TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (line_id, inc, n, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX escalated_due ON escalated (due) WHERE due IS NOT NULL;

-- How a line was observed, from when to when. Between two rows the station did not run.
CREATE TABLE observations (
  line_id BLOB NOT NULL,
  since   REAL NOT NULL,
  upto    REAL NOT NULL,
  state   TEXT NOT NULL,
  PRIMARY KEY (line_id, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_by_time ON messages (line_id, inc, dir, kept);

-- The time zone of a party: under its line, ours under an empty one.
CREATE TABLE places (
  line_id BLOB PRIMARY KEY,
  zone    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
