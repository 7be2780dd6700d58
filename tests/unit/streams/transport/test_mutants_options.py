"""What mutants of the layer have shown to be missing elsewhere: each option that a guarantee stands on."""

from __future__ import annotations

from streams.transport import EngineOptions

EXACTLY_ONCE = EngineOptions(delivery="exactly-once", transactional_id="worker-1")


def test_every_start_of_a_worker_has_the_same_name_so_that_it_fences_the_one_before() -> None:
    names = [EXACTLY_ONCE.transactional_producer_config("b")["transactional.id"] for _ in range(2)]
    assert names == ["worker-1", "worker-1"]


def test_what_transactions_have_undone_is_not_read() -> None:
    assert EXACTLY_ONCE.consumer_config("b", "g")["isolation.level"] == "read_committed"


def test_a_new_group_begins_at_the_beginning() -> None:
    assert EXACTLY_ONCE.consumer_config("b", "g")["auto.offset.reset"] == "earliest"


def test_outputs_are_acknowledged_by_every_copy_in_sync_and_written_once() -> None:
    for config in (EXACTLY_ONCE.transactional_producer_config("b"), EngineOptions().plain_producer_config("b")):
        assert config["acks"] == "all"
        assert config["enable.idempotence"] is True
