-- What came after the first tables. Run at each start, so that older databases have it too.
-- Which posted invoice billed a deal's order, and when.
alter table sales.opportunities add column if not exists billed_invoice_number text;
alter table sales.opportunities add column if not exists billed_on date;
grant update (billed_invoice_number, billed_on) on sales.opportunities to meshline_writeback;
-- Columns of the CRM that a change in the ERP may win (DR3).
grant update (name, tax_id, email, phone, street, city, postal_code, country) on sales.accounts to meshline_writeback;
