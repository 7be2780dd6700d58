"""Personal data is masked wherever a letter's record is shown. What is personal, the data contracts say. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from schemas.contracts import contracts
from schemas.topics import BY_NAME

#: Where no contract names the fields: raw records of the CRM's database, of the ERP and of webhooks.
PERSONAL = re.compile(
    r"(^|_)(name|email|mail|phone|mobile|fax|street|address|city|postal_code|zip|zipcode|tax_id|taxid|vat|iban|bic"
    r"|identifier_code|firstname|lastname|birthdate|contact|body)$"
)
_KEPT = frozenset({"event_id", "op", "source", "kind"})


def personal_fields(topic: str) -> frozenset[str] | None:
    """Dotted paths of personal data on a topic; None where no contract says."""
    catalogue = contracts()
    contract = catalogue.of_topic(topic)
    known = topic in BY_NAME and BY_NAME[topic].record is not None
    if contract is None or not contract.fields or not known or topic.startswith(_RAW):
        return None
    return frozenset(catalogue.flat_pii(contract))


_RAW = tuple(name.rpartition(".")[0] + "." for name, topic in BY_NAME.items() if topic.readers == ("normalise",))


def masked(record: Mapping[str, Any], topic: str) -> dict[str, Any]:
    """The record as anybody may see it: each personal text is told by its length."""
    paths = personal_fields(topic)
    return {name: _masked(value, name, name, paths) for name, value in record.items()}


def _masked(value: Any, path: str, name: str, paths: frozenset[str] | None) -> Any:
    if isinstance(value, Mapping):
        return {inner: _masked(one, f"{path}.{inner}", inner, paths) for inner, one in value.items()}
    if isinstance(value, list):
        return [_masked(one, path, name, paths) for one in value]
    personal = path in paths if paths is not None else bool(PERSONAL.search(name.casefold())) and name not in _KEPT
    if not personal or value in (None, ""):
        return value
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else f"<masked, {len(str(value))} characters>"
