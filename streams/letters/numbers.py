"""Where the number of an invoice stands in what is known of it."""

from __future__ import annotations

from sqlalchemy import Index, Text, literal_column

from streams.runtime.tables import records

#: As it stands in the index, so that the database finds it there.
INVOICE_NUMBER = literal_column("(records.body ->> 'number')", Text)
records_by_invoice_number = Index(
    "records_by_invoice_number",
    records.c.body["number"].astext,
    postgresql_where=records.c.entity == "invoice",
)
