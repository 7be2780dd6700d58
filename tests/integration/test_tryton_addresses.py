"""International addresses in their standard form go into the real ERP and come back byte for byte."""

from __future__ import annotations

import pytest

from sinks.verify import differences
from streams.intake.standard import standard
from streams.runtime.settings import Settings
from tests.contract.sink_examples import customer
from tests.integration.tryton_wire import Erp, InErp, on_lossy_wire

ADDRESSES = {
    "sharp s": {"country": "Germany", "street": "Große Straße 7", "city": "Gießen", "phone": "0641 5550101"},
    "Japanese": {"country": "日本", "street": "丸の内一丁目\n三階", "city": "東京", "phone": "03-5555-1234"},
    "right to left": {"country": "GB", "street": "شارع الشيخ زايد ١٢", "city": "دبي"},
    "emoji": {"country": "US", "street": "1 Rocket Way 🚀👩\u200d🚀", "city": "Austin", "state": "Tex."},
    "combining": {"country": "France", "street": "Rue de l'E\u0301glise", "city": "Besanc\u0327on"},
}


@pytest.fixture
def in_erp(stack_settings: Settings) -> InErp:
    return on_lossy_wire(stack_settings)


def test_addresses_come_back_byte_for_byte(in_erp: InErp) -> None:
    async def check(erp: Erp) -> None:
        for version, (name, written) in enumerate(ADDRESSES.items(), 2):
            fields = standard("Account", "update", {"name": f"{name} {erp.account}", **written})
            command = customer(erp.account, version, **fields)
            sent = await erp.write(command)
            held = await erp.sink.read_back(command, sent)
            assert differences(sent.sent, held) == []
            back = {field: str(held[field]).encode() for field in ("street", "city", "country")}
            assert back == {field: fields[field].encode() for field in back}, name
            again = {"street": held["street"], "city": held["city"], "country": held["country"], "phone": held["phone"]}
            assert standard("Customer", "update", again) == again

    in_erp(check)
