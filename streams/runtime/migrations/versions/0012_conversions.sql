alter table effects add column conversion jsonb;
