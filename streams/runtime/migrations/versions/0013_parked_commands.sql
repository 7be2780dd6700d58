ALTER TABLE parked_events ADD COLUMN stage TEXT DEFAULT 'decide' NOT NULL;
ALTER TABLE parked_events ADD COLUMN of_event TEXT;
