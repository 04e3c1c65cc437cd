-- The language in which a person reads the console, as its code in BCP 47. Who has no row here has
-- not chosen, and the browser's own languages decide.

CREATE TABLE tongues (
  person INTEGER PRIMARY KEY REFERENCES persons (id),
  tongue TEXT NOT NULL
) STRICT;
