-- Tests by the clock of a line that nobody called: each one that is called ends them, whoever calls it.
CREATE INDEX expected_tests ON expected (line_id) WHERE kind = 'test' AND came IS NULL;
