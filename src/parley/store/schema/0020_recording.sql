-- What both sides consent to in a call is an entry of a type of its own, and read with the call's events.

CREATE INDEX entries_held ON entries (line_id, inc, dir, n) WHERE type IN (50, 66);
