-- What the CRM has besides deals: service cases with credits, subscriptions, leads, and what the ERP says of a customer.
-- Run once, after crm.sql, as the owner of the database, in one transaction.
set local search_path = sales;

-- The ERP owns both; written back. `erp_status` is inactive, or nothing.
alter table accounts add column payment_terms text, add column erp_status text;

create table cases (
  id text primary key,
  account_id text not null,
  subject text,
  status text not null, -- open, closed
  credit_amount numeric(18, 2), -- null or 0: no credit is asked for
  currency text,
  credit_reason text,
  credit_approved_by text,
  closed_at timestamptz,
  erp_credit_number text,
  updated_by text not null default 'crm',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on cases (account_id);

-- The row is the state that holds from `effective_on` on; each change counts `revision` up.
create table subscriptions (
  id text primary key,
  account_id text not null,
  status text not null, -- active, cancelled
  sku text not null,
  quantity numeric(14, 3) not null,
  unit_price numeric(18, 4) not null, -- of one billing interval
  currency text not null,
  billing_interval text not null, -- month, quarter, year
  starts_on date not null,
  effective_on date not null,
  revision integer not null default 1,
  erp_subscription_number text,
  erp_revision integer, -- the newest revision that the ERP bills by
  updated_by text not null default 'crm',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index on subscriptions (account_id);

-- A lead becomes billable with a first order of one line. An account made of a lead takes over the lead's id.
create table leads (
  id text primary key,
  account_id text, -- of a lead that belongs to a known account
  name text not null,
  status text not null, -- new, qualified, billable, lost
  tax_id text,
  email text,
  phone text,
  street text,
  city text,
  postal_code text,
  state text,
  country text,
  currency text,
  sku text,
  quantity numeric(14, 3),
  unit_price numeric(18, 4),
  campaign text,
  channel text,
  medium text,
  lead_source text,
  erp_customer_code text,
  erp_order_number text,
  updated_by text not null default 'crm',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create trigger touch before update on cases for each row execute function touch();
create trigger touch before update on subscriptions for each row execute function touch();
create trigger touch before update on leads for each row execute function touch();

alter table cases replica identity full;
alter table subscriptions replica identity full;
alter table leads replica identity full;
alter publication meshline add table cases, subscriptions, leads;
grant select on cases, subscriptions, leads to debezium;

grant select on cases, subscriptions, leads to meshline_writeback;
grant update (payment_terms, erp_status) on accounts to meshline_writeback;
grant update (erp_credit_number, updated_by) on cases to meshline_writeback;
grant update (erp_subscription_number, erp_revision, updated_by) on subscriptions to meshline_writeback;
grant update (erp_customer_code, erp_order_number, updated_by) on leads to meshline_writeback;
