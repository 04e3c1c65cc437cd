-- What somebody types and has not kept, by the address of the page, below any seat. Each page that
-- is open writes its own; an id is never used again, and each time a text is held it has a new one.
CREATE TABLE unfinished (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  person INTEGER NOT NULL,
  place  TEXT NOT NULL,
  page   TEXT NOT NULL,                    -- which of the pages at that address
  form   TEXT NOT NULL,
  at     REAL NOT NULL,
  UNIQUE (person, page)
) STRICT;
INSERT INTO unfinished (person, place, page, form, at)
  SELECT person,
    CASE
      WHEN draft > 0 THEN '/drafts/' || draft || '/edit'
      WHEN json_extract(form, '$.answers') <> '' THEN '/compose?line=' || json_extract(form, '$.line') || '&answers=' || json_extract(form, '$.answers')
      WHEN json_extract(form, '$.corrects') <> '' THEN '/compose?line=' || json_extract(form, '$.line') || '&corrects=' || json_extract(form, '$.corrects')
      WHEN json_extract(form, '$.retracts') <> '' THEN '/compose?line=' || json_extract(form, '$.line') || '&retracts=' || json_extract(form, '$.retracts')
      ELSE '/compose'
    END,
    'before-' || draft, form, at
  FROM typing ORDER BY at;
DROP TABLE typing;
