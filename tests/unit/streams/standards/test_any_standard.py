"""Whatever people write: no standard raises, and what is standard stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.rules import code_list
from streams.standards import (
    Answer,
    Standard,
    standardise_country,
    standardise_currency,
    standardise_date,
    standardise_domain,
    standardise_phone,
    standardise_state,
    standardise_tax_id,
    standardise_text,
)

ALPHA2 = st.sampled_from(sorted(code_list("countries")))
ONE: dict[str, tuple[Callable[..., Answer], bool]] = {
    "country": (standardise_country, False),
    "currency": (standardise_currency, False),
    "date": (standardise_date, False),
    "domain": (standardise_domain, False),
    "state": (standardise_state, True),
    "phone": (standardise_phone, True),
    "tax_id": (standardise_tax_id, True),
}
DIGITS = st.text(st.sampled_from("0123456789+-/. ()ABCDEabcde\u0663\uff19"), max_size=20)


@pytest.mark.parametrize("name", ONE)
@given(text=st.text(max_size=30) | DIGITS, country=ALPHA2)
def test_nothing_raises_and_a_second_time_changes_nothing(name: str, text: str, country: str) -> None:
    read, by_country = ONE[name]
    found = read(text, country) if by_country else read(text)
    if isinstance(found, Standard):
        assert (read(found.value, country) if by_country else read(found.value)) == found


@given(st.text())
def test_text_is_standard_after_one_time(text: str) -> None:
    assert standardise_text(standardise_text(text)) == standardise_text(text)
