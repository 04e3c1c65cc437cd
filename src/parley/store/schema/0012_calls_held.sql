-- What happened in calls is no message, and is read from the entries when a station starts.

CREATE INDEX entries_of_calls ON entries (line_id, inc, dir, n) WHERE type = 50;
