"""A certificate on its way out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from ops.reconcile.certificate import Certificate, record_of, sign
from ops.reconcile.publish import publish
from schemas.codec import Codec
from schemas.records import Certificate as Record
from schemas.registry import MemoryRegistry
from schemas.topics import CERTIFICATE
from streams.letters.outbox import NotDelivered, Outgoing

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SIGNED = sign(Certificate().document(NOW, NOW, {"pages": 1}), b"key")


class Sent:
    """Keeps what was sent, or refuses it."""

    def __init__(self, refuses: bool = False) -> None:
        self.refuses, self.records = refuses, list[Outgoing]()

    def send_all_now(self, records: Sequence[Outgoing]) -> None:
        if self.refuses:
            raise NotDelivered("the broker is away")
        self.records += records


def test_it_goes_out_under_its_own_digest_and_reads_back_as_it_was_signed() -> None:
    codec, sent = Codec(MemoryRegistry()), Sent()
    publish(SIGNED, codec, sent)
    publish(SIGNED, codec, sent)
    one, other = sent.records
    assert one == other, "sent twice it is one"
    assert (one.topic, one.key) == (CERTIFICATE.name, SIGNED["sha256"].encode())
    assert codec.read(one.value, Record) == record_of(SIGNED)


def test_what_the_broker_did_not_take_is_not_told_as_published() -> None:
    with pytest.raises(NotDelivered):
        publish(SIGNED, Codec(MemoryRegistry()), Sent(refuses=True))
