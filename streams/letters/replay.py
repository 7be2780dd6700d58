"""Where a letter goes when it is sent again: back into the stage that refused it. Pure."""

from __future__ import annotations

from schemas import headers as names
from schemas.headers import header_text
from schemas.partition import partition_for
from schemas.topics import ACCOUNT_PARTITIONS
from streams.letters.inbox import LetterView
from streams.letters.outbox import Outgoing
from streams.letters.redrive import redriven, sent_again


def replayed(letter: LetterView) -> Outgoing:
    """The letter's original record on its way. A command goes back to its own topic, in its account's partition."""
    original = letter.original
    more = {names.REPLAYS: str(int(header_text(original.headers, names.REPLAYS) or 0) + 1)}
    account = letter.account_id
    partition = partition_for(account, ACCOUNT_PARTITIONS) if account else original.partition % ACCOUNT_PARTITIONS
    if letter.stage != "sink":
        return redriven(original, letter.stage, partition, more)
    return sent_again(original, more)
