from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ops.demo.bodies import body_of
from ops.demo.plan import plan_day
from ops.demo.records import Delivery
from schemas.codec import ContractViolation
from schemas.records import Account, Envelope, Opportunity, WebhookReceived
from streams.intake.document import MalformedBody, parse_document
from streams.intake.webhooks import Unhandled, changes_in
from streams.standards import Standard, standardise_tax_id

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLAN = plan_day("r1", 12, 7, 40, 60, date(2026, 3, 2))
DELIVERIES = [step for lane in (*PLAN.morning, *PLAN.afternoon) for step in lane.steps if isinstance(step, Delivery)]


def stamp(entity, key, account_id, operation, occurred_at, actor=None, sequence=0):  # type: ignore[no-untyped-def]
    return Envelope(
        event_id="e",
        source="webhook:x",
        side="crm",
        entity=entity,
        key=key,
        account_id=account_id,
        operation=operation,
        version=1,
        occurred_at=occurred_at,
        received_at=NOW,
        origin="t/0/0",
    )


def received(delivery: Delivery) -> WebhookReceived:
    body = body_of(delivery, "r1-1", 1, NOW)
    return WebhookReceived(delivery_id="d", source=delivery.source, received_at=NOW, signed_at=NOW, body=body)


@pytest.mark.parametrize("delivery", [one for one in DELIVERIES if one.status == 202], ids=lambda one: one.kind)
def test_what_the_senders_write_is_what_the_line_understands(delivery: Delivery) -> None:
    try:
        (found,) = changes_in(received(delivery), stamp)
    except ContractViolation:
        assert PLAN.letters[delivery.data["id"]] == "contract_violation"
        return
    if isinstance(found, Account) and delivery.source == "standard":
        account = PLAN.accounts[found.id]
        assert (found.name, found.street) == (account.name, account.street)
        assert Standard(found.tax_id or "") == standardise_tax_id(account.tax_id, account.country)
    elif isinstance(found, Opportunity):
        deal = PLAN.opportunities[found.id]
        assert (found.amount, found.currency) == (deal.amount, deal.currency)
        assert found.lines is not None
        assert len(found.lines) == len(deal.lines)
    else:
        assert isinstance(found, Unhandled | Account)


def test_a_malformed_body_is_not_json() -> None:
    (malformed,) = [one for one in DELIVERIES if one.trouble == "malformed"]
    with pytest.raises(MalformedBody):
        parse_document(body_of(malformed, "d", 1, NOW))


def test_a_huge_body_is_beyond_the_doors_limit() -> None:
    (huge,) = [one for one in DELIVERIES if one.trouble == "too_large"]
    assert len(body_of(huge, "d", 1, NOW)) > 512 * 1024
