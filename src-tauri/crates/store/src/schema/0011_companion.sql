-- What was read of the collections that the companion keeps: of which store and up to which of its numbers; the other store that
-- a person is asked about; and what is wrong with what is published.
CREATE TABLE published (
    collection TEXT NOT NULL PRIMARY KEY,
    store_id TEXT,
    sequence INTEGER NOT NULL,
    asked_about TEXT,
    trouble TEXT
) STRICT, WITHOUT ROWID;

-- The versions of their records, also of those that are gone. `version` is that of what is known here; `told` a later one of
-- which only the number is known: until the record is read, nothing of it is sent.
CREATE TABLE row_versions (
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    told INTEGER,
    PRIMARY KEY (collection, key)
) STRICT, WITHOUT ROWID;

-- The batch of a collection's changes that was sent, or is about to be, and whose outcome is not known. One a collection.
-- `seen`: Airflow was seen to have its run.
CREATE TABLE batches (
    collection TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    conf TEXT NOT NULL,
    sent_at TEXT NOT NULL,
    seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
