-- The data models of collections that are not built in. Work on a collection without one is refused.
CREATE TABLE collections (
    name TEXT NOT NULL PRIMARY KEY,
    model TEXT NOT NULL
) STRICT, WITHOUT ROWID;
