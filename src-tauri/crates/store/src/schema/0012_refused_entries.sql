-- Whose entry it was that `rejected` is about, where the mirror itself refused one: nothing of it is in the overlay. Without a
-- value, `rejected` is what Airflow said to the overlay.
ALTER TABLE records ADD COLUMN refused_of TEXT;
