-- One row a cycle that did something; the oldest are forgotten.
CREATE TABLE activity (
  id   INTEGER PRIMARY KEY,
  body TEXT NOT NULL
) STRICT;

-- The first action that waited for this value: its run is the one that carried it.
ALTER TABLE history ADD COLUMN action TEXT;
