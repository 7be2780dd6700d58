"""Likely duplicates: names, keys, the score's table, and the floor that is measured."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.bench.duplicates.measure import GOALS, measure
from ops.demo.plan import plan_day
from schemas.records import Account
from streams.matching import THRESHOLD, Profile, keys_of, likely, match, profile_of
from streams.matching.names import core, likeness
from streams.standards import standardise_fields
from tests.unit.schemas.contracts.samples import sample

MULLER = Profile(
    key="a1",
    name="Müller & Söhne GmbH",
    country="DE",
    city="Köln",
    postal_code="50667",
    tax_id="DE136695976",
    domain="www.mueller.example",
    email="ap@mueller.example",
    phone="+492215550101",
)
BARE = replace(MULLER, key="b", tax_id="", domain="", email="", phone="", city="", postal_code="")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Müller & Söhne GmbH", ("muller", "sohne")),
        ("MUELLER UND SOEHNE GmbH & Co. KG", ("muller", "sohne")),
        ("Crêperie Bélanger S.A.R.L.", ("creperie", "belanger")),
        ("株式会社青空商事", ("青空商事",)),
        ("Газпром ПАО", ("gazprom",)),
        ("Łódzki Dom Sp. z o.o.", ("lodzki", "dom")),
        ("The Company", ("the", "company")),
        ("", ()),
    ],
)
def test_what_of_a_name_is_the_company_s_own(name: str, words: tuple[str, ...]) -> None:
    assert core(name) == words


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Globex 2 Inc.", "Globex 12 Inc.", False),
        ("Bosch Rexroth AG", "Bosch Solar AG", False),
        ("Acme GmbH", "Acme Holding GmbH", False),
        ("Blue Mountain Ltd", "Bluemountain Limited", True),
        ("Huber Präzision AG", "Praezision Huber", True),
        ("Northgate Robotics", "Nortgate Robotics", True),
    ],
)
def test_a_word_of_its_own_is_more_than_a_typing_error(one: str, other: str, same: bool) -> None:
    assert (likeness(core(one), core(other)) >= 0.8) is same


@pytest.mark.parametrize(
    ("other", "duplicate"),
    [
        (replace(BARE, name="Other AG", tax_id="DE 136 695 976"), True),
        (replace(MULLER, key="b", tax_id="DE111111125"), False),
        (replace(BARE, domain="shop.mueller.example"), True),
        (replace(BARE, name="Other AG", domain="mueller.example"), False),
        (replace(BARE, name="青空商事", domain="mueller.example", city="Köln"), True),
        (replace(BARE, name="青空商事", domain="mueller.example"), False),
        (replace(BARE, postal_code="50667"), False),
        (replace(BARE, city="KÖLN"), False),
        (replace(BARE, phone="+492215550101"), True),
        (BARE, False),
        (replace(BARE, city="Köln", domain="another.example"), False),
        (replace(MULLER, key="b", tax_id="", country="AT"), False),
        (replace(BARE, name="Muller Sohne", phone="+492215550101"), True),
        (replace(BARE, name="Mullherr & Sohne", email="ap@mueller.example"), True),
    ],
)
def test_the_table(other: Profile, duplicate: bool) -> None:
    found = match(MULLER, other)
    assert (found.score >= THRESHOLD) is duplicate, found
    assert (found.key, found.reasons != ()) == ("b", True)
    assert match(other, MULLER).score == found.score
    if duplicate:
        assert keys_of(MULLER) & keys_of(other)


def test_free_mail_is_nobody_s_domain() -> None:
    one = replace(MULLER, domain="", email="a@gmail.com", tax_id="", city="", postal_code="", phone="")
    assert one.domains == frozenset()
    assert match(one, replace(one, key="b", email="b@gmail.com")).score < THRESHOLD


def test_the_likeliest_comes_first_and_nobody_is_a_duplicate_of_itself() -> None:
    by_phone, by_tax = replace(BARE, key="c", phone="+492215550101"), replace(BARE, key="t", tax_id="DE136695976")
    assert [one.key for one in likely(MULLER, [by_phone, MULLER, by_tax, replace(BARE, key="x", name="Else")])] == [
        "t",
        "c",
    ]


def test_the_measured_floor_holds() -> None:
    for seed in (1, 7):
        result = measure(seed)
        assert result["pairs"] >= 2000
        assert len(result["countries"]) >= 5
        assert result["precision"] >= GOALS["precision"]
        assert result["recall"] >= GOALS["recall"]
        assert result["by_class"]["typing error"]["recall"] >= 0.9
        assert result["by_class"]["subsidiary"]["false_alarms"] <= 0.02


def test_a_worse_threshold_is_told() -> None:
    assert not measure(1, 40, threshold=0.5)["met"]
    assert not measure(1, 40, threshold=0.96)["met"]


def test_no_account_of_the_demo_is_a_duplicate_of_another_day_s_or_its_own() -> None:
    days = [plan_day(f"r{run}", run, run, 60, 60, date(2026, 3, 2)) for run in (1, 2, 3)]
    accounts = [account for day in days for account in day.accounts.values()]
    profiles = []
    for account in accounts:
        given = {name: getattr(account, name) for name in Account.model_fields if hasattr(account, name)}
        fields = standardise_fields("Account", given).values
        profiles.append(profile_of(sample(Account).model_copy(update=fields)))
    pairs = [(a, b) for a, b in combinations(profiles, 2) if keys_of(a) & keys_of(b)]
    assert pairs
    assert [(a.name, b.name) for a, b in pairs if match(a, b).score >= THRESHOLD] == []


TEXT = st.text(max_size=12)


@given(st.builds(Profile, *[TEXT] * 9), st.builds(Profile, *[TEXT] * 9))
def test_any_two_records_have_a_score_both_ways(one: Profile, other: Profile) -> None:
    found = match(one, other)
    assert 0 <= found.score <= 1
    assert found.score == match(other, one).score
    if found.score >= THRESHOLD:
        assert keys_of(one) & keys_of(other) or not one.core
