"""Grants: a person's role, and the hash of the token that proves who it is."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Index, LargeBinary, Table, Text

from streams.runtime.tables import metadata

grants = Table(
    "grants",
    metadata,
    Column("token_id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),  # scrypt of the token's secret
    Column("granted_by", Text, nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    Index("grants_by_person", "person"),
)
