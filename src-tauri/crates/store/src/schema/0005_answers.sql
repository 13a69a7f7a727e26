-- How a write in flight was answered whose outcome is unknown all the same, and why that is unknown, in plain words.
ALTER TABLE intents ADD COLUMN answer TEXT;
ALTER TABLE intents ADD COLUMN reason TEXT;
