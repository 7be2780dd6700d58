"""What is compared with what, as data: a pair of entities, its fields, how each side's value is read, how bad it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from reconciler.rows import EntityName, PairName

#: Part of the state: when it differs from what a folder was judged by, everything is judged again.
RULES_VERSION = "1"
Severity = Literal["high", "medium", "low"]
Transform = Callable[[str], str]

CLOSED_WON = "Closed Won"
CANCELLED = ("cancelled", "canceled", "cancel")


def plain(text: str) -> str:
    """Unicode composed, runs of white space as one blank. Letters stay as they are: names survive byte for byte."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def folded(text: str) -> str:
    """As `plain`, without case: e-mail addresses, country codes."""
    return plain(text).casefold()


def compact(text: str) -> str:
    """Letters and digits only, upper case: tax ids and postal codes are written with blanks, dots and dashes."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", text)).upper()


def digits(text: str) -> str:
    """A phone number's digits. A leading `00` is a `+`."""
    return re.sub(r"\D", "", text).removeprefix("00")


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One field. A field that the CRM leaves empty is not compared: only the CRM knows what it means to say."""

    name: str
    crm: str  #: attribute of the CRM's record
    erp: str  #: attribute of the ERP's record
    severity: Severity = "low"
    crm_as: Transform = plain
    erp_as: Transform = plain
    erp_may_lack: bool = False  #: an ERP that leaves it empty is no drift


@dataclass(frozen=True, slots=True)
class TotalRule:
    """The money of a pair: the difference is a drift's `money`. Both are rounded to the currency's minor unit."""

    crm: str
    erp: str
    severity: Severity = "high"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entities with one key. `missing` is how bad it is when one side has none."""

    name: PairName
    crm: EntityName
    erp: EntityName
    missing: Severity
    fields: tuple[FieldRule, ...] = ()
    total: TotalRule | None = None


ACCOUNT = Pair(
    name="account",
    crm="account",
    erp="customer",
    missing="medium",
    fields=(
        FieldRule("name", "name", "name", "medium"),
        FieldRule("erp_code", "erp_customer_code", "code", "high"),
        FieldRule("tax_id", "tax_id", "tax_id", "medium", compact, compact),
        FieldRule("email", "email", "email", "low", folded, folded),
        FieldRule("phone", "phone", "phone", "low", digits, digits),
        FieldRule("street", "street", "street", "low"),
        FieldRule("city", "city", "city", "low"),
        FieldRule("postal_code", "postal_code", "postal_code", "low", compact, compact),
        FieldRule("country", "country", "country", "medium", folded, folded),
    ),
)
OPPORTUNITY = Pair(
    name="opportunity",
    crm="opportunity",
    erp="order",
    missing="high",
    fields=(FieldRule("erp_order_number", "erp_order_number", "number", "medium", erp_may_lack=True),),
    total=TotalRule("amount", "total"),
)
#: Inside the ERP: an order and the invoices that bill it. The order stands on the CRM's side.
INVOICE = Pair(name="invoice", crm="order", erp="invoice", missing="high", total=TotalRule("total", "total"))

PAIRS: dict[PairName, Pair] = {pair.name: pair for pair in (ACCOUNT, OPPORTUNITY, INVOICE)}


def is_won(stage: str) -> bool:
    """Whether a deal at this stage has an order in the ERP."""
    return compact(stage) == compact(CLOSED_WON)


def is_live(state: str) -> bool:
    """Whether an order or invoice in this state counts."""
    return state.casefold() not in CANCELLED
