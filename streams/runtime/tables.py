"""The operations database: what all workers share, and people query.

Kafka is the record; these tables are what is needed to decide and to act exactly once. Changed by migrations only
(`streams/runtime/migrations`); a test holds the two equal.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    Sequence,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from streams.runtime.originals import original_columns

metadata = MetaData()


def _time(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


#: The newest version of each record that was decided on. Writes are guarded by (version, sequence).
records = Table(
    "records",
    metadata,
    Column("side", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("parent", Text),  # a line item's opportunity, an invoice's order
    Column("version", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("in_crm", Boolean, nullable=False),  # the CRM's own database has told of it: fields can be written back
    Column("body", JSONB, nullable=False),
    Column("touched", JSONB),  # {field: [at, by, before]}: its last change, of fields that both sides have
    Column("told", JSONB),  # {field: [version, sequence]} of fields that came alone; "" is the whole record's
    # What was last forwarded to the other side, and by which event: an unchanged repeat is skipped,
    # a repeat of the very event is forwarded again.
    Column("fingerprint", Text),
    Column("fingerprint_event", Text),
    # The record on the clean topic that this row was learned from. A batch that is read again after a crash does
    # not trust rows learned from its own records or later ones: what they forwarded may not have been kept.
    Column("seen_topic", Text, nullable=False),
    Column("seen_partition", Integer, nullable=False),
    Column("seen_offset", BigInteger, nullable=False),
    _time("updated_at"),
    Index("records_by_account", "account_id", "side", "entity"),
    Index("records_by_parent", "parent"),
)

#: CRM id <-> ERP code and id. The code is reserved before the first write.
mappings = Table(
    "mappings",
    metadata,
    Column("target", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("crm_id", Text, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("external_id", Text),
    Column("state", Text, nullable=False),  # reserved, applied
    _time("reserved_at"),
    _time("applied_at", nullable=True),
)
customer_codes = Sequence("customer_codes", start=1000, metadata=metadata)

#: Events that wait for something, with their original bytes.
holds = Table(
    "holds",
    metadata,
    Column("hold_id", Text, primary_key=True),
    Column("event_id", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("wait_kind", Text, nullable=False),
    Column("wait_key", Text, nullable=False),
    Column("wait_count", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("state", Text, nullable=False),  # open, released, expired, superseded
    Column("ended_by", Text),  # the event that superseded it
    Column("origin", Text, nullable=False),  # of the event's raw record
    *original_columns(),
    _time("held_since"),
    _time("checked_at"),  # when what it waits for was last looked for
    _time("expires_at"),
    _time("ended_at", nullable=True),
    Index("holds_open", "state", "expires_at"),
    Index("holds_by_record", "side", "entity", "key"),
)

#: One row per command: pending before the call, applied after the read-back.
effects = Table(
    "effects",
    metadata,
    Column("target", Text, primary_key=True),
    Column("command_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("state", Text, nullable=False),  # pending, applied, dead
    Column("outcome", Text),
    Column("external_id", Text),
    Column("external_number", Text),
    Column("conversion", JSONB(none_as_null=True)),  # amounts and rates as text
    Column("attempts", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    _time("started_at"),
    _time("ended_at", nullable=True),
    Index("effects_by_record", "target", "kind", "key"),
)

#: Webhook deliveries that were accepted: a sender's retry is answered 2xx and not published again.
deliveries = Table(
    "deliveries",
    metadata,
    Column("source", Text, primary_key=True),
    Column("delivery_id", Text, primary_key=True),
    _time("accepted_at"),
    Index("deliveries_by_age", "accepted_at"),
)

#: How far a polled source has been read. Moved only after the broker has what was read.
cursors = Table(
    "cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    _time("moved_at"),
)

#: The generation of a worker slot: an older one's writes to the ledger are refused.
epochs = Table(
    "epochs",
    metadata,
    Column("slot", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    _time("started_at"),
)

#: Each time a letter was sent through its stage again.
replays = Table(
    "replays",
    metadata,
    Column("replay_id", BigInteger, primary_key=True, autoincrement=True),
    Column("letter_id", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("replayed_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    _time("replayed_at"),
    Index("replays_by_letter", "letter_id"),
)

#: Sets of rules that were activated: file name -> text. `version` is the hash of what they say.
rule_sets = Table(
    "rule_sets",
    metadata,
    Column("version", Text, primary_key=True),
    Column("texts", JSONB, nullable=False),
    _time("added_at"),
)

#: Which set decides from which record on. Rows are only ever added, while no batch is being decided.
rule_activations = Table(
    "rule_activations",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Text, nullable=False),  # "": the set that the program is shipped with
    Column("beneath", BigInteger, nullable=False),  # what a revert brings back; 0: the shipped set
    Column("first", JSONB, nullable=False),  # {topic/partition: the first offset that it decides}
    Column("kind", Text, nullable=False),  # activate, revert
    Column("by_whom", Text, nullable=False),
    Column("second", Text),
    Column("why", Text, nullable=False),
    Column("forecast", JSONB),
    _time("at"),
)

#: Sets that wait for a second person.
rule_proposals = Table(
    "rule_proposals",
    metadata,
    Column("version", Text, primary_key=True),
    Column("live", Text, nullable=False),  # the set that was active when it was proposed
    Column("by_whom", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("forecast", JSONB),
    _time("at"),
)

#: How far each partition has been decided, so that an activation knows what is still to come.
rule_marks = Table(
    "rule_marks",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
)

#: Under which keys an account is looked up when a new one looks like it (`streams/matching/keys.py`).
account_keys = Table(
    "account_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("account_id", Text, primary_key=True),
    Index("account_keys_by_account", "account_id"),
)

#: What people said about likely duplicates. Rows are only added; the newest of a pair counts.
duplicate_decisions = Table(
    "duplicate_decisions",
    metadata,
    Column("decision_id", BigInteger, primary_key=True, autoincrement=True),
    Column("account_id", Text, nullable=False),  # the new one
    Column("other_id", Text, nullable=False),  # the one that it looked like
    Column("verdict", Text, nullable=False),  # merge, split, reject
    Column("by_whom", Text, nullable=False),
    Column("why", Text, nullable=False),
    _time("at"),
    Index("duplicate_decisions_by_account", "account_id"),
)
