"""DR1 to DR3: a field is changed by its owner; where both sides changed it, the rule of its contract says who wins.

    changed by            owner                         the other side                both since they agreed
    any field             the flow carries it over      letter written_by_wrong_side  the later one, by source time
    an amount, currency   the flow carries it over      letter written_by_wrong_side  letter conflict_on_financial_field

No value is overwritten unseen: until people decide, each side keeps its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from schemas.outcome import DeadLetter, Forward, Outcome, Record, Skip
from schemas.reasons import Reason
from schemas.records import Account, AccountWriteBack, Command, Customer, CustomerUpsert, Side, Stamped
from streams.decide.account import customer_of
from streams.decide.commands import command_for
from streams.decide.facts import Facts, Known, Touch
from streams.decide.touched import Shared, shared_fields, text_of, touched

Standing = Literal["settled", "crm", "erp", "both"]  #: which side changed it since the two agreed
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOBODY = "somebody unknown"
_LEFT_TO_THE_ERP = ("email", "phone", "tax_id")  #: where the CRM has none, the ERP's people may enter one


@dataclass(frozen=True, slots=True)
class Version:
    """One side's value of a field, and its last change there."""

    side: Side
    value: str | None
    touch: Touch | None

    def by_people(self, user: str, other: Version) -> Version:
        """The same, with nobody as its author where we wrote last, but never this value: people did, before us.

        In the ERP alone, of which only the last writer is seen. The CRM's log tells every change by itself: there what
        we wrote is ours, also what the ERP has not told of yet (an order's number comes back before the next poll).
        """
        if self.touch is None or self.touch.by != user:
            return self
        if self.side == "crm":
            return replace(self, touch=None)
        ours = {other.value, *((other.touch.before, *other.touch.past) if other.touch else ())}
        if _plain(self.value) in map(_plain, ours):
            return replace(self, touch=None)
        return replace(self, touch=replace(self.touch, by=NOBODY))

    def moved(self, other: Version) -> bool:
        """Whether it was changed since both sides had one value, as far as either has seen the other."""
        if self.touch is None or (self.value == self.touch.before and not self.touch.past):
            return False
        if other.touch is None or self.value != other.touch.before:
            return True
        # The other side has come from this value. It is a change where people came back to it, and later.
        return (bool(self.touch.past) or self.touch.before == other.value) and self.touch.at >= other.touch.at

    def told(self) -> str:
        name, value = ("the CRM" if self.side == "crm" else "the ERP"), self.value or "nothing"
        if self.touch is None:
            return f"{name} has {value}"
        at = (_EPOCH + timedelta(microseconds=self.touch.at)).isoformat()
        return f"{name} has {value} since {at} by {self.touch.by}"


@dataclass(frozen=True, slots=True)
class Clash:
    """A field whose two values differ, and what there is to say of it."""

    field: Shared
    crm: Version
    erp: Version
    standing: Standing

    @property
    def winner(self) -> Side | None:
        """Of a field that both changed: the later one, the owner at a draw. None: people decide."""
        if self.field.rule == "review" or self.crm.touch is None or self.erp.touch is None:
            return None
        if NOBODY in (self.crm.touch.by, self.erp.touch.by):  # our own write came on top, and has hidden when
            return None
        if self.crm.touch.at == self.erp.touch.at:
            return self.field.owner
        return "crm" if self.crm.touch.at > self.erp.touch.at else "erp"

    @property
    def trespass(self) -> bool:
        """Only the side that does not own the field changed it."""
        return self.standing in ("crm", "erp") and self.standing != self.field.owner

    def told(self) -> str:
        touch = self.crm.touch if self.standing == "crm" else self.erp.touch
        before = f"; both had {touch.before or 'nothing'}" if touch is not None else ""
        return f"{self.field.crm}: {self.crm.told()}; {self.erp.told()}{before}"


def clashes(event: Stamped, facts: Facts, user: str) -> tuple[Clash, ...]:
    """Shared fields that differ between the event and its counterpart. `user` writes for us on both sides."""
    other = facts.counterpart
    if other is None or other.deleted or event.meta.operation == "delete":
        return ()
    own: Mapping[str, Touch] = touched(event, facts.known, other)
    found = []
    for field in shared_fields(event.meta.entity):
        sides = _versions(field, event, own, other)
        crm, erp = sides["crm"], sides["erp"]
        if crm.value != erp.value and not (crm.value is None and field.crm in _LEFT_TO_THE_ERP):
            found.append(_clash(field, crm, erp, user))
    return tuple(found)


def _versions(field: Shared, event: Stamped, own: Mapping[str, Touch], other: Known) -> dict[Side, Version]:
    here: Side = event.meta.side
    there: Side = "erp" if here == "crm" else "crm"
    mine, theirs = field.on(here), field.on(there)
    return {
        here: Version(here, text_of(event, mine), own.get(mine)),
        there: Version(there, text_of(other.record, theirs), other.touched.get(theirs)),
    }


def _clash(field: Shared, crm: Version, erp: Version, user: str) -> Clash:
    brought = crm.touch is not None and crm.touch.by == user
    crm, erp = crm.by_people(user, erp), erp.by_people(user, crm)
    after = erp.touch if brought and crm.touch is None and erp.moved(crm) else None
    if after is not None and (crm.value != after.before or crm.value in after.past):
        # What the ERP won was on its way when the ERP changed once more: the newer value has won, too.
        return Clash(field, replace(crm, touch=replace(after, at=after.at - 1, by=user)), erp, "both")
    match crm.moved(erp), erp.moved(crm):
        case True, True:
            return Clash(field, crm, erp, "both")
        case True, False:
            return Clash(field, crm, erp, "crm")
        case False, True:
            return Clash(field, crm, erp, "erp")
        case _:
            return Clash(field, crm, erp, "settled")


def believed(event: Stamped, found: Iterable[Clash]) -> Stamped:
    """The account as its flow carries it over: what the ERP's people changed later is not written over."""
    if not isinstance(event, Account):
        return event
    kept = {c.field.crm: c.erp.value for c in found if c.field.owner == "crm" and _stays(c)}
    return event.model_copy(update=kept)


def stopped(event: Stamped, found: Iterable[Clash]) -> DeadLetter | None:
    """The letter that the event becomes, with both values, times and authors; None where it may go on."""
    side, at = event.meta.side, event.meta.version
    mine = [c for c in found if _touched_at(c, side) == at]
    open_ = [c for c in (found if side == "crm" else mine) if c.standing == "both" and c.winner is None]
    review = [c for c in open_ if c.field.rule == "review"]
    record = f"{event.meta.entity} {event.meta.key}"
    if review:
        detail = f"{record} was changed on both sides: {'; '.join(c.told() for c in review)}"
        owner = review[0].field.owner.upper()
        return DeadLetter(Reason.CONFLICT_ON_FINANCIAL_FIELD, detail, f"write the right value in the {owner}")
    wrong = [c for c in mine if side != c.field.owner and (c.trespass or c in open_)]
    if wrong:
        owner = wrong[0].field.owner.upper()
        told = "; ".join(c.told() for c in mine if c in wrong or c.standing == "both")
        detail = f"{record}: the {owner} owns what was changed elsewhere: {told}"
        help_ = f"take the value over in the {owner}, or repair the drift"
        return DeadLetter(Reason.WRITTEN_BY_WRONG_SIDE, detail, help_)
    return None


def settle(event: Stamped, found: Sequence[Clash], facts: Facts, outcome: Outcome, user: str, now: datetime) -> Outcome:
    """The flow's outcome with what comes of fields that both sides changed. What a flow keeps back stays back."""
    if not isinstance(outcome, Forward | Skip):
        return outcome
    more = [record for record in (_adopted(event, found, facts, now), _again(event, found, facts, user, now)) if record]
    records = [_expecting(record, event, facts) for record in (*_records(outcome), *more)]
    return Forward(tuple(records)) if more or isinstance(outcome, Forward) else outcome


def _records(outcome: Forward | Skip) -> tuple[Record, ...]:
    return outcome.records if isinstance(outcome, Forward) else ()


def _adopted(event: Stamped, found: Iterable[Clash], facts: Facts, now: datetime) -> Record | None:
    """The command that brings into the CRM what the ERP won; None where it won nothing."""
    won = {c.field.crm: c.erp.value for c in found if _erp_won(c) and c.field.owner == "crm" and c.erp.value}
    other = facts.counterpart
    if not won or other is None:
        return None
    erp, crm = (event, other) if event.meta.side == "erp" else (other.record, facts.known)
    if crm is None or not crm.in_crm:
        return None
    body = AccountWriteBack(**won)
    record = command_for("account.adopt", event.meta.key, body, event.meta, erp.meta.position, now)
    # The CRM's row may have changed until then and still be the one that lost; what is newer is not known here.
    return _with(record, occurred_at=max(event.meta.occurred_at, crm.record.meta.occurred_at))


def _again(event: Stamped, found: Sequence[Clash], facts: Facts, user: str, now: datetime) -> Record | None:
    """What the CRM changed and the ERP does not show, said again: the sink may have spared it for an unseen value."""
    other = facts.counterpart
    by_us = event.meta.actor == user  # then what the CRM alone changed is on its way
    mine = [c for c in found if c.field.owner == "crm"]
    due = any(c.winner == "crm" if c.standing == "both" else c.standing == "crm" and not by_us for c in mine)
    if not isinstance(event, Customer) or other is None or not due or other.fingerprint is None or not event.code:
        return None
    account = believed(other.record, found)
    customer = customer_of(account, event.code) if isinstance(account, Account) else None
    if customer is None:
        return None
    record = command_for("customer.upsert", account.meta.key, customer, event.meta, account.meta.position, now)
    return _with(record, repair=event.meta.event_id)


def _expecting(record: Record, event: Stamped, facts: Facts) -> Record:
    """A customer's command says what the ERP is believed to hold: what else is there was changed by people since."""
    command = record.value
    held = event if isinstance(event, Customer) else facts.counterpart.record if facts.counterpart else None
    if not isinstance(command, Command) or command.kind != "customer.upsert" or not isinstance(held, Customer):
        return record
    if not held.name or not held.code:
        return record
    shared = {name: getattr(held, name) for name in CustomerUpsert.model_fields if name in Customer.model_fields}
    return _with(record, expects=CustomerUpsert(**shared))


def _with(record: Record, **changes: object) -> Record:
    return replace(record, value=record.value.model_copy(update=changes))


def _erp_won(clash: Clash) -> bool:
    return clash.standing == "both" and clash.winner == "erp"


def _stays(clash: Clash) -> bool:
    """What the ERP has is not written over: it won, or people have yet to say."""
    return clash.trespass or (clash.standing == "both" and clash.winner != "crm")


def _plain(value: str | None) -> str:
    """Letters and digits alone: how the other system sets a number or an address apart is no change."""
    return "".join(letter for letter in (value or "").casefold() if letter.isalnum())


def _touched_at(clash: Clash, side: Side) -> int | None:
    touch = (clash.crm if side == "crm" else clash.erp).touch
    return touch.at if touch is not None else None
