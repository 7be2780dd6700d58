alter table records add column told jsonb;
