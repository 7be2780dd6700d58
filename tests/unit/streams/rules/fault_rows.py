"""Sets of rules with something wrong in them, and some with nothing. What is found is in `faults.yaml`."""

from __future__ import annotations

from typing import Any

from tests.unit.streams.rules.rule_texts import row, rule

Set = tuple[list[dict[str, Any]], str]  #: rules, and the shipped file in whose place they stand

GOOD = [{"facts": {}, "value": 2000}]
HOUR = [{"facts": {}, "value": "1h"}]
NEW_YEAR, SUMMER, BEFORE = "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-05-31T23:59:59Z"


def of(*rules: dict[str, Any], without: str = "discount-threshold") -> Set:
    return list(rules), without


def one(value: str, answer: Any, decides: str, without: str) -> Set:
    return of(rule(row(value=value, examples=[{"facts": {}, "value": answer}]), decides=decides), without=without)


def bounded(when: str, value: str, amount: int, name: str) -> dict[str, Any]:
    return rule(row(when, value, [{"facts": {"amount_minor": amount}, "value": int(value)}]), id=name)


SETS: dict[str, Set] = {
    "nothing is wrong": of(
        rule(row('country == "DE"', "1500", [{"facts": {"country": "DE"}, "value": 1500}]), row(examples=GOOD))
    ),
    "version 0": of(rule(row(examples=GOOD), version=0)),
    "a word that rules do not have": of(rule(row(examples=GOOD), colour="red")),
    "no owner": of(rule(row(examples=GOOD), owner="")),
    "a reason that is empty": of(rule(row(examples=GOOD, why=""))),
    "a number as its id": of(rule(row(examples=GOOD), id=5)),
    "an id in capitals": of(rule(row(examples=GOOD), id="Not An Id")),
    "no rows": of(rule()),
    "a fact that the decision does not have": of(rule(row(examples=GOOD), row("segment == 'x'", examples=GOOD))),
    "a fact in the answer that the decision does not have": of(rule(row(value="segment", examples=GOOD))),
    "a fraction": of(rule(row(value="20.5", examples=GOOD))),
    "a fraction with an exponent": of(rule(row(value="2e3", examples=GOOD))),
    "a fraction by way of a text": of(rule(row(value='double("20")', examples=GOOD))),
    "a division by nothing": of(rule(row(value="1 / 0", examples=GOOD))),
    "too many basis points": of(rule(row(value="10001", examples=GOOD))),
    "all basis points": of(rule(row(value="10000", examples=[{"facts": {}, "value": 10000}]))),
    "basis points below nothing": of(rule(row(value="-1", examples=GOOD))),
    "no basis points": of(rule(row(value="0", examples=[{"facts": {}, "value": 0}]))),
    "yes is no number": of(rule(row(value="true", examples=GOOD))),
    "a number is no condition": of(rule(row("1", examples=GOOD))),
    "no example": of(rule(row(), row(examples=GOOD))),
    "an example with another answer": of(rule(row(examples=[{"facts": {}, "value": 2001}]))),
    "an example of another kind": of(rule(row(examples=[{"facts": {}, "value": "48h"}]))),
    "an example with a fact that is not asked": of(rule(row(examples=[{"facts": {"city": "x"}, "value": 2000}]))),
    "an example with a number for a text": of(rule(row(examples=[{"facts": {"country": 1}, "value": 2000}]))),
    "an example with yes for a number": of(rule(row(examples=[{"facts": {"amount_minor": True}, "value": 2000}]))),
    "an example that an earlier row answers": of(
        rule(row(examples=GOOD), row(value="1", examples=[{"facts": {}, "value": 1}]))
    ),
    "an example that a later row answers": of(rule(row('country == "DE"', examples=GOOD), row(examples=GOOD))),
    "an example that no row answers": of(
        rule(
            row('country == "DE"', examples=GOOD),
            row('country != "DE" && country != ""', examples=[{"facts": {"country": "FR"}, "value": 2000}]),
        )
    ),
    "an example after the rule's end": of(
        rule(row(examples=[{"facts": {}, "value": 2000, "at": NEW_YEAR}]), to=NEW_YEAR)
    ),
    "an example at the rule's start": of(
        rule(row(examples=[{"facts": {}, "value": 2000, "at": NEW_YEAR}]), from_=NEW_YEAR),
        rule(row(examples=GOOD), id="r2", to=NEW_YEAR),
    ),
    "nothing after its end": of(rule(row(examples=GOOD), to=NEW_YEAR)),
    "nothing before its start": of(rule(row(examples=GOOD), from_=NEW_YEAR)),
    "never in force": of(rule(row(examples=GOOD), from_=NEW_YEAR, to=NEW_YEAR), rule(row(examples=GOOD), id="r2")),
    "its end before its start": of(
        rule(row(examples=GOOD), from_=SUMMER, to=NEW_YEAR), rule(row(examples=GOOD), id="r2")
    ),
    "it fails for one amount": of(
        rule(row(value="amount_minor / (amount_minor - 51)", examples=[{"facts": {"amount_minor": 102}, "value": 2}]))
    ),
    "its example fails": of(rule(row("100 / amount_minor > 0", examples=GOOD))),
    "two answers at one amount": of(
        bounded("amount_minor < 70001", "1000", 5, "small"), bounded("amount_minor >= 70000", "2000", 70000, "large")
    ),
    "two answers at no amount": of(
        bounded("amount_minor < 70000", "1000", 5, "small"), bounded("amount_minor >= 70000", "2000", 70000, "large")
    ),
    "no answer at one amount": of(
        bounded("amount_minor < 70000", "1000", 5, "small"), bounded("amount_minor > 70000", "2000", 70001, "large")
    ),
    "three rules, two of one mind": of(
        rule(row(examples=GOOD)),
        rule(row(examples=GOOD), id="r2"),
        rule(row('country == "DE"', "1", [{"facts": {"country": "DE"}, "value": 1}]), id="r3"),
    ),
    "one follows the other": of(
        rule(row(examples=GOOD), id="first", to=SUMMER),
        rule(row(value="1", examples=[{"facts": {}, "value": 1}]), id="second", from_=SUMMER),
    ),
    "one begins before the other ends": of(
        rule(row(examples=GOOD), id="first", to=SUMMER),
        rule(row(value="1", examples=[{"facts": {}, "value": 1}]), id="second", from_=BEFORE),
    ),
    "one version twice": of(rule(row(examples=GOOD), to=SUMMER), rule(row(examples=GOOD), from_=SUMMER)),
    "two versions": of(rule(row(examples=GOOD), version=2, from_=SUMMER), rule(row(examples=GOOD), to=SUMMER)),
    "two faults in one set": of(rule(row(examples=GOOD), version=0), rule(row(), id="r2")),
    "a wait that is negative": one('duration("-1s")', "1h", "hold.account", "hold-for-account"),
    "a wait in numbers": one("5", "1h", "hold.account", "hold-for-account"),
    "a wait as a text": one('"1h"', "1h", "hold.account", "hold-for-account"),
    "a wait of nothing": one('duration("0s")', "0s", "hold.account", "hold-for-account"),
    "an example's wait that is none": one('duration("1h")', "soon", "hold.account", "hold-for-account"),
    "an example's wait in numbers": one('duration("1h")', 1, "hold.account", "hold-for-account"),
    "an example's wait below nothing": one('duration("1h")', "-1h", "hold.account", "hold-for-account"),
    "a price below nothing": one("-1", 0, "price.list", "rate-card"),
    "a price of nothing": one("0", 0, "price.list", "rate-card"),
    "a price of yes": one("true", 0, "price.list", "rate-card"),
    "121 months": one("121", 0, "billing.deferral", "revenue-deferral"),
    "120 months": one("120", 120, "billing.deferral", "revenue-deferral"),
    "-1 months": one("-1", 0, "billing.deferral", "revenue-deferral"),
    "yes months": one("true", 0, "billing.deferral", "revenue-deferral"),
    "no months": one("0", 0, "billing.deferral", "revenue-deferral"),
    "an account of blanks": one('" "', "x", "billing.account", "revenue-accounts"),
    "an account in numbers": one("411", "x", "billing.account", "revenue-accounts"),
    "an account": one('"4.1.1"', "4.1.1", "billing.account", "revenue-accounts"),
    "a number for yes": one("1", True, "flow", "flows"),
    "a flow that is off": one("false", False, "flow", "flows"),
}
