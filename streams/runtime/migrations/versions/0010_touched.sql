alter table records add column touched jsonb;
