-- Presence statements are read from the record, the newest of each side. One that an earlier release
-- heard was kept among the messages, as of a type it did not know.

CREATE INDEX entries_of_presence ON entries (line_id, inc, dir, n) WHERE type = 33;
DELETE FROM messages WHERE type = 33;
