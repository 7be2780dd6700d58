"""Blocks and what waits behind them, in the operations database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, Sequence, Table, Text

from streams.runtime.originals import original_columns
from streams.runtime.tables import metadata


def _time(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


#: Letters that block their record. The id is the letter's, which is also its case's.
blocks = Table(
    "parking_blocks",
    metadata,
    Column("block_id", Text, primary_key=True),
    Column("event_id", Text, nullable=False),  # the event that became the letter; it alone may pass
    Column("side", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("dependents", Boolean, nullable=False),  # what needs this record's effect waits, too
    Column("source_topic", Text, nullable=False),  # where the event was first read
    Column("source_partition", Integer, nullable=False),
    Column("source_offset", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # open, ended
    Column("ended_why", Text),
    Column("ended_by", Text),  # a person's name, or the worker
    _time("blocked_at"),
    _time("ended_at", nullable=True),
    Index("parking_blocks_by_key", "key", "state"),
    Index("parking_blocks_by_state", "state", "blocked_at"),
)

#: One row per parked event or command, bytes and all. `place` counts up over all of them: the order in which they wait.
parked = Table(
    "parked_events",
    metadata,
    Column("event_id", Text, primary_key=True),  # a command's is its command_id
    Column("stage", Text, nullable=False, server_default="decide"),  # where it goes on: decide, sink
    Column("of_event", Text),  # the event that a command is of
    Column("place", BigInteger, nullable=False),
    Column("side", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("parent", Text),  # a line item's opportunity
    Column("version", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("operation", Text, nullable=False),  # a command's is its kind
    Column("source", Text, nullable=False),
    Column("block_id", Text, nullable=False),  # the letter that it was parked behind
    Column("collapse", Boolean, nullable=False),  # a newer full state may take its place
    Column("state", Text, nullable=False),  # waiting, sent, done
    Column("instead", Text),  # why it is not to be decided: superseded, skipped
    Column("instead_of", Text),  # by which event, or by whom and why
    Column("origin", Text, nullable=False),  # of the event's raw record
    *original_columns(),
    # The record that brought it back and was decided: read again after a crash, it is decided again.
    Column("done_topic", Text),
    Column("done_partition", Integer),
    Column("done_offset", BigInteger),
    _time("parked_at"),
    _time("ended_at", nullable=True),
    Index("parked_events_by_key", "key", "state"),
    Index("parked_events_by_state", "state", "place"),
    Index("parked_events_by_account", "account_id", "state"),
    Index("parked_events_by_block", "block_id"),
)
places = Sequence("parked_places", metadata=metadata)
