"""How loaded each target is, in the operations database: all workers decide by the same rows."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Table, Text

from streams.runtime.tables import metadata

#: One row per target.
target_loads = Table(
    "target_loads",
    metadata,
    Column("target", Text, primary_key=True),
    Column("overloaded", Boolean, nullable=False),
    Column("since", DateTime(timezone=True)),  # of the last switch
    Column("turning_since", DateTime(timezone=True)),  # every look since has spoken for the other mode
    Column("waiting", BigInteger, nullable=False),  # commands, at the last look
    Column("looked_at", DateTime(timezone=True)),
)
