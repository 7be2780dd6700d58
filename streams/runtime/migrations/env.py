"""Alembic's entry: one connection, one transaction, one lock."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, text

from streams.runtime.tables import metadata

_LOCK = 7420931


def run() -> None:
    engine = create_engine(context.config.attributes["url"])
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            context.run_migrations()
        connection.commit()
    engine.dispose()


run()
