-- What people here write about messages and beside drafts. None of it is of the record.

-- Translations are one's own reading of a message. One that was amended stays as it was.
CREATE TABLE translations (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  line_id     BLOB NOT NULL,
  inc         INTEGER NOT NULL,
  dir         INTEGER NOT NULL,
  n           INTEGER NOT NULL,
  stage       TEXT NOT NULL CHECK (stage IN ('sight', 'rough', 'official')),
  language    TEXT NOT NULL,
  text        TEXT NOT NULL,
  person      INTEGER NOT NULL,
  at          REAL NOT NULL,
  amends      INTEGER REFERENCES translations (id),
  why         TEXT NOT NULL DEFAULT '',
  reviewer    INTEGER,                     -- who certified it, never who wrote it
  certified   REAL,
  certificate TEXT
) STRICT;
CREATE INDEX translations_of ON translations (line_id, inc, dir, n);

-- Terms of a line in our language and in theirs; one that is over stays, since drafts relied on it.
CREATE TABLE glossary (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  line_id   BLOB NOT NULL,
  ours      TEXT NOT NULL,
  theirs    TEXT NOT NULL,               -- the same as ours where it is not to be translated
  protected INTEGER NOT NULL,
  warning   TEXT NOT NULL DEFAULT '',
  person    INTEGER NOT NULL,
  at        REAL NOT NULL,
  ended     REAL,
  ended_by  INTEGER
) STRICT;
CREATE INDEX glossary_of ON glossary (line_id) WHERE ended IS NULL;

-- What people did with a draft between writing and release: reviewed, held, freed, sent back,
-- edited, not kept (words that came too late), taken back (released and withdrawn before it left).
CREATE TABLE draft_steps (
  id     INTEGER PRIMARY KEY,
  draft  INTEGER NOT NULL REFERENCES drafts (id),
  person INTEGER NOT NULL,
  at     REAL NOT NULL,
  step   TEXT NOT NULL,
  remark TEXT NOT NULL DEFAULT '',
  sha256 TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX draft_steps_of ON draft_steps (draft, id);

-- What somebody types and has not kept yet, as the page last told it; a new text stands under 0.
CREATE TABLE typing (
  person INTEGER NOT NULL,
  draft  INTEGER NOT NULL,
  form   TEXT NOT NULL,
  at     REAL NOT NULL,
  PRIMARY KEY (person, draft)
) STRICT, WITHOUT ROWID;

-- Where a message of theirs went on to from the office it was passed to, and who acknowledged it.
CREATE TABLE distribution (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  line_id      BLOB NOT NULL,
  inc          INTEGER NOT NULL,
  n            INTEGER NOT NULL,
  office       TEXT NOT NULL,
  onward_from  INTEGER REFERENCES distribution (id),
  person       INTEGER NOT NULL,
  at           REAL NOT NULL,
  acknowledged REAL,
  by_name      TEXT NOT NULL DEFAULT '',  -- whoever took it at that office
  noted_by     INTEGER,
  remark       TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX distribution_of ON distribution (line_id, inc, n);
