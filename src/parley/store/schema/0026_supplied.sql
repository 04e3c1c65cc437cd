-- What was lost here and supplied by the other side (spec/resume.md N9, N12, N13).

-- Entries of one log from `n` up to `upto`; below `proved` a signature stands that is not the other
-- side's word alone. Of what an earlier version took in nothing was noted.
CREATE TABLE supplied (
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  dir     INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  upto    INTEGER NOT NULL,
  proved  INTEGER NOT NULL,
  at      REAL NOT NULL,
  PRIMARY KEY (line_id, inc, dir)
) STRICT, WITHOUT ROWID;

-- Evidence of an incarnation whose end is not known here yet, in pieces.
CREATE TABLE supply_waits (
  id      INTEGER PRIMARY KEY,
  line_id BLOB NOT NULL,
  inc     INTEGER NOT NULL,
  part    INTEGER NOT NULL,
  text    BLOB NOT NULL,
  UNIQUE (line_id, inc, part)
) STRICT;
