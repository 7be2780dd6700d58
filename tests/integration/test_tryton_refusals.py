"""What the real ERP refuses or lacks, sessions that end, and customers that are changed."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.reasons import Reason
from sinks.errors import Conflict, Refused, TargetError
from sinks.tryton import request
from sinks.verify import differences
from streams.runtime.settings import Settings
from tests.contract.sink_examples import customer, order
from tests.integration.tryton_wire import Erp, InErp, on_lossy_wire


@pytest.fixture
def in_erp(stack_settings: Settings) -> InErp:
    return on_lossy_wire(stack_settings)


@pytest.mark.parametrize(
    ("make", "reason", "detail", "suggestion"),
    [
        (
            lambda erp: order(f"o-{erp.account}", erp.account, lines=(("SKU-0001", "1", "1.0000"),)),
            Reason.MISSING_PRODUCT,
            "no product with the code SKU-0001",
            "SKU-001 instead of SKU-0001",
        ),
        (
            lambda erp: order(f"o-{erp.account}", erp.account, currency="KWD"),
            Reason.CURRENCY_UNKNOWN,
            "does not trade in KWD",
            "EUR",
        ),
        (
            lambda erp: order(f"o-{erp.account}", "nobody-at-all"),
            Reason.MAPPING_MISSING,
            "nobody-at-all",
            "letter of the account",
        ),
    ],
)
def test_what_the_erp_does_not_have(in_erp: InErp, make: Any, reason: Reason, detail: str, suggestion: str) -> None:
    async def check(erp: Erp) -> None:
        command = make(erp)
        with pytest.raises(Refused) as refused:
            await erp.write(command)
        assert refused.value.reason is reason
        assert detail in refused.value.detail
        assert suggestion in refused.value.suggestion
        assert await erp.sales(command.key) == []

    in_erp(check)


def test_an_order_that_people_cancelled_is_not_made_again(in_erp: InErp) -> None:
    async def check(erp: Erp) -> None:
        command = order(f"o-{erp.account}", erp.account)
        erp.wire.lose.append("model.sale.sale.create")
        with pytest.raises(TargetError):
            await erp.write(command)
        (sale,) = await erp.sales(command.key)
        await erp.client.call(request.step(sale["id"], "cancel"))
        with pytest.raises(Refused, match="was cancelled"):
            await erp.write(command)

    in_erp(check)


def test_a_session_that_ended_is_renewed_once(in_erp: InErp) -> None:
    async def check(erp: Erp) -> None:
        erp.wire.expire.append("model.sale.sale.search_read")
        logins = erp.wire.methods.count("common.db.login")
        assert await erp.sales("none-such") == []
        assert erp.wire.methods.count("common.db.login") == logins + 1

    in_erp(check)


def test_a_customer_that_was_changed_meanwhile_is_a_conflict_and_then_right(in_erp: InErp) -> None:
    async def check(erp: Erp) -> None:
        first = await erp.sink.find(customer(erp.account))
        await erp.write(customer(erp.account, 2, city="Bonn"))
        renamed = customer(erp.account, 3, name="Nœw Nâme")
        with pytest.raises(Conflict):
            await erp.sink.write(renamed, first)
        written = await erp.write(renamed)
        assert differences(written.sent, await erp.sink.read_back(renamed, written)) == []

    in_erp(check)


def test_a_customer_s_every_field_is_written_and_changed(in_erp: InErp) -> None:
    async def check(erp: Erp) -> None:
        whole = {
            "tax_id": "DE 123/456",
            "email": "Ap+1@Exämple.de",
            "phone": "+81 3 1234 5678",
            "street": "丸の内 1-1\nFloor 3",
            "city": "Łódź",
            "postal_code": "100-0001",
            "country": "JP",
            "state": "nowhere",
        }
        for version, fields in enumerate(
            (whole, {**whole, "email": "new@example.de", "city": "Zürich", "country": "CH"}), 2
        ):
            command = customer(erp.account, version, **fields)
            written = await erp.write(command)
            held = await erp.sink.read_back(command, written)
            assert differences(written.sent, held) == []
            assert held["country"] == fields["country"]
            assert held["tax id"] == "DE 123/456"

    in_erp(check)
