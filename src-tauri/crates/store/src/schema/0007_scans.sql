-- When all of a collection was last read, by this computer's clock and by the server's, and which demand for it that met.
CREATE TABLE scans (
    collection TEXT NOT NULL PRIMARY KEY,
    observed_at TEXT,
    observed_there TEXT,
    completed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

INSERT INTO scans (collection, observed_at, observed_there, completed)
SELECT 'variables',
    (SELECT json_extract(value, '$') FROM meta WHERE name = 'last_complete_observation'),
    (SELECT json_extract(value, '$') FROM meta WHERE name = 'last_complete_observation_by_the_server'),
    coalesce((SELECT json_extract(value, '$') FROM meta WHERE name = 'observation_met'), 0);

DELETE FROM meta
WHERE name IN ('last_complete_observation', 'last_complete_observation_by_the_server', 'observation_met');
