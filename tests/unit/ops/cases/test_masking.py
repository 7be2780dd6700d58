"""Personal data never leaves unmasked: by contract where there is one, by the names of fields where there is none."""

from __future__ import annotations

import pytest

from ops.cases.masking import masked, personal_fields
from schemas.records import Account, Command
from schemas.topics import BY_NAME, CDC, COMMAND_ERP, CRM_ACCOUNT, WEBHOOK
from tests.unit.schemas.examples import example


def test_what_the_contract_tags_is_masked_and_the_rest_is_not() -> None:
    shown = masked(example(Account).model_dump(), CRM_ACCOUNT.name)
    for field in ("name", "tax_id", "email", "phone", "street", "city"):
        assert shown[field].startswith("<masked"), field
    assert shown["currency"] == example(Account).model_dump()["currency"]
    assert shown["meta"]["key"] == "key é"


def test_personal_data_inside_a_command_is_masked() -> None:
    shown = masked(example(Command).model_dump(), COMMAND_ERP.name)
    assert shown["customer"]["name"].startswith("<masked")
    assert shown["customer"]["code"] == "code é"


@pytest.mark.parametrize("topic", [CDC["accounts"].name, "elsewhere"])
def test_raw_records_are_masked_by_the_names_of_their_fields(topic: str) -> None:
    assert personal_fields(topic) is None
    record = {
        "before": None,
        "after": {"id": 7, "billing_street": "Weg 1", "Name": "x", "e_mail": "a@b", "stage": "won"},
    }
    shown = masked(record, topic)["after"]
    assert (shown["id"], shown["stage"]) == (7, "won")
    assert shown["billing_street"] == "<masked, 5 characters>"
    assert shown["e_mail"].startswith("<masked")
    assert shown["Name"].startswith("<masked")


def test_a_webhooks_body_is_bytes_and_masked() -> None:
    assert masked({"body": b"secret"}, WEBHOOK["hubspot"].name) == {"body": "<6 bytes>"}
    assert WEBHOOK["hubspot"].name in BY_NAME
