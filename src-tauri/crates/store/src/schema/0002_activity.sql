-- One row a cycle that did something; the oldest are forgotten.
CREATE TABLE activity (
  id   INTEGER PRIMARY KEY,
  body TEXT NOT NULL
) STRICT;

-- Local values: the revision of the work that made them, by which the run that carried them is found.
ALTER TABLE history ADD COLUMN rev INTEGER;
