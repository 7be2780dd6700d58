CREATE INDEX records_by_invoice_number ON records ((body ->> 'number')) WHERE entity = 'invoice';
