"""A contract as an Open Data Contract Standard 3.1 document. Pure."""

from __future__ import annotations

from typing import Any

from schemas.contracts import Catalogue, DataContract, FieldTerms, Part
from schemas.contracts.example import value_of
from schemas.exports.plain import length, plain

_LOGICAL = {"bytes": "string", "timestamp": "timestamp", "date": "date", "integer": "integer", "boolean": "boolean"}


def odcs(contract: DataContract, catalogue: Catalogue, topics: list[str]) -> dict[str, Any]:
    """The document; `topics` are the names of the topics that the contract covers."""
    schema: dict[str, Any] = {
        "name": contract.record or contract.id,
        "physicalName": topics[0],
        "physicalType": "topic",
        "description": contract.meaning,
        "customProperties": _custom(
            topics=topics, recordKey=contract.key, partitionKey=contract.partition_key, kind=contract.kind
        ),
    }
    if contract.fields:
        schema["properties"] = _properties(contract, catalogue, contract)
    return {
        "version": f"{contract.version}.0.0",
        "kind": "DataContract",
        "apiVersion": "v3.1.0",
        "id": f"meshline.{contract.id}",
        "name": contract.id,
        "status": "active",
        "domain": "revenue",
        "description": {"purpose": contract.meaning, "usage": f"Carried to the other side {contract.sla.sync}."},
        "schema": [schema],
        "support": [{"channel": contract.contact, "scope": "issues"}],
        "team": {
            "name": contract.owner,
            "members": [
                {"username": contract.owner, "role": "owner"},
                {"username": contract.backup, "role": "backup"},
            ],
        },
        "slaProperties": [_sla("latency", contract, "processing"), _sla("freshness", contract, "freshness")],
        "customProperties": _custom(compatibility=contract.compatibility),
    }


def _sla(name: str, contract: DataContract, term: str) -> dict[str, Any]:
    value, unit = length(getattr(contract.sla, term))
    meaning = {
        "processing": "from arrival to the topic, at most",
        "freshness": "age of the newest truth on the topic, at most",
    }[term]
    return {"property": name, "value": value, "unit": unit, "driver": "operational", "description": meaning}


def _properties(part: Part, catalogue: Catalogue, contract: DataContract, path: str = "") -> list[dict[str, Any]]:
    return [_property(name, terms, part, catalogue, contract, path) for name, terms in part.fields.items()]


def _property(
    name: str, terms: FieldTerms, part: Part, catalogue: Catalogue, contract: DataContract, path: str
) -> dict[str, Any]:
    full = f"{path}{name}"
    found: dict[str, Any] = {"name": name, "physicalType": terms.type, "required": terms.required}
    found["logicalType"] = _logical(terms)
    found["description"] = terms.meaning
    if full == contract.key:
        found |= {"primaryKey": True, "primaryKeyPosition": 1}
    if full == contract.partition_key:
        found |= {"partitioned": True, "partitionKeyPosition": 1}
    if name in part.pii:
        found |= {"classification": "personal", "tags": [f"pii:{part.pii[name]}"]}
    if terms.example is not None:
        found["examples"] = [plain(value_of(terms))]
    if terms.rules:
        found["quality"] = [{"type": "text", "name": rule.split()[0], "description": rule} for rule in terms.rules]
    found["customProperties"] = _custom(
        systemOfRecord=terms.system_of_record, direction=terms.direction, unit=terms.unit, currencyField=terms.currency
    )
    if terms.nested is not None:
        inner = _properties(catalogue.parts[terms.nested], catalogue, contract, f"{full}.")
        if terms.type.startswith("list"):
            found["items"] = {"logicalType": "object", "properties": inner}
        else:
            found["properties"] = inner
    return found


def _logical(terms: FieldTerms) -> str:
    if terms.nested is not None:
        return "array" if terms.type.startswith("list") else "object"
    return "number" if terms.type.startswith("decimal") else _LOGICAL.get(terms.type, "string")


def _custom(**values: Any) -> list[dict[str, Any]]:
    return [{"property": name, "value": value} for name, value in values.items() if value is not None]
