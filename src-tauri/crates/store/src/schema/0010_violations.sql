-- What the data models demand of a collection's records together. `target`: the collection whose keys the one field holds;
-- without one, no two records have the same values of the fields.
CREATE TABLE constraints (
    collection TEXT NOT NULL,
    name TEXT NOT NULL,
    fields TEXT NOT NULL,
    target TEXT,
    PRIMARY KEY (collection, name)
) STRICT, WITHOUT ROWID;

-- The records that have a value which a constraint is about, as the analyst sees them: found by the value.
CREATE TABLE constraint_values (
    collection TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (collection, name, value, key)
) STRICT, WITHOUT ROWID;

-- The records that take part in breaking a constraint of `owner`, which may be another collection.
CREATE TABLE violations (
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (collection, key, owner, name, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX violations_by_constraint ON violations (owner, name, value);

-- Whether all of the collection was read by an account that may: what is not here is not there.
ALTER TABLE scans ADD COLUMN is_whole INTEGER NOT NULL DEFAULT 0;
