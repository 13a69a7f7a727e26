-- Writes whose outcome is known or was given up, for a while: by them late arrivals are recognised. Times in microseconds of Unix time; `fields` holds a secret as its reference.
CREATE TABLE sent (
  id         INTEGER PRIMARY KEY,
  collection TEXT NOT NULL,
  key        TEXT NOT NULL,
  op         TEXT NOT NULL,
  fields     TEXT NOT NULL,
  before     TEXT NOT NULL,
  sent_us    INTEGER NOT NULL,
  done_us    INTEGER NOT NULL,
  outcome    TEXT NOT NULL
) STRICT;
CREATE INDEX sent_by_record ON sent (collection, key, id);
CREATE INDEX sent_by_time ON sent (sent_us);

-- `server_at`: the server's clock when it was sent.
ALTER TABLE intents ADD COLUMN server_at TEXT;
ALTER TABLE actions ADD COLUMN server_at TEXT;
