"""One raw record, whatever its source, as the canonical events in it."""

from __future__ import annotations

from schemas.codec import Codec, ContractViolation
from schemas.records import ErpChange, Stamped, WebhookReceived
from schemas.topics import CDC, ERP_CHANGES, WEBHOOK
from streams.intake.normalise.arrival import Arrival, Nothing
from streams.intake.normalise.cdc import change_in_row
from streams.intake.normalise.erp import change_in_erp_record
from streams.intake.normalise.webhook import changes_in_webhook

__all__ = ["Arrival", "Nothing", "normalise"]

_TABLE_OF = {topic.name: table for table, topic in CDC.items()}
_WEBHOOKS = {topic.name for topic in WEBHOOK.values()}
_ERP = {topic.name for topic in ERP_CHANGES.values()}


def normalise(
    topic: str, value: bytes | None, codec: Codec, arrival: Arrival
) -> list[Stamped | Nothing | ContractViolation]:
    """The events in a raw record, at least one answer each. A violation may stand among the sound events of a body.

    Raises Undecodable, ContractViolation (the record's fault); RegistryUnavailable (ours); LookupError for a topic
    that is not a raw one.
    """
    if topic in _TABLE_OF:
        change = None if value is None else codec.decode(value).record
        return [change_in_row(_TABLE_OF[topic], change, arrival)]
    if topic in _WEBHOOKS:
        return changes_in_webhook(codec.read(value, WebhookReceived), arrival)
    if topic in _ERP:
        return [change_in_erp_record(codec.read(value, ErpChange), arrival)]
    raise LookupError(f"{topic} is not a raw topic")
