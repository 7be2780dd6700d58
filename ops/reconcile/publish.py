"""A signed certificate -> its topic, confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.reconcile.certificate import record_of
from reconciler.emit import Confirmed
from schemas.codec import Codec
from schemas.topics import CERTIFICATE
from streams.letters.outbox import Outgoing


def publish(signed: Mapping[str, Any], codec: Codec, outbox: Confirmed) -> None:
    """Under its own id, so that sent twice it is one. Raises NotDelivered, RegistryUnavailable."""
    record = record_of(dict(signed))
    value = codec.encode(CERTIFICATE, record)
    outbox.send_all_now([Outgoing(CERTIFICATE.name, record.certificate_id.encode(), value)])
