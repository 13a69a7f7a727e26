CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A client's current epoch. `rebuilding`: a rebuild was asked for and its last part has not come.
CREATE TABLE clients (
  client      TEXT PRIMARY KEY,
  epoch       INTEGER NOT NULL,
  acked       INTEGER NOT NULL DEFAULT 0,
  rebuilding  INTEGER NOT NULL DEFAULT 0,
  rebuild_seq INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Every entry that was ever taken, found again by its id; the body without anything secret.
CREATE TABLE log (
  id         TEXT PRIMARY KEY,
  client     TEXT NOT NULL,
  epoch      INTEGER NOT NULL,
  seq        INTEGER NOT NULL,
  kind       TEXT NOT NULL,
  collection TEXT NOT NULL,
  key        TEXT NOT NULL,
  at         TEXT NOT NULL,
  body       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX log_by_seq ON log (client, epoch, seq);

-- `moved`: the base is not what was last observed.
CREATE TABLE records (
  collection   TEXT NOT NULL,
  key          TEXT NOT NULL,
  base         TEXT,
  overlay      TEXT,
  remote       TEXT NOT NULL,
  conflict     TEXT,
  rejected     TEXT,
  reason       TEXT,
  changed_at   TEXT,
  rev          INTEGER NOT NULL,
  verified_rev INTEGER NOT NULL,
  moved        INTEGER NOT NULL CHECK (moved IN (0, 1)),
  PRIMARY KEY (collection, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX records_with_work ON records (collection, key)
  WHERE overlay IS NOT NULL OR conflict IS NOT NULL OR rejected IS NOT NULL;
CREATE INDEX records_moved ON records (collection, key) WHERE moved = 1;
CREATE INDEX records_in_conflict ON records (collection, key) WHERE conflict IS NOT NULL;
CREATE INDEX records_rejected ON records (collection, key) WHERE rejected IS NOT NULL;

-- One write in flight a record. `in_doubt_since`: when its outcome became unknown.
CREATE TABLE intents (
  collection     TEXT NOT NULL,
  key            TEXT NOT NULL,
  op             TEXT NOT NULL,
  fields         TEXT NOT NULL,
  before         TEXT NOT NULL,
  rev            INTEGER NOT NULL,
  sent_at        TEXT NOT NULL,
  in_doubt_since TEXT,
  note           TEXT,
  PRIMARY KEY (collection, key),
  FOREIGN KEY (collection, key) REFERENCES records (collection, key)
) STRICT, WITHOUT ROWID;

-- One row a record (or action, with an empty collection); a change gives it a new id. Rows of what is gone stay.
CREATE TABLE feed (
  id         INTEGER NOT NULL UNIQUE,
  collection TEXT NOT NULL,
  key        TEXT NOT NULL,
  PRIMARY KEY (collection, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE actions (
  id         TEXT PRIMARY KEY,
  body       TEXT NOT NULL,
  dag_run_id TEXT NOT NULL,
  state      TEXT NOT NULL,
  note       TEXT,
  reason     TEXT,
  queued_at  TEXT NOT NULL,
  sent_at    TEXT,
  run_id     TEXT,
  run_state  TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX actions_by_state ON actions (state);
CREATE INDEX actions_by_run ON actions (dag_run_id);

-- The records that an action waits for, each up to that revision of the work.
CREATE TABLE waits (
  action     TEXT NOT NULL REFERENCES actions (id) ON DELETE CASCADE,
  collection TEXT NOT NULL,
  key        TEXT NOT NULL,
  rev        INTEGER NOT NULL,
  PRIMARY KEY (action, collection, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE contents (
  hash TEXT PRIMARY KEY,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE history (
  id         INTEGER PRIMARY KEY,
  collection TEXT NOT NULL,
  key        TEXT NOT NULL,
  at         TEXT NOT NULL,
  source     TEXT NOT NULL,
  author     TEXT,
  reason     TEXT,
  hash       TEXT REFERENCES contents (hash),
  run        TEXT
) STRICT;
CREATE INDEX history_by_record ON history (collection, key, id);

CREATE TABLE dags (
  dag_id TEXT PRIMARY KEY,
  body   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  dag_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  at     TEXT NOT NULL,
  body   TEXT NOT NULL,
  PRIMARY KEY (dag_id, run_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_by_time ON runs (at);

CREATE TABLE brakes (
  collection TEXT PRIMARY KEY,
  body       TEXT NOT NULL,
  accepted   INTEGER NOT NULL CHECK (accepted IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE brake_keys (
  collection TEXT NOT NULL REFERENCES brakes (collection) ON DELETE CASCADE,
  key        TEXT NOT NULL,
  PRIMARY KEY (collection, key)
) STRICT, WITHOUT ROWID;

-- The rows of a rebuild that is under way, with what each included.
CREATE TABLE rebuild_rows (
  client     TEXT NOT NULL,
  collection TEXT NOT NULL,
  key        TEXT NOT NULL,
  included   INTEGER NOT NULL,
  PRIMARY KEY (client, collection, key)
) STRICT, WITHOUT ROWID;
