"""Our contracts agree with schemas and topics, and every rule of the lint is shown to bite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from schemas.contracts import contract_texts, read_catalogue
from schemas.contracts.lint import RULES, lint
from schemas.reasons import catalogue as reasons
from schemas.released import newest_schema
from schemas.topics import BY_NAME, CRM_ACCOUNT, TOPICS

TEXTS = contract_texts()
SCHEMAS = {topic.record.__name__: newest_schema(topic.record) for topic in TOPICS if topic.record is not None}


def findings(texts: dict[str, str]) -> list[tuple[str, str, str]]:
    catalogue, faults = read_catalogue(texts)
    return [(found.file, found.key, found.rule) for found in faults + lint(catalogue, SCHEMAS, TOPICS)]


def test_our_contracts_have_no_fault() -> None:
    assert findings(TEXTS) == []


def test_every_topic_has_one_contract_and_every_record_its_fields() -> None:
    catalogue, _ = read_catalogue(TEXTS)
    assert all(catalogue.of_topic(name) is not None for name in BY_NAME)
    fields = catalogue.flat(catalogue.contracts["opportunity"])
    assert {"meta.event_id", "lines.sku", "amount"} <= fields.keys()
    assert catalogue.flat_pii(catalogue.contracts["command"])["customer.email"] == "email"


def test_owners_are_teams_that_the_catalogue_of_reasons_knows() -> None:
    teams = {entry.owner for entry in reasons().values()} | {entry.backup for entry in reasons().values()}
    catalogue, _ = read_catalogue(TEXTS)
    assert {contract.owner for contract in catalogue.contracts.values()} <= teams
    assert {contract.backup for contract in catalogue.contracts.values()} <= teams


ACCOUNT = "account.yaml"
NAME = "  name:\n    type: string\n    required: false\n"


def changed(file: str, old: str, new: str) -> Callable[[], dict[str, str]]:
    def texts() -> dict[str, str]:
        assert old in TEXTS[file], old
        return {**TEXTS, file: TEXTS[file].replace(old, new, 1)}

    return texts


CASES: dict[str, tuple[Callable[[], dict[str, str]], str]] = {
    "yaml": (changed(ACCOUNT, "kind: entity", "kind: entity\nkind: technical"), ""),
    "model": (changed(ACCOUNT, "freshness: PT1H", "freshness: 60"), "sla.freshness"),
    "id_twice": (changed("contact.yaml", "id: contact", "id: account"), "id"),
    "file_name": (changed(ACCOUNT, "id: account", "id: accounts"), "id"),
    "backup_is_owner": (changed(ACCOUNT, "backup: sales-operations", "backup: revenue-operations"), "backup"),
    "schema_missing": (changed(ACCOUNT, "record: Account", "record: Accounts"), "record"),
    "field_missing": (changed(ACCOUNT, "  domain:", "  domains:"), "fields.domain"),
    "field_unknown": (changed(ACCOUNT, "  domain:", "  domains:"), "fields.domains"),
    "type_differs": (changed(ACCOUNT, NAME, NAME.replace("string", "bytes")), "fields.name.type"),
    "required_differs": (changed(ACCOUNT, NAME, NAME.replace("false", "true")), "fields.name.required"),
    "part_missing": (lambda: {name: text for name, text in TEXTS.items() if name != "parts/line.yaml"}, "Line"),
    "part_unused": (changed("parts/line.yaml", "record: Line", "record: Lines"), "record"),
    "pii_unknown": (changed(ACCOUNT, "  tax_id: tax_id", "  tax_id: tax_id\n  fax: phone"), "pii.fax"),
    "pii_untagged": (changed(ACCOUNT, "  email: email\n", ""), "pii.email"),
    "rule_unknown": (changed(ACCOUNT, "[country_code]", "[land]"), "fields.country.rules"),
    "currency_missing": (changed("opportunity.yaml", "    currency: currency\n", ""), "fields.amount"),
    "example_missing": (changed(ACCOUNT, "    example: ACC-1001\n", ""), "fields.id.example"),
    "topic_unknown": (changed(ACCOUNT, "- mesh.crm.account", "- mesh.crm.account\n  - mesh.crm.order"), "topics"),
    "topic_uncovered": (changed(ACCOUNT, "  - mesh.crm.account\n", ""), "mesh.crm.account"),
    "topic_twice": (changed("contact.yaml", "topics:\n", "topics:\n  - mesh.crm.account\n"), "topics"),
    "topic_record": (changed("contact.yaml", "record: Contact", "record: Account"), "record"),
    "partition_differs": (
        changed(ACCOUNT, "partition_key: meta.account_id", "partition_key: meta.event_id"),
        "partition_key",
    ),
    "key_unknown": (changed(ACCOUNT, "key: meta.key", "key: meta.code"), "key"),
}


def test_every_rule_has_its_case() -> None:
    assert CASES.keys() == RULES.keys()


@pytest.mark.parametrize("rule", CASES)
def test_a_fault_is_found_at_its_file_and_key(rule: str) -> None:
    make, key = CASES[rule]
    found = findings(make())
    assert (key, rule) in {(where, name) for _, where, name in found}


def test_a_topic_that_changes_its_partitioning_is_found() -> None:
    catalogue, _ = read_catalogue(TEXTS)
    moved = [replace(topic, partitioned_by="source") if topic is CRM_ACCOUNT else topic for topic in TOPICS]
    assert {found.rule for found in lint(catalogue, SCHEMAS, moved)} == {"partition_differs"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "a: &a [1]\nb: *a",
        "{" * 5000,
        "\x00",
        "version: !!python/object:os.system {}",
        "x" * 1_000_001,
        "1: 2",
    ],
    ids=["empty", "list", "alias", "deep", "nul", "tag", "large", "number-key"],
)
def test_whatever_the_file_holds_is_a_finding(text: str) -> None:
    catalogue, faults = read_catalogue({ACCOUNT: text})
    assert catalogue.contracts == {}
    assert faults
    assert {fault.file for fault in faults} == {ACCOUNT}
