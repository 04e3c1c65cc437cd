-- An incarnation of a line ends and the next begins (spec/resume.md).

-- One row for each that began by RESUME. `of` is the one that ended, and where its logs ended by both
-- RESUMEs; sizes are by direction. What is missing here the other side supplies.
CREATE TABLE resumptions (
  line_id    BLOB NOT NULL,
  inc        INTEGER NOT NULL,
  of         INTEGER NOT NULL,
  size_0     INTEGER NOT NULL,
  root_0     BLOB NOT NULL,
  size_1     INTEGER NOT NULL,
  root_1     BLOB NOT NULL,
  begun      REAL NOT NULL,
  asked_by   TEXT NOT NULL,   -- reason of ours
  their_ask  TEXT NOT NULL,   -- reason of theirs
  lost_0     INTEGER NOT NULL,  -- entries of each log that were not here then
  lost_1     INTEGER NOT NULL,
  said_again INTEGER NOT NULL DEFAULT 0,
  whole      REAL,             -- since when nothing is missing
  PRIMARY KEY (line_id, inc)
) STRICT, WITHOUT ROWID;

-- An entry may speak of a message of an incarnation that has ended.
CREATE TABLE acts_by_incarnation (
  line_id   BLOB NOT NULL,
  inc       INTEGER NOT NULL,
  about_dir INTEGER NOT NULL,
  about     INTEGER NOT NULL,
  by_inc    INTEGER NOT NULL,  -- of the entry that says it
  dir       INTEGER NOT NULL,
  n         INTEGER NOT NULL,
  act       TEXT NOT NULL,
  at_ours   REAL NOT NULL,
  at_theirs REAL,
  person    INTEGER,
  detail    TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (line_id, inc, about_dir, about, by_inc, dir, n, act)
) STRICT, WITHOUT ROWID;
INSERT INTO acts_by_incarnation
  SELECT line_id, inc, about_dir, about, inc, dir, n, act, at_ours, at_theirs, person, detail FROM acts;
DROP TABLE acts;
ALTER TABLE acts_by_incarnation RENAME TO acts;
CREATE INDEX acts_by_entry ON acts (line_id, by_inc, dir, n);
