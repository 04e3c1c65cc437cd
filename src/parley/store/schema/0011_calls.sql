-- Requests for calls and their answers are few among many messages, and every status looks for them.

CREATE INDEX messages_of_calls ON messages (line_id, inc, kept, n) WHERE type IN (48, 49);
