"""The migrations make exactly the tables that the code declares."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

import ops.access.tables
import ops.audit.tables
import ops.cases.tables
import ops.replay.tables  # noqa: F401
import sinks.images  # noqa: F401 - the tables of each module are on the one metadata
import streams.letters.billing_stops
import streams.letters.numbers
import streams.letters.parking.tables
import streams.overload.tables  # noqa: F401
from streams.runtime.database import driver_url, migrate
from streams.runtime.tables import metadata


def test_migrations_and_tables_say_the_same(empty_operations_url: str) -> None:
    migrate(empty_operations_url)
    engine = create_engine(driver_url(empty_operations_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        made = set(inspect(connection).get_table_names())
        assert made == {*metadata.tables, "alembic_version"}
        assert sorted(inspect(connection).get_sequence_names()) == [
            "case_comments_comment_id_seq",
            "customer_codes",
            "duplicate_decisions_decision_id_seq",
            "parked_places",
            "replays_replay_id_seq",
        ]
    engine.dispose()


def test_migrating_again_changes_nothing(operations_url: str) -> None:
    migrate(operations_url)
