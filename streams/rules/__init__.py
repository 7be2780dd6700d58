"""Business rules as data (DR8): one YAML file per rule, expressions in CEL, evaluated as a pure function."""

from streams.rules.bucket import bucket_of
from streams.rules.document import Example, Row, Rule, read_rule
from streams.rules.errors import RulesError, Undecided, Unreadable
from streams.rules.rules import Rules, Verdict, compile_rules
from streams.rules.shipped import Limits, read_folder, rules_of, shipped, shipped_texts

__all__ = [
    "Example",
    "Limits",
    "Row",
    "Rule",
    "Rules",
    "RulesError",
    "Undecided",
    "Unreadable",
    "Verdict",
    "bucket_of",
    "compile_rules",
    "read_folder",
    "read_rule",
    "rules_of",
    "shipped",
    "shipped_texts",
]
