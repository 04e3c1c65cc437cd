-- The oldest message of a line that asked for a reply and has none.
CREATE INDEX expected_owed ON expected (line_id, dir) WHERE kind = 'reply' AND came IS NULL;
