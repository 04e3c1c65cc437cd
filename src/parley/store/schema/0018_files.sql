-- Files that go with messages. Of a file that is numbered the bytes stand in `entries`, piece by
-- piece; here is what makes them quick to find. These rows grow no faster than the record.

-- A draft's files as they will go; without their bytes once the other side holds all of them.
CREATE TABLE draft_files (
  draft  INTEGER NOT NULL REFERENCES drafts (id),
  place  INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  bytes  BLOB,
  PRIMARY KEY (draft, sha256)
) STRICT, WITHOUT ROWID;

-- Files of a log, as the first message that named one did; `held` is how much of it stands there
-- without gap, and `verdict` what it turned out to be once that was all.
CREATE TABLE files (
  line_id BLOB NOT NULL,
  dir     INTEGER NOT NULL,
  sha256  BLOB NOT NULL,
  size    INTEGER NOT NULL,
  media   TEXT NOT NULL,
  held    INTEGER NOT NULL DEFAULT 0,
  verdict TEXT,
  PRIMARY KEY (line_id, dir, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX files_to_judge ON files (line_id) WHERE held = size AND verdict IS NULL;

-- Which entries are the pieces of a file.
CREATE TABLE pieces (
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  dir     INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  sha256  BLOB NOT NULL,
  start   INTEGER NOT NULL,
  size    INTEGER NOT NULL,
  PRIMARY KEY (line_id, inc, dir, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX pieces_of ON pieces (line_id, dir, sha256, start);
