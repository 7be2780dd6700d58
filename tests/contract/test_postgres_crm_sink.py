"""The CRM's database keeps what every sink promises."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from schemas.records import Command
from sinks.postgres_crm.sink import PostgresCrmSink
from streams.runtime.settings import Settings
from tests.contract.sink_examples import (
    account_billing,
    account_link,
    account_terms,
    opportunity_billed,
    opportunity_billing,
    opportunity_link,
)
from tests.contract.sink_promises import Case, SinkPromises, new_key


def billing_of(key: str, version: int, text: str) -> Command:
    return account_billing(key, "EUR", "12.34", version, invoice_number=text)


def deal_billing_of(key: str, version: int, text: str) -> Command:
    return opportunity_billing(key, f"a-{key}", "12.34", version, invoice_number=text)


def terms_of(key: str, version: int, text: str) -> Command:
    return account_terms(key, version, text)


MAKES = {
    "account link": lambda key, version, text: account_link(key, text, version),
    "opportunity link": lambda key, version, text: opportunity_link(key, f"a-{key}", text, version),
    "account billing": billing_of,
    "account terms": terms_of,
    "opportunity billed": lambda key, version, text: opportunity_billed(key, f"a-{key}", text, version),
    "opportunity billing": deal_billing_of,
}


@pytest.fixture(params=sorted(MAKES))
def case(request: pytest.FixtureRequest, stack_settings: Settings) -> Case:
    return Case(lambda: PostgresCrmSink.of(stack_settings), MAKES[request.param])


@pytest.fixture
def key(stack_settings: Settings) -> Iterator[str]:
    """A new record's id; its rows exist, as the CRM makes them. `updated_by` keeps them out of the line."""
    key = new_key()
    with psycopg.connect(stack_settings.crm_url, autocommit=True) as crm:
        crm.execute(
            "insert into sales.accounts (id, name, currency, updated_by) values (%s, 'Test', 'EUR', 'meshline')", [key]
        )
        crm.execute(
            "insert into sales.opportunities (id, account_id, name, stage, currency, amount, updated_by)"
            " values (%s, %s, 'Test', 'Prospecting', 'EUR', 0, 'meshline')",
            [key, f"a-{key}"],
        )
        yield key
        crm.execute("delete from sales.opportunities where id = %s", [key])
        crm.execute("delete from sales.account_balances where account_id = %s", [key])
        crm.execute("delete from sales.accounts where id = %s", [key])


class TestPostgresCrmSink(SinkPromises):
    pass
