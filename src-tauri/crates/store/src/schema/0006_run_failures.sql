-- How often in a row Airflow itself failed on starting this run, and when last, by the server's clock where it tells it.
ALTER TABLE actions ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE actions ADD COLUMN failed_at TEXT;
