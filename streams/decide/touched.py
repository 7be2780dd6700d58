"""Who changed a field last, when, and from what: the ground of DR2 and DR3. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Literal

from schemas.contracts import contracts
from schemas.records import Side, Stamped
from streams.decide.facts import Known, Touch

ConflictRule = Literal["most_recent", "review"]
PAIRS = {"account": "customer", "opportunity": "order"}  #: an entity of the CRM and its counterpart in the ERP
_SIDES = {name: entity for pair in PAIRS.items() for entity, name in (pair, pair[::-1])}
#: Fields of the CRM's record that have another name in the ERP's.
_RENAMED = {
    ("account", "erp_customer_code"): "code",
    ("opportunity", "amount"): "total",
    ("opportunity", "erp_order_number"): "number",
}


_REMEMBERED = 8  #: values of a field that changed again and again before the other side had it


@dataclass(frozen=True, slots=True)
class Shared:
    """A field that both records have. `owner` is its system of record, `rule` says what happens where both changed."""

    crm: str
    erp: str
    owner: Side
    rule: ConflictRule

    def on(self, side: Side) -> str:
        return self.crm if side == "crm" else self.erp


def counterpart_key(event: Stamped) -> tuple[str, str, str] | None:
    """The same record on the other side (side, entity, key); None where it has none."""
    entity = _SIDES.get(event.meta.entity)
    return ("erp" if event.meta.side == "crm" else "crm", entity, event.meta.key) if entity else None


@cache
def shared_fields(entity: str) -> tuple[Shared, ...]:
    """The fields of an entity that travel, as the contracts have them. Amounts and currencies go to review."""
    crm = entity if entity in PAIRS else _SIDES.get(entity, "")
    if not crm:
        return ()
    erp_terms = contracts().contracts[PAIRS[crm]].fields
    found = []
    for name, terms in contracts().contracts[crm].fields.items():
        other = _RENAMED.get((crm, name), name)
        if terms.direction == "none" or other not in erp_terms or terms.nested:
            continue
        assert terms.system_of_record in ("crm", "erp"), f"{crm}.{name} travels, so one of the two owns it"
        money = terms.currency is not None or "currency_code" in terms.rules
        found.append(Shared(name, other, terms.system_of_record, "review" if money else "most_recent"))
    return tuple(found)


def text_of(record: Stamped, name: str) -> str | None:
    """A field's value as it is compared: no blanks at the ends, no zeros behind a decimal; None where it is empty."""
    value = getattr(record, name)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value).strip() or None if value is not None else None


def touched(event: Stamped, known: Known | None, counterpart: Known | None) -> dict[str, Touch]:
    """The last change of each shared field once the event is known. A record's first version changes nothing."""
    if known is None:
        return {}
    found = {}
    for field in shared_fields(event.meta.entity):
        name = field.on(event.meta.side)
        other = field.on("erp" if event.meta.side == "crm" else "crm")
        new, old, last = text_of(event, name), text_of(known.record, name), known.touched.get(name)
        if new == old:
            if last is not None:
                found[name] = last
            continue
        theirs = counterpart.touched.get(other) if counterpart is not None else None
        # The other side may have left the value that both had, after this one had come to it.
        left = theirs is not None and last is not None and theirs.before == old and theirs.at > last.at
        agreed = counterpart is None or text_of(counterpart.record, other) == old or left
        at, by = event.meta.version, event.meta.actor or "unknown"
        if agreed or last is None:
            found[name] = Touch(at, by, old)
        else:
            found[name] = Touch(at, by, last.before, (*last.past, old)[-_REMEMBERED:])
    return found


Stored = list[int | str | None]


def as_stored(touches: Mapping[str, Touch]) -> dict[str, Stored] | None:
    """For the operations database; None where there is nothing."""
    return {name: [one.at, one.by, one.before, *one.past] for name, one in touches.items()} or None


def from_stored(stored: Mapping[str, Stored] | None) -> dict[str, Touch]:
    """What `as_stored` wrote."""
    found = {}
    for name, (at, by, *values) in (stored or {}).items():
        before, *past = [None if value is None else str(value) for value in values]
        found[name] = Touch(int(at or 0), str(by), before, tuple(past))
    return found
