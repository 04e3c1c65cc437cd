-- Signing in: what a person proves to be that person with, and sessions with limits.

-- A password is kept as Argon2id (RFC 9106), with salt and parameters in its own text. The secret
-- of the one-time codes (RFC 6238) is kept as it is, since codes are computed from it; a step of 30
-- seconds that was used is never taken again. `pending` is a secret that was shown and not tried.
CREATE TABLE factors (
  person      INTEGER PRIMARY KEY REFERENCES persons (id),
  password    TEXT,
  code_secret TEXT,
  code_step   INTEGER NOT NULL DEFAULT 0,
  pending     TEXT,
  since       REAL
) STRICT;

-- Passkeys and security keys (WebAuthn): public keys only.
CREATE TABLE passkeys (
  number INTEGER PRIMARY KEY,
  id     BLOB NOT NULL UNIQUE,
  person INTEGER NOT NULL REFERENCES persons (id),
  name   TEXT NOT NULL,
  key    BLOB NOT NULL,
  count  INTEGER NOT NULL,
  since  REAL NOT NULL,
  used   REAL
) STRICT;

-- A seat is a session: one person in one browser. It sleeps when nobody acts for long, or at its
-- end; then it still rings, and shows nothing that was said. Seats of before are given up.
DROP TABLE seats;
CREATE TABLE seats (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  browser INTEGER NOT NULL REFERENCES browsers (id),
  person  INTEGER NOT NULL,
  form    BLOB NOT NULL CHECK (length(form) = 32),  -- what its forms' token is made with
  address TEXT NOT NULL,
  agent   TEXT NOT NULL,
  taken   REAL NOT NULL,
  seen    REAL NOT NULL,
  ends    REAL NOT NULL,
  proved  REAL NOT NULL,
  UNIQUE (browser, person)
) STRICT;

-- What somebody typed and sent when the session had ended: given back after signing in.
CREATE TABLE kept_forms (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  person INTEGER NOT NULL,
  path   TEXT NOT NULL,
  fields TEXT NOT NULL,
  at     REAL NOT NULL
) STRICT;
