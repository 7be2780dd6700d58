"""What of an account or a customer tells who it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from schemas.records import Account, Customer
from streams.matching.names import core, is_free_mail
from streams.standards import registrable_domain
from streams.standards.text import folded


@dataclass(frozen=True)
class Profile:
    """One record, its fields in standard form."""

    key: str
    name: str = ""
    country: str = ""
    city: str = ""
    postal_code: str = ""
    tax_id: str = ""
    domain: str = ""
    email: str = ""
    phone: str = ""

    @cached_property
    def core(self) -> tuple[str, ...]:
        return core(self.name)

    @cached_property
    def domains(self) -> frozenset[str]:
        """What the company registered, by its web domain and its e-mail address; free mail is nobody's."""
        found = {registrable_domain(text) for text in (self.domain, self.email) if text}
        return frozenset(one for one in found if one and not is_free_mail(one))

    @cached_property
    def place(self) -> tuple[str, str]:
        """City and postal code, without case and punctuation."""
        return (folded(self.city), folded(self.postal_code))

    @cached_property
    def tax(self) -> str:
        """The tax id's digits and letters, without the country's before them and without a kind behind them."""
        text = "".join(char for char in self.tax_id.upper() if char.isalnum())
        for before in ({"GR": "EL", "CH": "CHE"}.get(self.country, self.country), "T" if self.country == "JP" else ""):
            text = text.removeprefix(before) if before else text
        return "".join(char for char in text if char.isdigit()) if self.country == "CH" else text


def profile_of(record: Account | Customer) -> Profile:
    """The profile of a record at full state."""
    return Profile(
        key=record.id,
        name=record.name or "",
        country=record.country or "",
        city=record.city or "",
        postal_code=record.postal_code or "",
        tax_id=record.tax_id or "",
        domain=(record.domain or "") if isinstance(record, Account) else "",
        email=record.email or "",
        phone=record.phone or "",
    )
