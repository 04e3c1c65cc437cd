-- Operators' chat is read from the record. No release of before wrote any; one that heard some from
-- a later station kept it among the messages, as of a type it did not know.

CREATE INDEX entries_of_chat ON entries (line_id, inc, id) WHERE type = 3;
DELETE FROM messages WHERE type = 3;

-- Up to which entry somebody has had the chat of a line on a screen, by its place in `entries`.
CREATE TABLE chat_read (
  person  INTEGER NOT NULL REFERENCES persons (id),
  line_id BLOB NOT NULL,
  entry   INTEGER NOT NULL,
  PRIMARY KEY (person, line_id)
) STRICT, WITHOUT ROWID;

-- Whom the roster of a line names to the other side although they handle no messages: who has
-- spoken in its chat.
CREATE TABLE named_persons (
  line_id BLOB NOT NULL,
  person  INTEGER NOT NULL REFERENCES persons (id),
  PRIMARY KEY (line_id, person)
) STRICT, WITHOUT ROWID;
