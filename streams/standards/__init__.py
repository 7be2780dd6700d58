"""Standard forms of what people write in many ways, by well-kept reference data (DR4). Pure, never raises.

A text becomes `Standard`, or `Unreadable` with the nearest candidates: nothing is guessed. What an unreadable field
means for its record is data: `fields.yaml`.
"""

from streams.standards.answer import Answer, Standard, Unreadable
from streams.standards.countries import standardise_country
from streams.standards.currencies import standardise_currency
from streams.standards.dates import standardise_date
from streams.standards.domains import registrable_domain, standardise_domain
from streams.standards.fields import Fault, Standardised, field_standards, standardise_fields
from streams.standards.phones import standardise_phone
from streams.standards.states import standardise_state
from streams.standards.tax_ids import standardise_tax_id
from streams.standards.telling import refusal, suggestion_of
from streams.standards.text import standardise_text

__all__ = [
    "Answer",
    "Fault",
    "Standard",
    "Standardised",
    "Unreadable",
    "field_standards",
    "refusal",
    "registrable_domain",
    "standardise_country",
    "standardise_currency",
    "standardise_date",
    "standardise_domain",
    "standardise_fields",
    "standardise_phone",
    "standardise_state",
    "standardise_tax_id",
    "standardise_text",
    "suggestion_of",
]
