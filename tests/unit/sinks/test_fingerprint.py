from __future__ import annotations

import pytest

from sinks.fingerprint import body_of, fingerprint
from tests.contract.sink_examples import account_billing, account_link, customer, opportunity_link, order


def test_the_same_body_has_one_fingerprint_whatever_the_version() -> None:
    assert fingerprint(customer("a", 1)) == fingerprint(customer("a", 2))
    assert fingerprint(customer("a", 1)) != fingerprint(customer("a", 1, city="Bonn"))


@pytest.mark.parametrize(
    "command",
    [
        customer("a"),
        order("o", "a"),
        account_link("a", "C1"),
        account_billing("a", "EUR", "5"),
        opportunity_link("o", "a", "7"),
    ],
)
def test_the_body_is_that_of_the_kind(command: object) -> None:
    assert body_of(command) is not None  # type: ignore[arg-type]


def test_a_command_without_its_body_or_with_two_is_refused() -> None:
    with pytest.raises(ValueError, match=r"customer.upsert command has the body of: nothing"):
        body_of(customer("a").model_copy(update={"customer": None}))
    with pytest.raises(ValueError, match=r"customer\.upsert, order\.place"):
        body_of(customer("a").model_copy(update={"order": order("o", "a").order}))
    with pytest.raises(ValueError, match="account"):
        body_of(customer("a").model_copy(update={"customer": None, "account": account_link("a", "C1").account}))
