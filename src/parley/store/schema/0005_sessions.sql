-- Who may use the console from which browser. Secrets are kept as SHA-256 only: who reads this
-- table can sign in as nobody.

-- One-time sign-in links. A used or expired link stays, so that trying it again can say why.
CREATE TABLE sign_in_links (
  id      INTEGER PRIMARY KEY,
  hash    BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  person  INTEGER NOT NULL,
  made    REAL NOT NULL,
  expires REAL NOT NULL,
  used    REAL
) STRICT;

-- One row a browser: its cookie's secret. Several people may have a seat in one browser.
CREATE TABLE browsers (
  id    INTEGER PRIMARY KEY,
  hash  BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  made  REAL NOT NULL
) STRICT;

CREATE TABLE seats (
  browser INTEGER NOT NULL REFERENCES browsers (id),
  person  INTEGER NOT NULL,
  taken   REAL NOT NULL,
  ends    REAL NOT NULL,
  PRIMARY KEY (browser, person)
) STRICT, WITHOUT ROWID;
