-- Drafts that were released and came back without a number, because the line was suspended or closed
-- before they had one. They are open again; who released them, and why they came back, stands here.
CREATE TABLE given_back (
  id       INTEGER PRIMARY KEY,
  draft    INTEGER NOT NULL REFERENCES drafts (id),
  releaser INTEGER NOT NULL,
  released REAL NOT NULL,
  at       REAL NOT NULL,
  why      TEXT NOT NULL
) STRICT;
CREATE INDEX given_back_drafts ON given_back (draft);

-- What was said about the line itself (80 suspend, 81 lift, 82 close), found at every start.
CREATE INDEX messages_about_lines ON messages (line_id, inc, dir, n) WHERE type IN (80, 81, 82);
