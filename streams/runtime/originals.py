"""The columns of a record that waits in a table, as it was first read, bytes and all.

`streams.letters.holds` makes and reads them: `columns_of`, `original_of`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB


def original_columns() -> list[Column[object]]:
    """Fresh ones for one table."""
    return [
        Column("source_topic", Text, nullable=False),
        Column("source_partition", Integer, nullable=False),
        Column("source_offset", BigInteger, nullable=False),
        Column("source_timestamp", BigInteger, nullable=False),
        Column("message_key", LargeBinary),
        Column("message_value", LargeBinary),
        Column("message_headers", JSONB, nullable=False),  # [[name, base64 or null], ...]
    ]
