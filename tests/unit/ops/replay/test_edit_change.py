"""A record with fields changed is checked as one that arrives, and personal data of it is told masked."""

from __future__ import annotations

import pytest

from ops.cases.errors import BadAsk
from ops.replay.edits.change import edited, get, put
from schemas.codec import Codec
from schemas.records import Command
from schemas.registry import MemoryRegistry
from schemas.topics import COMMAND_ERP
from tests.contract.sink_examples import customer, order

CODEC = Codec(MemoryRegistry())
TOPIC = COMMAND_ERP.name


def test_a_commands_field_is_changed_and_told_masked() -> None:
    value = CODEC.encode(COMMAND_ERP, customer("a1", 5, code="C-1", city="Berlin"))
    made = edited(TOPIC, value, {"customer.city": "Bonn"}, CODEC)
    fresh = CODEC.read(made.value, Command)
    assert fresh.customer is not None
    assert (fresh.customer.city, made.account_id) == ("Bonn", "a1")
    told = str(made.before) + str(made.after)
    assert "Berlin" not in told
    assert "Bonn" not in told


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"customer.nothing": "x"}, "no field"),
        ({"order": "x"}, "order"),
        ({"customer": None}, "customer"),
        ({"customer.name": None}, "name"),
        ({"version": "many"}, "version"),
    ],
)
def test_what_is_no_record_afterwards_is_refused(changes: dict[str, str | None], word: str) -> None:
    value = CODEC.encode(COMMAND_ERP, customer("a1", 5, code="C-1"))
    with pytest.raises(BadAsk, match=word):
        edited(TOPIC, value, changes, CODEC)


def test_bytes_that_are_no_record_and_raw_records_are_refused() -> None:
    with pytest.raises(BadAsk, match="cannot be read"):
        edited(TOPIC, b"no record", {"kind": "x"}, CODEC)
    with pytest.raises(BadAsk, match="correct them there"):
        edited("mesh.webhook.stripe", b"{}", {"kind": "x"}, CODEC)


def test_money_stays_a_decimal_to_the_last_digit() -> None:
    value = CODEC.encode(COMMAND_ERP, order("o1", "a1", 5, code="C-1"))
    made = edited(TOPIC, value, {"order.lines.0.sku": "SKU-7"}, CODEC)
    before, after = CODEC.read(value, Command), CODEC.read(made.value, Command)
    assert before.order is not None
    assert after.order is not None
    assert after.order.total == before.order.total
    assert after.order.lines[0].sku == "SKU-7"
    assert after.order.lines[1:] == before.order.lines[1:]


def test_paths_count_the_items_of_lists() -> None:
    record = {"lines": [{"code": "a"}, {"code": "b"}]}
    put(record, "lines.1.code", "c")
    assert (get(record, "lines.1.code"), get(record, "lines.0.code")) == ("c", "a")
    with pytest.raises(BadAsk):
        get(record, "lines.2.code")
