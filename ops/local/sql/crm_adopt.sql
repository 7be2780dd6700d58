-- Columns of the CRM that a change in the ERP may win (DR3). Run at each start, so that older databases have it too.
grant update (name, tax_id, email, phone, street, city, postal_code, country) on sales.accounts to meshline_writeback;
