-- The CRM that the demo and the tests sell in. It stands for any CRM on PostgreSQL: MeshLine reads it by change
-- data capture, and writes back only the columns that `meshline_writeback` may update.
-- Run once, as the owner of the database, in one transaction.
create schema sales;
set local search_path = sales;

create table accounts (
  id text primary key,
  name text not null,
  domain text,
  tax_id text,
  email text,
  phone text,
  street text,
  city text,
  postal_code text,
  state text,
  country text,
  currency text not null,
  pilot boolean not null default false,
  erp_customer_code text,
  invoice_status text,
  invoice_number text,
  payment_status text,
  outstanding_balance numeric(18, 2),
  updated_by text not null default 'crm',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- What is open per account and currency; written back, never captured.
create table account_balances (
  account_id text not null,
  currency text not null,
  outstanding numeric(18, 2) not null,
  updated_at timestamptz not null default now(),
  primary key (account_id, currency)
);

create table contacts (
  id text primary key,
  account_id text not null,
  name text not null,
  email text,
  phone text,
  updated_by text not null default 'crm',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table contracts (
  id text primary key,
  account_id text not null,
  reference text,
  billing_terms text,
  currency text,
  signed_at timestamptz,
  starts_on date,
  ends_on date,
  updated_by text not null default 'crm',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- No foreign keys: real CRMs deliver orphans, and so does this one.
create table opportunities (
  id text primary key,
  account_id text not null,
  name text not null,
  stage text not null,
  currency text not null,
  amount numeric(18, 2) not null, -- the total of the lines after discount
  line_count integer not null default 0,
  discount_approved_by text,
  contract_id text,
  close_date date,
  erp_order_number text,
  invoice_status text,
  invoice_number text,
  payment_status text,
  outstanding_balance numeric(18, 2),
  updated_by text not null default 'crm',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table opportunity_lines (
  id text primary key,
  opportunity_id text not null,
  account_id text not null,
  position integer not null,
  sku text not null,
  quantity numeric(14, 3) not null,
  unit_price numeric(18, 4) not null,
  discount_percent numeric(5, 2) not null default 0,
  updated_by text not null default 'crm',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on opportunity_lines (opportunity_id);
create index on opportunities (account_id);

-- `updated_at` follows every update that does not set it itself.
create function touch() returns trigger language plpgsql as $$
begin
  if new.updated_at is not distinct from old.updated_at then
    new.updated_at := now();
  end if;
  return new;
end
$$;
create trigger touch before update on accounts for each row execute function touch();
create trigger touch before update on account_balances for each row execute function touch();
create trigger touch before update on contacts for each row execute function touch();
create trigger touch before update on contracts for each row execute function touch();
create trigger touch before update on opportunities for each row execute function touch();
create trigger touch before update on opportunity_lines for each row execute function touch();

-- Capture. FULL, or deletes would carry made-up values before them.
alter table accounts replica identity full;
alter table contacts replica identity full;
alter table contracts replica identity full;
alter table opportunities replica identity full;
alter table opportunity_lines replica identity full;
create table heartbeat (id integer primary key, ts timestamptz not null default now());
create publication meshline
  for table accounts, contacts, contracts, opportunities, opportunity_lines, heartbeat
  with (publish = 'insert, update, delete');

grant usage on schema sales to debezium, meshline_writeback;
grant select on accounts, contacts, contracts, opportunities, opportunity_lines to debezium;
grant select, insert, update on heartbeat to debezium;

grant select on all tables in schema sales to meshline_writeback;
grant update (erp_customer_code, invoice_status, invoice_number, payment_status, outstanding_balance, updated_by)
  on accounts to meshline_writeback;
grant update (erp_order_number, invoice_status, invoice_number, payment_status, outstanding_balance, updated_by)
  on opportunities to meshline_writeback;
grant insert, update on account_balances to meshline_writeback;
