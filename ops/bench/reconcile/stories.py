"""Labelled stories: what happens to one record on both sides, and what the reconciler has to say about it.

Every story is put together from its number and the seed alone. Times are minutes; the grace is `GRACE`. Each side's
changes reach the topics with delays, twice, out of order, from clocks that are wrong; that is no drift. A story with a
label is: it differs for longer than the grace, once, and is put right later.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ops.bench.reconcile.events import Event
from reconciler.difference import Result
from reconciler.rows import EntityName, PairName
from schemas.records import DriftKind

GRACE = 5.0
GONE = 15.0  #: the grace of deletions
_FAST = 4.5  #: the slowest that a clean change takes to the other side
_LASTS = (45.0, 120.0)  #: damage: longer than an outage and the longest grace, so that it is there when it is due


@dataclass(slots=True)
class Story:
    """`drift` is what has to be told once and closed once; None: nothing is to be told. `ends` is the last result."""

    pair: PairName
    key: str
    drift: DriftKind | None = None
    money: Decimal | None = None
    ends: Result = "in_step"
    late: int = 0  #: rows that come later than what was judged already
    events: list[Event] = field(default_factory=list)

    def add(self, at: float, entity: EntityName, *, late: float = 0, operation: Any = "update", **fields: Any) -> None:
        """A change at that moment, recorded then; `late`: recorded so many minutes after it happened."""
        key = fields.pop("key", self.key)
        account = fields.pop("account", self.key)
        self.events.append(Event(at, at - late, entity, key, account, operation, tuple(sorted(fields.items()))))


Write = Callable[[Story, random.Random, float], None]


def story(number: int, seed: int, start: float, damaged: bool) -> Story:
    """The story with this number, which begins at that moment."""
    dice = random.Random(f"{seed}/{number}")
    key = f"R{seed}-{number}"
    if damaged:
        pair, kind, write = _DAMAGES[number % len(_DAMAGES)]
        found = Story(pair, key, kind)
    else:
        pair, write = dice.choice(_CLEAN)
        found = Story(pair, key)
    write(found, dice, start)
    if dice.random() < 0.1:  # delivered twice: the same row once more, before the next one of its record
        again = dice.choice(found.events)
        later = [one.recorded for one in found.events if one.entity == again.entity and one.recorded > again.recorded]
        at = min([again.recorded + 0.2, *(one - 0.01 for one in later)])
        found.events.append(
            Event(at, again.happened, again.entity, again.key, again.account_id, again.operation, again.fields)
        )
    return found


# -- nothing to tell


def _account(s: Story, dice: random.Random, at: float, **fields: Any) -> float:
    """Both sides hold the account; either side's row may come first. When both do."""
    lag = dice.uniform(0, _FAST)
    first: list[EntityName] = ["account", "customer"]
    dice.shuffle(first)
    skew = dice.choice([0.0, 0.0, 2.0])  # a clock that is behind tells of the past
    s.add(at, first[0], late=skew, **fields)
    s.add(at + lag, first[1], late=lag if dice.random() < 0.5 else 0, **fields)
    return at + lag


def _renamed(s: Story, dice: random.Random, at: float) -> None:
    done = _account(s, dice, at)
    for number in range(dice.randrange(3)):
        done = _account(s, dice, done + dice.uniform(1, 30), name=f"Acme {number}")


def _made_again(s: Story, dice: random.Random, at: float) -> None:
    """Deleted on one side and made again before the grace of deletions is over."""
    at = _account(s, dice, at) + dice.uniform(1, 60)
    side: EntityName = dice.choice(["account", "customer"])
    s.add(at, side, operation=dice.choice(["delete", None]))
    s.add(at + dice.uniform(1, GONE - 1), side, operation="create")


def _deleted(s: Story, dice: random.Random, at: float) -> None:
    at = _account(s, dice, at) + dice.uniform(1, 60)
    s.add(at, "account", operation="delete")
    s.add(at + dice.uniform(0, GONE - 1), "customer", operation="delete")


def _spelled(s: Story, dice: random.Random, at: float) -> None:
    s.ends = "within_tolerance"
    lag = dice.uniform(0, _FAST)
    s.add(at, "account", street="Main St. 1, 2nd floor")
    s.add(at + lag, "customer", street="MAIN ST 1 2ND FLOOR")


def _late(s: Story, dice: random.Random, at: float) -> None:
    """A row that tells of a time that was judged long ago; both sides agree all the same."""
    at = _account(s, dice, at) + dice.uniform(90, 120)
    s.late = 1
    s.add(at, dice.choice(["account", "customer"]), late=80, city="Ghent")
    s.add(at + 1, "account", city="")


def _sold(s: Story, dice: random.Random, at: float) -> None:
    """A deal, its order, its invoices; the amount is corrected on the way."""
    amount = Decimal(dice.randrange(1, 10**7)) / 100
    s.add(at, "opportunity", stage="Negotiation", amount=amount)
    at += dice.uniform(1, 60)
    s.add(at, "opportunity", amount=amount)
    at += dice.uniform(0, _FAST)
    s.add(at, "order", total=amount + Decimal("0.004"))
    for part in (amount,) if dice.random() < 0.7 else ():
        s.add(at + dice.uniform(0, _FAST), "invoice", key=f"{s.key}-I", order_id=s.key, total=part)


def _only_erp(s: Story, dice: random.Random, at: float) -> None:
    s.ends, s.key = "erp_only", f"erp:party:{s.key}"
    s.add(at, "customer", tax_id=None)


# -- damage: told once, put right, closed once


def _missing_in_erp(s: Story, dice: random.Random, at: float) -> None:
    s.add(at, "account")
    s.add(at + dice.uniform(*_LASTS), "customer")


def _missing_in_crm(s: Story, dice: random.Random, at: float) -> None:
    s.add(at, "customer")
    s.add(at + dice.uniform(*_LASTS), "account")


def _deleted_in_crm(s: Story, dice: random.Random, at: float) -> None:
    at = _account(s, dice, at) + dice.uniform(1, 60)
    s.add(at, "account", operation="delete")
    s.add(at + dice.uniform(*_LASTS), "customer", operation="delete")


def _renamed_by_hand(s: Story, dice: random.Random, at: float) -> None:
    at = _account(s, dice, at) + dice.uniform(1, 60)
    s.add(at, "customer", name="Acne")
    s.add(at + dice.uniform(*_LASTS), "customer")


def _tombstone(s: Story, dice: random.Random, at: float) -> None:
    at = _account(s, dice, at) + dice.uniform(1, 60)
    s.add(at, "customer", operation=None)
    s.add(at + dice.uniform(*_LASTS), "customer", operation="create")


def _total_by_hand(s: Story, dice: random.Random, at: float) -> None:
    s.money = Decimal(dice.choice([-1, 1]) * dice.randrange(1, 9000)) / 100
    s.add(at, "opportunity")
    at += dice.uniform(0, _FAST)
    s.add(at, "order", total=100 + s.money)
    s.add(at + dice.uniform(*_LASTS), "order")


def _never_ordered(s: Story, dice: random.Random, at: float) -> None:
    s.money = Decimal(-100)
    s.add(at, "opportunity")
    s.add(at + dice.uniform(*_LASTS), "order")


def _cancelled(s: Story, dice: random.Random, at: float) -> None:
    s.money = Decimal(-100)
    s.add(at, "opportunity")
    s.add(at + dice.uniform(0, _FAST), "order")
    at += _FAST + dice.uniform(1, 60)
    s.add(at, "order", state="cancelled")
    s.add(at + dice.uniform(*_LASTS), "opportunity", stage="Closed Lost")


def _billed_twice(s: Story, dice: random.Random, at: float) -> None:
    s.money = Decimal(100)
    s.add(at, "opportunity")
    s.add(at + dice.uniform(0, _FAST), "order")
    s.add(at + _FAST, "invoice", key=f"{s.key}-I", order_id=s.key)
    s.add(at + 5, "invoice", key=f"{s.key}-J", order_id=s.key)
    s.add(at + 5 + dice.uniform(*_LASTS), "invoice", key=f"{s.key}-J", order_id=s.key, state="cancelled")


def _other_currency(s: Story, dice: random.Random, at: float) -> None:
    s.add(at, "opportunity")
    s.add(at + dice.uniform(0, _FAST), "order", currency="USD")
    s.add(at + _FAST + dice.uniform(*_LASTS), "order")


def _late_damage(s: Story, dice: random.Random, at: float) -> None:
    """The change by hand is told long after it happened: the record is looked at again."""
    at = _account(s, dice, at) + dice.uniform(90, 120)
    s.late = 1
    s.add(at, "customer", late=80, city="Gent")
    s.add(at + 1, "account", city="Ghent")
    s.add(at + 1 + dice.uniform(*_LASTS), "customer", city="Ghent")


_CLEAN: tuple[tuple[PairName, Write], ...] = (
    ("account", _renamed),
    ("account", _renamed),
    ("account", _made_again),
    ("account", _deleted),
    ("account", _spelled),
    ("account", _late),
    ("account", _only_erp),
    ("opportunity", _sold),
    ("opportunity", _sold),
    ("opportunity", _sold),
)
_DAMAGES: tuple[tuple[PairName, DriftKind, Write], ...] = (
    ("account", "missing_in_erp", _missing_in_erp),
    ("account", "missing_in_crm", _missing_in_crm),
    ("account", "deleted_on_one_side", _deleted_in_crm),
    ("account", "field_mismatch", _renamed_by_hand),
    ("account", "missing_in_erp", _tombstone),
    ("opportunity", "total_mismatch", _total_by_hand),
    ("opportunity", "missing_in_erp", _never_ordered),
    ("opportunity", "field_mismatch", _cancelled),
    ("invoice", "duplicate", _billed_twice),
    ("opportunity", "field_mismatch", _other_currency),
    ("account", "field_mismatch", _late_damage),
)
