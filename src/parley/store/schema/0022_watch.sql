-- Who has the watch, and how it went from one person to the next.

-- Nothing here is changed or taken away. Who has the watch is who took it up, took it over or
-- accepted it last; a hand-over that was signed waits while it is the newest row.
CREATE TABLE watch_log (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  act     TEXT NOT NULL CHECK (act IN ('taken up', 'handed over', 'accepted', 'taken over')),
  person  INTEGER NOT NULL REFERENCES persons (id),
  at      REAL NOT NULL,
  before  INTEGER,                     -- who had the watch until then
  meant   INTEGER,                     -- for whom a hand-over was signed, where one was named
  answers INTEGER REFERENCES watch_log (id),  -- the hand-over that was accepted
  note    TEXT NOT NULL DEFAULT '',
  items   TEXT NOT NULL DEFAULT '[]',  -- what was open, as it was shown, JSON
  sheet   TEXT NOT NULL DEFAULT '',    -- exactly what was signed
  sha256  TEXT NOT NULL DEFAULT ''
) STRICT;

-- Whoever has sat longest at the first desk has the watch of a station that knew only desks.
INSERT INTO watch_log (act, person, at)
  SELECT 'taken up', person, since FROM holders
  WHERE desk = (SELECT min(id) FROM desks) ORDER BY since, person LIMIT 1;
