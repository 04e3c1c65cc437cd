-- Messages that no screen has shown yet. Who says what was displayed may name all of a record in
-- each of many ranges: without this, each of them is a walk through all of it.
CREATE INDEX messages_not_displayed ON messages (line_id, inc, dir, n) WHERE displayed = 0;
