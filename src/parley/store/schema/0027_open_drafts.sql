-- Drafts that are neither released nor withdrawn: every page asks for them, and there are few among
-- all that ever were. Kept by the database itself, so that no way of releasing one or of giving it
-- back can forget it.

CREATE TABLE open_drafts (
  draft INTEGER PRIMARY KEY REFERENCES drafts (id)
) STRICT;

INSERT INTO open_drafts SELECT id FROM drafts
  WHERE withdrawn IS NULL AND id NOT IN (SELECT draft FROM releases);

CREATE TRIGGER draft_begun AFTER INSERT ON drafts WHEN new.withdrawn IS NULL BEGIN
  INSERT INTO open_drafts VALUES (new.id);
END;
CREATE TRIGGER draft_withdrawn AFTER UPDATE OF withdrawn ON drafts WHEN new.withdrawn IS NOT NULL BEGIN
  DELETE FROM open_drafts WHERE draft = new.id;
END;
CREATE TRIGGER draft_released AFTER INSERT ON releases BEGIN
  DELETE FROM open_drafts WHERE draft = new.draft;
END;
CREATE TRIGGER draft_given_back AFTER DELETE ON releases BEGIN
  INSERT INTO open_drafts SELECT id FROM drafts WHERE id = old.draft AND withdrawn IS NULL;
END;
