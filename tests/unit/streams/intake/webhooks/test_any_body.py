"""Whatever JSON a sender signs: changes, names of what is unhandled, or a violation. Never another exception."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stamping import found_in

from schemas.codec import ContractViolation
from schemas.records import Stamped
from schemas.topics import WEBHOOK_SOURCES
from streams.intake.webhooks import Unhandled
from streams.intake.webhooks.hubspot import PROPERTIES

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.characters(categories=("Cs", "Cc"))
    | st.sampled_from(["2026-03-01T10:00:00Z", "12.50", "EUR", "2026-01-01", "account.updated", "city"])
)
NAMES = ["id", "name", "account_id", "updated_at", "updated_by", "amount", "currency", "stage", "lines", "line_count"]
MORE = ["close_date", "signed_at", "starts_on", "sku", "quantity", "unit_price", "discount_percent", "position", "meta"]
ANY = st.recursive(
    SCALARS, lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=5), child, max_size=3)
)
DATA = st.dictionaries(st.sampled_from(NAMES + MORE), ANY | st.lists(st.dictionaries(st.sampled_from(MORE), SCALARS)))
KINDS = st.sampled_from([f"{about}.updated" for about in ("account", "contact", "contract", "opportunity")]) | ANY
STANDARD = st.fixed_dictionaries({"type": KINDS, "data": DATA | ANY})
EVENT = st.fixed_dictionaries(
    {
        "objectId": st.integers() | ANY,
        "occurredAt": st.integers() | ANY,
        "subscriptionType": st.sampled_from(["company.propertyChange", "company.creation", "deal.creation"]) | ANY,
        "propertyName": st.sampled_from(sorted(PROPERTIES)) | ANY,
        "propertyValue": ANY,
        "sourceId": ANY,
    }
)
SECONDS = st.integers(0, 2_000_000_000)
OBJECT = st.fixed_dictionaries(
    {
        "object": st.sampled_from(["charge", "refund", "dispute"]) | ANY,
        "id": st.just("x_1") | ANY,
        "amount": st.integers(0, 10**9) | ANY,
        "currency": st.sampled_from(["eur", "jpy", "kwd", "isk"]) | ANY,
        "status": st.sampled_from(["succeeded", "lost"]) | ANY,
        "charge": st.just("ch_1") | ANY,
        "created": SECONDS | ANY,
    },
    optional={"metadata": ANY | st.just({"invoice_number": "1"}), "reason": ANY, "refunds": ANY},
)
STRIPE = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["charge.refunded", "refund.updated", "charge.dispute.closed"]),
        "created": SECONDS | ANY,
        "data": st.fixed_dictionaries({"object": OBJECT | ANY}) | ANY,
    }
)


@pytest.mark.parametrize("source", WEBHOOK_SOURCES)
@given(document=ANY | STANDARD | STRIPE | st.lists(EVENT | ANY, max_size=3))
@example(document=[[[[0]]]] * 3)
def test_no_document_raises_anything_but_a_violation(source: str, document: Any) -> None:
    check(source, json.dumps(document).encode())


@pytest.mark.parametrize("source", WEBHOOK_SOURCES)
@given(body=st.binary(max_size=100))
@example(body=b"[" * 100_000)
@example(body=b'{"type":"account.updated","data":' + b"[" * 30 + b"]" * 30 + b"}")
@example(body=b'{"type":"account.updated","data":{"updated_at":' + b"9" * 4000 + b"}}")
def test_no_bytes_raise_anything_but_a_violation(source: str, body: bytes) -> None:
    check(source, body)


def test_stripes_other_types_are_unhandled_by_name() -> None:
    assert found_in("stripe", {"id": "evt_1", "type": "invoice.paid"}) == [
        Unhandled("invoice.paid", "no flow takes this kind of Stripe's events")
    ]


def test_a_source_without_contract_is_a_violation() -> None:
    with pytest.raises(ContractViolation, match="source"):
        found_in("shopify", {})


def check(source: str, body: bytes) -> None:
    try:
        found = found_in(source, body)
    except ContractViolation as error:
        found = [error]
    for one in found:
        assert isinstance(one, Stamped | Unhandled | ContractViolation)
        message = f"{one.kind}{one.why}" if isinstance(one, Unhandled) else str(one)
        message.encode()
        if not isinstance(one, Stamped):
            assert message.isprintable()
        else:
            one.model_dump_json()
