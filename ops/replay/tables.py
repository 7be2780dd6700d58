"""Tables of replay jobs. One claim per letter is a unique index, so that no two jobs send the same one."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Float, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from streams.runtime.tables import metadata


def _time(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


replay_jobs = Table(
    "replay_jobs",
    metadata,
    Column("job_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("selection", JSONB, nullable=False),  # as it was asked for
    Column("why", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("canary", Integer, nullable=False),  # so many are sent and seen to their ends before the others
    Column("rate", Float, nullable=False),  # letters a second, at most
    Column("epoch", BigInteger, nullable=False),  # raised by each process that runs it: an older one marks nothing
    Column("overlook", Integer, nullable=False),  # failures that a person has seen and resumed the job after
    Column("positions", JSONB, nullable=False),  # {topic/partition: offset}: from where ends are read on
    Column("note", Text, nullable=False),  # why it stands as it does
    Column("created_role", Text, nullable=False),
    Column("runner", Text, nullable=False),  # here: whoever made or resumed it; worker: the cases worker
    Column("redirect", Text, nullable=False),  # the topic that its letters go to instead; "" is their own stage
    Column("patch", Text, nullable=False),  # of a patch file: its name and digest
    Column("needs", Text, nullable=False),  # why a second person must agree; "" where none must
    Column("approval", Text, nullable=False),  # the mark of the preview that was agreed to
    Column("approved_by", Text, nullable=False),
    _time("created_at"),
    _time("updated_at"),
    _time("ended_at", nullable=True),
    Index("replay_jobs_by_time", "created_at"),
    Index("replay_jobs_by_state", "state"),
)

replay_items = Table(
    "replay_items",
    metadata,
    Column("job_id", Text, primary_key=True),
    Column("place", Integer, primary_key=True),  # in the order in which they are sent
    Column("letter_id", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("lane", Text, nullable=False),  # its account: of one lane one is under way at a time
    Column("record", Text, nullable=False),  # entity/key: behind one that fails again, the later ones stay
    Column("effect_id", Text, nullable=False),  # of a sink's letter: the command's id
    Column("kind", Text, nullable=False),  # of the effect that ends it; "" is any
    Column("state", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("edit_id", Text, nullable=False),  # the version of the letter that is sent; "" is the original
    _time("sent_at", nullable=True),
    _time("ended_at", nullable=True),
    Index("replay_items_claim", "letter_id", unique=True, postgresql_where=text("state = 'waiting' or state = 'sent'")),
    Index("replay_items_by_letter", "letter_id"),
    Index("replay_items_by_state", "job_id", "state"),
)

#: Versions of letters that people made. The letter itself is never changed; the newest version is what is sent.
letter_edits = Table(
    "letter_edits",
    metadata,
    Column("edit_id", Text, primary_key=True),
    Column("letter_id", Text, nullable=False),
    Column("number", Integer, nullable=False),  # 1 is the first edit
    Column("job_id", Text, nullable=False),  # of a patch: only this job sends it; "" is the letter's own
    Column("original_value", LargeBinary, nullable=False),  # what the letter held when it was edited first
    Column("value", LargeBinary, nullable=False),
    Column("account_id", Text, nullable=False),  # of the edited record
    Column("changes", JSONB, nullable=False),  # [{field, level, before, after}], personal data masked
    Column("level", Text, nullable=False),  # the highest of its fields: free, sensitive
    Column("why", Text, nullable=False),
    Column("edited_by", Text, nullable=False),
    _time("edited_at"),
    Index("letter_edits_by_letter", "letter_id", "number", unique=True),
)
