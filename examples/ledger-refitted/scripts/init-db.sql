-- Run once by the postgres image, when its data folder is still empty.
-- Timestamps in the database are UTC, whatever the server's time zone.
ALTER ROLE ledger SET timezone TO 'UTC';
