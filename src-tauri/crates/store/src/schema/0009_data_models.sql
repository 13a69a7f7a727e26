-- Where a typed collection's records are, its data model as the file that people read, and what is wrong with the model that
-- Airflow has, if anything: as long as there is, nothing of the collection is sent. A model without a file is one of a test.
ALTER TABLE collections ADD COLUMN binding TEXT;
ALTER TABLE collections ADD COLUMN prefix TEXT;
ALTER TABLE collections ADD COLUMN file TEXT;
ALTER TABLE collections ADD COLUMN trouble TEXT;

-- The Variables that hold data models are looked at in every cycle.
CREATE INDEX records_of_models ON records (collection, key) WHERE substr(key, -6) = '$model';
