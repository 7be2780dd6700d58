"""A dead letter read back from its topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas import headers as names
from schemas.headers import header_text
from schemas.reasons import Reason
from streams.letters.letter import Original


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter as people see it. Times are ISO 8601; `original` holds the bytes."""

    letter_id: str
    event_id: str
    reason: Reason
    stage: str
    sink: str
    entity: str
    key: str
    account_id: str
    detail: str
    suggestion: str
    attempts: int
    first_failed_at: str
    failed_at: str
    origin: str
    topic: str
    partition: int
    offset: int
    original: Original
    error_class: str = ""
    http_status: str = ""
    schema_id: str = ""
    stack: str = ""


def view_of(message: Any) -> LetterView:
    """A record of a dead-letter topic as a letter."""
    headers = message.headers() or ()

    def text(name: str) -> str:
        return header_text(headers, name)

    original = Original.of(message)
    return LetterView(
        letter_id=text(names.LETTER_ID),
        event_id=text(names.EVENT_ID),
        reason=Reason(text(names.REASON)),
        stage=text(names.STAGE),
        sink=text(names.SINK),
        entity=text(names.ENTITY),
        key=text(names.ENTITY_KEY),
        account_id=text(names.ACCOUNT_ID),
        detail=text(names.DETAIL),
        suggestion=text(names.SUGGESTION),
        attempts=int(text(names.ATTEMPTS) or 1),
        first_failed_at=text(names.FIRST_FAILED_AT),
        failed_at=text(names.FAILED_AT),
        origin=original.origin,
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        original=original,
        error_class=text(names.ERROR_CLASS),
        http_status=text(names.HTTP_STATUS),
        schema_id=text(names.SCHEMA_ID),
        stack=text(names.STACK),
    )
