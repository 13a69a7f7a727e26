-- Whether a write was compared with the event log: were there more rows for its record than it explains? Those of before were.
ALTER TABLE sent ADD COLUMN is_judged INTEGER NOT NULL DEFAULT 1;
CREATE INDEX sent_unjudged ON sent (id) WHERE is_judged = 0;
