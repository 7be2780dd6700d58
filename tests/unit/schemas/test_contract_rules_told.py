"""Every rule that a contract of ours uses is told in words on its page."""

from __future__ import annotations

import pytest

from schemas.contracts import contracts
from schemas.exports.rules_told import told


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("length 1 128", "1 to 128 characters"),
        ("one_of crm erp", "one of <code>crm</code>, <code>erp</code>"),
        ("minor_units currency", "no more decimals than <code>currency</code> has"),
        ("above 0", "above 0"),
        ("one_of <b>", "one of <code>&lt;b&gt;</code>"),
        ("length 1", "<code>length 1</code>"),
        ("new_rule <x>", "<code>new_rule &lt;x&gt;</code>"),
    ],
)
def test_a_rule_in_words(rule: str, words: str) -> None:
    assert told(rule) == words


def test_each_rule_in_use_has_words() -> None:
    catalogue = contracts()
    parts = [*catalogue.contracts.values(), *catalogue.parts.values()]
    rules = {rule for part in parts for terms in part.fields.values() for rule in terms.rules}
    assert len(rules) > 10
    assert not {rule for rule in rules if told(rule) == f"<code>{rule}</code>"}
