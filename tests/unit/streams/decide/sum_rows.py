"""Rows about what counts together: credits of a period, refunds of an invoice; and what was sent already."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from schemas.outcome import Forward
from schemas.records import Command, Stamped
from streams.decide import Facts, Known, Policy, decide
from streams.decide.commands import command_body, fingerprint_of
from tests.unit.streams.decide.cases import NOW, account, deal, facts, invoice, item, line
from tests.unit.streams.decide.test_case_decisions import at, case, days, sent
from tests.unit.streams.decide.test_lead_decisions import ALONE, lead
from tests.unit.streams.decide.test_refund_decisions import at as refunds_at
from tests.unit.streams.decide.test_refund_decisions import bill, charge, refund
from tests.unit.streams.decide.test_refund_decisions import sent as refund_sent
from tests.unit.streams.decide.test_subscription_decisions import at as subscription_at
from tests.unit.streams.decide.test_subscription_decisions import subscription

Rows = dict[str, tuple[Stamped, Facts]]


def told_before(event: Stamped, given: Facts) -> Facts:
    """The facts once the event was sent, for a later one."""
    outcome = decide(event, given, Policy(), NOW)
    assert isinstance(outcome, Forward)
    command: Any = outcome.records[-1].value
    assert isinstance(command, Command)
    mark = fingerprint_of(command_body(command))
    return replace(given, known=Known(event, fingerprint=mark, fingerprint_event=event.meta.event_id, in_crm=True))


ONE = line("l1")
REPEATS: Rows = {
    "a deal": (deal(ONE, tick=2), told_before(deal(ONE), facts(item(ONE)))),
    "a deal, told by our own write": (deal(ONE, tick=2, actor="meshline"), told_before(deal(ONE), facts(item(ONE)))),
    "a case": (case(tick=2), told_before(case(), at())),
    "a case, told by our own write": (case(tick=2, actor="meshline"), told_before(case(), at())),
    "a lead": (lead(2), told_before(lead(), ALONE)),
    "a lead, told by our own write": (lead(2, actor="meshline"), told_before(lead(), ALONE)),
    "a subscription": (subscription(tick=2), told_before(subscription(), subscription_at())),
    "a refund": (refund(tick=6), told_before(refund(), refunds_at())),
    "a payment": (charge(), Facts()),
}

TENTH = tuple(case(f"x{n}", amount="100", closed_at=days(n)) for n in (1, 2, 3, 4))
FOUR = tuple(map(sent, TENTH))
SAME = case("b9", amount="400", closed_at=NOW)
NO_CASE = Known(account())
CREDITS: Rows = {
    "four others in the period": (case(amount="100.00"), at(*FOUR)),
    "four others in the period, a cent too much": (case(amount="100.01"), at(*FOUR)),
    "what does not count stands before what does": (
        case(amount="100.01"),
        at(
            NO_CASE,
            Known(case(amount="100.01")),
            Known(case("c8", amount="9", currency="USD")),
            Known(case("c9", amount="9", closed_at=None)),
            *FOUR,
        ),
    ),
    "closed in the same moment, by the order of their ids": (case(amount="100.01"), at(Known(SAME))),
    "closed in the same moment, the other way round": (
        case("b9", amount="100.01"),
        at(Known(case("c1", amount="400", closed_at=NOW))),
    ),
    "the other one in the period to the microsecond": (
        case(amount="100.01"),
        at(sent(case("c0", amount="400", closed_at=days(30) + timedelta(microseconds=1)))),
    ),
    "a case of a customer without a code": (case(), replace(at(), customer_code=None)),
}


def late(key: str, amount: str, age: int) -> Known:
    """A refund that is due and was not sent yet."""
    return Known(refund(key, amount=amount, age=age))


REFUNDED: Rows = {
    "two that were sent, to the cent": (
        refund(amount="30"),
        refunds_at(refund_sent(refund("re_0", amount="40")), refund_sent(refund("re_9", amount="30"))),
    ),
    "two that were sent, a cent above": (
        refund(amount="30.01"),
        refunds_at(refund_sent(refund("re_0", amount="40")), refund_sent(refund("re_9", amount="30"))),
    ),
    "two earlier ones that were not sent": (
        refund(amount="30.01"),
        refunds_at(late("re_8", "40", 2), late("re_9", "30", 1)),
    ),
    "one that was sent and one that was not": (
        refund(amount="30.01"),
        refunds_at(late("re_8", "40", 2), refund_sent(refund("re_9", amount="30"))),
    ),
    "the oldest that fit count: all is taken": (
        refund(amount="0.01"),
        refunds_at(late("re_8", "60", 1), late("re_9", "100", 2)),
    ),
    "the oldest does not fit, the next one does": (
        refund(amount="0.01"),
        refunds_at(late("re_8", "100", 1), late("re_9", "100.01", 2)),
    ),
    "made in the same moment: by the order of their ids": (refund(amount="60.01"), refunds_at(late("re_0", "40", 0))),
    "made in the same moment, the other way round": (refund(amount="60.01"), refunds_at(late("re_2", "40", 0))),
    "itself among the others": (refund(amount="60.01"), refunds_at(late("re_1", "60.01", 0))),
    "one in another currency, and one that counts": (
        refund(amount="60.01"),
        refunds_at(refund_sent(refund("re_0", amount="1", currency="USD")), refund_sent(refund("re_9", amount="40"))),
    ),
    "what is no refund does not count": (refund(amount="100"), refunds_at(sent(case()))),
    "of an invoice over nothing": (refund(), refunds_at(billed=bill(total="0", balance="0", state="paid"))),
    "of an invoice over a cent": (refund(amount="0.01"), refunds_at(billed=bill(total="0.01", state="paid"))),
    "a cent above an invoice over a cent": (refund(amount="0.02"), refunds_at(billed=bill(total="0.01", state="paid"))),
    "of an invoice in yen": (
        refund(amount="101", currency="JPY"),
        refunds_at(billed=bill(total="100", state="paid", currency="JPY")),
    ),
    "of an invoice without a number": (
        refund(),
        refunds_at(billed=(invoice(state="paid").model_copy(update={"number": None}),)),
    ),
    "what was known of it is no refund": (refund(status="failed", tick=6), refunds_at(known=Known(account()))),
}
