"""Letters, cases, comments and billing holds in the operations database.

Letters are an index of what the dead-letter topics hold, the bytes included. Cases hold what people decided.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, LargeBinary, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from streams.runtime.tables import metadata


def _time(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


letters = Table(
    "letters",
    metadata,
    Column("letter_id", Text, primary_key=True),
    Column("event_id", Text, nullable=False),
    Column("family", Text, nullable=False),  # mesh, or whose format it was written in: spring, connect, ...
    Column("reason", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("sink", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("suggestion", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),  # how often it came
    Column("version", BigInteger),  # the record's, where it could be read
    Column("money", Numeric(18, 4)),
    Column("currency", Text),
    Column("fingerprint", Text, nullable=False),
    _time("first_failed_at"),
    _time("failed_at"),
    Column("origin", Text, nullable=False),  # of the original record
    Column("topic", Text, nullable=False),  # where the letter is, not the original
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("message_key", LargeBinary),
    Column("message_value", LargeBinary),
    Column("message_headers", JSONB, nullable=False),  # [[name, base64 or null], ...]
    Index("letters_by_reason", "reason", "failed_at"),
    Index("letters_by_time", "failed_at"),
    Index("letters_by_record", "entity", "key"),
    Index("letters_by_event", "event_id"),
    Index("letters_by_fingerprint", "fingerprint"),
)

cases = Table(
    "cases",
    metadata,
    Column("case_id", Text, primary_key=True),  # the letter's id, or the group's
    Column("kind", Text, nullable=False),  # letter, group
    Column("group_id", Text),  # of a letter's case
    Column("reason", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("entity", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("owner", Text, nullable=False),  # the team of the catalogue; the backup once it is escalated
    Column("assignee", Text, nullable=False),
    Column("money", Numeric(18, 4)),
    Column("currency", Text),
    Column("tags", ARRAY(Text), nullable=False),
    Column("suggestions", JSONB, nullable=False),
    Column("decision", JSONB),  # what was decided when it was resolved
    Column("version", Integer, nullable=False),
    _time("opened_at"),
    _time("due_at"),
    _time("updated_at"),
    _time("escalated_at", nullable=True),
    _time("closed_at", nullable=True),
    Index("cases_by_state", "kind", "state", "opened_at"),
    Index("cases_by_time", "kind", "opened_at"),
    Index("cases_by_reason", "kind", "reason", "opened_at"),
    Index("cases_by_due", "state", "due_at"),
    Index("cases_by_group", "group_id"),
    Index("cases_by_record", "entity", "key"),
    Index("cases_by_account", "account_id"),
)

case_comments = Table(
    "case_comments",
    metadata,
    Column("comment_id", BigInteger, primary_key=True, autoincrement=True),
    Column("case_id", Text, nullable=False),
    Column("who", Text, nullable=False),
    _time("at"),
    Column("text", Text, nullable=False),
    Index("case_comments_by_case", "case_id"),
)

#: Told on their topic whenever `state` is not what was told last.
billing_holds = Table(
    "billing_holds",
    metadata,
    Column("hold_id", Text, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("state", Text, nullable=False),  # raised, released
    Column("told", Text, nullable=False),
    _time("raised_at"),
    _time("released_at", nullable=True),
    Index("billing_holds_by_case", "case_id"),
)
