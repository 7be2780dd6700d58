"""Are the contracts complete, and do they agree with schemas and topics? Pure; every fault is a finding.

What each rule asks is in `RULES`; `schemas.contracts.load` finds `yaml`, `model` and `id_twice`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schemas.contracts.avro_terms import fields_of, records_in
from schemas.contracts.load import Catalogue, Finding, covers
from schemas.contracts.model import DataContract, FieldTerms, Part
from schemas.contracts.rules import compile_rule, sibling_of
from schemas.topics import Topic

RULES = {
    "yaml": "the file is YAML without aliases, and no key stands there twice",
    "model": "keys and values are those of `schemas.contracts.model`",
    "id_twice": "no two files have one id",
    "file_name": "the file is named after its id",
    "backup_is_owner": "the backup is another team than the owner",
    "schema_missing": "the record has a released schema",
    "field_missing": "every field of the newest schema is in the contract",
    "field_unknown": "every field of the contract is in the newest schema",
    "type_differs": "a field has the type that the schema gives it",
    "required_differs": "a field is required exactly where the schema never lets it be null",
    "part_missing": "every record inside another has its part",
    "part_unused": "every part occurs in some contract",
    "pii_unknown": "what is tagged as personal data is a field",
    "pii_untagged": "a field that is named like personal data is tagged",
    "rule_unknown": "a rule exists, takes its arguments, and the field beside it that it names exists",
    "currency_missing": "a decimal names its unit or the field that holds its currency",
    "example_missing": "every plain field that is required has an example",
    "topic_unknown": "every topic of the contract is declared",
    "topic_uncovered": "every declared topic has a contract",
    "topic_twice": "no topic has two contracts",
    "topic_record": "the topic carries the record of its contract",
    "partition_differs": "the partition key is the account exactly on topics that are partitioned by account",
    "key_unknown": "the record's key and the partition key are fields",
}
_PERSONAL = {"email", "phone", "street", "postal_code", "city", "tax_id", "actor", "body"}


def lint(catalogue: Catalogue, schemas: Mapping[str, Any], topics: Sequence[Topic]) -> list[Finding]:
    """The faults of contracts against the newest schemas (record -> schema) and the declared topics, in file order."""
    found = [*_against_topics(catalogue, topics)]
    inside: dict[str, Mapping[str, Any]] = {}
    for contract in catalogue.contracts.values():
        file = catalogue.files[contract.id]
        found += _terms_of_contract(catalogue, contract, file)
        if contract.record is not None and contract.record not in schemas:
            found.append(Finding(file, "record", "schema_missing", f"{contract.record} has no released schema"))
        elif contract.record is not None:
            outer, *inner = records_in(schemas[contract.record])
            inside |= {record["name"]: record for record in inner}
            found += _against_schema(contract, file, outer)
    for name, record in inside.items():
        part = catalogue.parts.get(name)
        if part is None:
            found.append(Finding("parts", name, "part_missing", f"records hold a {name}, and no part describes it"))
        else:
            found += _against_schema(part, catalogue.files[part.id], record)
    for name, part in catalogue.parts.items():
        if name not in inside:
            found.append(Finding(catalogue.files[part.id], "record", "part_unused", f"no record holds a {name}"))
    for part in (*catalogue.contracts.values(), *catalogue.parts.values()):
        found += _fields(part, catalogue.files[part.id])
    return sorted(found)


def _terms_of_contract(catalogue: Catalogue, contract: DataContract, file: str) -> Iterator[Finding]:
    if contract.owner == contract.backup:
        yield Finding(file, "backup", "backup_is_owner", f"{contract.backup} is the owner already")
    paths = catalogue.flat(contract)
    for key in ("key", "partition_key"):
        path = getattr(contract, key)
        if not path.startswith("(") and path not in paths:
            yield Finding(file, key, "key_unknown", f"{path} is not a field of the record")


def _against_schema(part: Part, file: str, record: Mapping[str, Any]) -> Iterator[Finding]:
    written = fields_of(record)
    for name in written.keys() - part.fields.keys():
        yield Finding(file, f"fields.{name}", "field_missing", f"the schema has {name}; describe it")
    for name, terms in part.fields.items():
        key = f"fields.{name}"
        if name not in written:
            yield Finding(file, key, "field_unknown", f"the schema has no {name}")
            continue
        kind, required = written[name]
        if terms.type != kind:
            yield Finding(file, f"{key}.type", "type_differs", f"is {terms.type}, the schema says {kind}")
        if terms.required != required:
            words = "is never null" if required else "may be null"
            yield Finding(file, f"{key}.required", "required_differs", f"is {terms.required}, in the schema it {words}")


def _fields(part: Part, file: str) -> Iterator[Finding]:
    if file.rpartition("/")[2] != f"{part.id}.yaml":
        yield Finding(file, "id", "file_name", f"the id is {part.id}, so the file is {part.id}.yaml")
    for name in part.pii.keys() - part.fields.keys():
        yield Finding(file, f"pii.{name}", "pii_unknown", f"{name} is not a field")
    for name, terms in part.fields.items():
        key = f"fields.{name}"
        if name in _PERSONAL and name not in part.pii:
            yield Finding(file, f"pii.{name}", "pii_untagged", f"{name} is personal data by its name; tag it")
        if terms.type.startswith("decimal") and terms.unit is None and terms.currency is None:
            yield Finding(file, key, "currency_missing", "name the unit, or the field that holds the currency")
        if terms.required and terms.nested is None and terms.example is None:
            yield Finding(file, f"{key}.example", "example_missing", "give an example")
        yield from _rules(part, file, key, terms)


def _rules(part: Part, file: str, key: str, terms: FieldTerms) -> Iterator[Finding]:
    for rule in terms.rules:
        try:
            compile_rule(rule)
        except ValueError as error:
            yield Finding(file, f"{key}.rules", "rule_unknown", str(error))
    for other in (terms.currency, *map(sibling_of, terms.rules)):
        if other is not None and other not in part.fields:
            yield Finding(file, key, "rule_unknown", f"{other} is not a field beside it")


def _against_topics(catalogue: Catalogue, topics: Sequence[Topic]) -> Iterator[Finding]:
    for contract in catalogue.contracts.values():
        file = catalogue.files[contract.id]
        for name in contract.topics:
            if not any(covers(contract.model_copy(update={"topics": [name]}), topic.name) for topic in topics):
                yield Finding(file, "topics", "topic_unknown", f"{name} is not declared")
    for topic in topics:
        owners = [contract for contract in catalogue.contracts.values() if covers(contract, topic.name)]
        if not owners:
            yield Finding("", topic.name, "topic_uncovered", f"no contract names {topic.name}")
        for contract in owners[1:]:
            message = f"{topic.name} is in {owners[0].id} too"
            yield Finding(catalogue.files[contract.id], "topics", "topic_twice", message)
        for contract in owners[:1]:
            yield from _topic(contract, catalogue.files[contract.id], topic)


def _topic(contract: DataContract, file: str, topic: Topic) -> Iterator[Finding]:
    record = topic.record.__name__ if topic.record is not None else None
    if record != contract.record:
        message = f"{topic.name} carries {record or 'bytes of others'}, not {contract.record or 'bytes of others'}"
        yield Finding(file, "record", "topic_record", message)
    by_account = "account" in contract.partition_key
    if by_account != (topic.partitioned_by == "account"):
        message = f"is {contract.partition_key}, but {topic.name} is partitioned by {topic.partitioned_by}"
        yield Finding(file, "partition_key", "partition_differs", message)
