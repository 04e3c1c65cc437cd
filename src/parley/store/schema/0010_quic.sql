-- A bearer is of a kind. The same port number may be had by TCP and by QUIC, which is on UDP.
ALTER TABLE bearers ADD COLUMN kind TEXT NOT NULL DEFAULT 'tcp' CHECK (kind IN ('tcp', 'quic'));
DROP INDEX bearers_once;
CREATE UNIQUE INDEX bearers_once ON bearers (kind, dial, host, port, ifnull(line_id, x''));
