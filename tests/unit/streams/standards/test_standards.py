"""Standard forms, by tables: countries, states, currencies, days, telephone numbers, tax ids, domains."""

from __future__ import annotations

import pycountry
import pytest

from schemas.contracts.rules import code_list
from streams.standards import (
    Standard,
    Unreadable,
    registrable_domain,
    standardise_country,
    standardise_currency,
    standardise_date,
    standardise_domain,
    standardise_phone,
    standardise_state,
    standardise_tax_id,
    standardise_text,
)

COUNTRIES = {
    "DE": ["DE", "de", " DEU ", "Germany", "GERMANY", "Deutschland", "Allemagne", "Alemania", "ドイツ", "德国"],
    "GB": ["UK", "U.K.", "GB", "England", "Great Britain", "United Kingdom", "Großbritannien", "イギリス"],
    "US": ["USA", "U.S.A.", "us", "United States", "United States of America", "États-Unis", "Estados Unidos", "米国"],
    "NL": ["Holland", "The Netherlands", "Netherlands", "Niederlande", "Pays-Bas"],
    "CH": ["Switzerland", "Schweiz", "Suisse", "Svizzera"],
    "KR": ["South Korea", "Korea, Republic of", "Republic of Korea", "대한민국"],
    "CZ": ["Czech Republic", "Czechia", "Česko", "Tschechien"],
    "GR": ["EL", "Greece", "Ελλάδα"],
    "CI": ["Ivory Coast", "Côte d'Ivoire", "Cote d Ivoire"],
    "AT": ["Österreich", "Austria", "O\u0308sterreich"],
    "AU": ["Australia", "Australien", "AUS"],
    "TR": ["Turkey", "Türkiye", "Turkiye"],
    "VN": ["Vietnam", "Viet Nam"],
    "TW": ["Taiwan", "TWN"],
    "CN": ["China", "中国", "PRC"],
    "GE": ["Georgia"],
    "GN": ["Guinea"],
    "NE": ["Niger"],
}
STATES = {
    ("US", "US-CA"): ["CA", "Calif.", "California", "us-ca", "CALIFORNIA "],
    ("US", "US-WV"): ["W. Va.", "West Virginia"],
    ("US", "US-VA"): ["Va.", "Virginia"],
    ("CA", "CA-QC"): ["Quebec", "Québec", "Que.", "QC"],
    ("CA", "CA-ON"): ["Ont.", "ontario"],
    ("AU", "AU-WA"): ["WA", "Western Australia"],
    ("US", "US-WA"): ["WA", "Washington"],
    ("DE", "DE-NW"): ["NRW", "Nordrhein-Westfalen", "North Rhine-Westphalia", "NW"],
    ("DE", "DE-BW"): ["Baden-Württemberg", "BADEN WÜRTTEMBERG"],
    ("JP", "JP-13"): ["東京都", "Tokyo", "Tōkyō"],
    ("BR", "BR-SP"): ["São Paulo", "Sao Paulo", "SP"],
    ("IT", "IT-MI"): ["Milano", "MI"],
    ("ES", "ES-CT"): ["Cataluña", "Catalunya"],
    ("IN", "IN-MH"): ["Maharashtra"],
}
TAX_IDS = [
    ("DE", "de 136 695 976", "DE136695976"),
    ("DE", "136695976", "DE136695976"),
    ("GR", "094259216", "EL094259216"),
    ("FR", "FR 40 303 265 045", "FR40303265045"),
    ("US", "94-1234567", "941234567"),
    ("GB", "GB 980 7806 84", "980780684"),
    ("CH", "CHE-107.787.577 IVA", "CHE107787577IVA"),
    ("JP", "T7000012050002", "T7000012050002"),
    ("AF", "as it is 1", "as it is 1"),
    (None, "DE 1", "DE 1"),
]
DATES = {
    "2026-01-31": "2026-01-31",
    "2026/01/31": "2026-01-31",
    "20260131": "2026-01-31",
    "3.4.2026": "2026-04-03",
    "31/1/2026": "2026-01-31",
    "1/31/2026": "2026-01-31",
    "4/4/2026": "2026-04-04",
    "2026年1月31日": "2026-01-31",
}
DOMAINS = {
    "https://www.Example.com/about": ("www.example.com", "example.com"),
    "shop.example.co.uk": ("shop.example.co.uk", "example.co.uk"),
    "http://user@Müller.de:8080?x": ("müller.de", "müller.de"),
    "example.com.": ("example.com", "example.com"),
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in COUNTRIES.items() for text in texts])
def test_a_country_has_one_code_however_it_is_written(code: str, text: str) -> None:
    assert standardise_country(text) == Standard(code)


def test_every_code_and_name_of_the_standard_is_read_as_its_country() -> None:
    assert {c.alpha_2 for c in pycountry.countries} == code_list("countries")
    for country in pycountry.countries:
        for text in (country.alpha_2, country.alpha_3, getattr(country, "official_name", country.alpha_2)):
            assert standardise_country(text) == Standard(country.alpha_2)


@pytest.mark.parametrize(
    ("text", "suggestions"),
    [("Korea", ("KR", "KP")), ("Congo", ("CD", "CG")), ("Germoney", ("DE",)), ("Atlantica", None), ("", ()), ("?", ())],
)
def test_a_country_that_could_be_two_or_none_is_not_guessed(text: str, suggestions: tuple[str, ...] | None) -> None:
    found = standardise_country(text)
    assert isinstance(found, Unreadable)
    if suggestions is not None:
        assert found.suggestions[: len(suggestions)] == suggestions


@pytest.mark.parametrize(("country", "code", "text"), [(*key, text) for key, texts in STATES.items() for text in texts])
def test_a_state_has_one_code_within_its_country(country: str, code: str, text: str) -> None:
    assert standardise_state(text, country) == Standard(code)


def test_a_state_is_not_guessed() -> None:
    assert standardise_state("Kalifornia", "US") == Unreadable(
        "must be a state or province of US, best as its ISO 3166-2 code", ("US-CA",)
    )
    assert isinstance(standardise_state("WA", None), Unreadable)
    assert isinstance(standardise_state("", "US"), Unreadable)
    assert isinstance(standardise_state("Bavaria", "US"), Unreadable)


@pytest.mark.parametrize("code", sorted(code_list("currencies")))
def test_every_currency_code_is_read_in_any_case(code: str) -> None:
    assert standardise_currency(f" {code.lower()} ") == Standard(code)


@pytest.mark.parametrize(("text", "first"), [("EURO", "EUR"), ("$", "USD"), ("Yen", "JPY"), ("Pound Sterlin", "GBP")])
def test_money_is_never_read_from_a_name_or_a_sign(text: str, first: str) -> None:
    found = standardise_currency(text)
    assert isinstance(found, Unreadable)
    assert found.suggestions[0] == first


@pytest.mark.parametrize(("text", "day"), DATES.items())
def test_a_day_that_can_be_read_in_one_way_is_read(text: str, day: str) -> None:
    assert standardise_date(text) == Standard(day)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("3/4/2026", ("2026-04-03", "2026-03-04")),
        ("2026-02-30", ()),
        ("soon", ()),
        ("3-4-2026", None),
        ("1.13.2026", ()),
    ],
)
def test_a_day_that_can_be_read_in_two_ways_is_not(text: str, days: tuple[str, ...] | None) -> None:
    found = standardise_date(text)
    assert isinstance(found, Unreadable)
    assert len(found.suggestions) == 2 if days is None else found.suggestions == days


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("(415) 555-2671", "US", "+14155552671"),
        ("+1 415 555 2671", None, "+14155552671"),
        ("0221 / 55 50 101", "DE", "+492215550101"),
        ("0049 221 5550101", "DE", "+492215550101"),
        ("03-5555-1234", "JP", "+81355551234"),
        ("\uff10\uff13-5555-1234", "JP", "+81355551234"),
        ("+44 (0)20 7946 0018", "DE", "+442079460018"),
    ],
)
def test_a_telephone_number_is_one_however_it_is_written(text: str, country: str | None, number: str) -> None:
    assert standardise_phone(text, country) == Standard(number)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("0221 5550101", None),
        ("call Bob", "DE"),
        ("1-800-FLOWERS", "US"),
        ("123", "DE"),
        ("555 1234 ext. 7", "US"),
        ("", "DE"),
    ],
)
def test_a_telephone_number_is_not_guessed(text: str, country: str | None) -> None:
    assert isinstance(standardise_phone(text, country), Unreadable)


def test_an_extension_is_not_dropped_in_silence() -> None:
    found = standardise_phone("020 7946 0018 ext 5", "GB")
    assert isinstance(found, Unreadable)
    assert found.suggestions == ("+442079460018",)


@pytest.mark.parametrize(("country", "text", "compact"), TAX_IDS)
def test_a_tax_id_has_one_form(country: str | None, text: str, compact: str) -> None:
    assert standardise_tax_id(text, country) == Standard(compact)


@pytest.mark.parametrize(
    ("country", "text"),
    [("DE", "DE123456789"), ("FR", "FR41303265045"), ("US", "12"), ("JP", "T1"), ("DE", "FR40303265045")],
)
def test_a_tax_id_with_a_wrong_check_digit_is_refused(country: str, text: str) -> None:
    found = standardise_tax_id(text, country)
    assert isinstance(found, Unreadable)
    assert found.suggestions


@pytest.mark.parametrize(("text", "found"), DOMAINS.items())
def test_a_domain_is_the_host_and_what_the_company_registered(text: str, found: tuple[str, str]) -> None:
    assert standardise_domain(text) == Standard(found[0])
    assert registrable_domain(text) == found[1]


def test_what_nobody_registers_is_no_company_s_domain() -> None:
    assert [registrable_domain(text) for text in ("co.uk", "localhost", "", "what?", "10.0.0.1")] == [None] * 5
    assert registrable_domain("billing@mail.example.co.jp") == "example.co.jp"


def test_text_keeps_every_sign() -> None:
    for text in ("Große Straße", "株式会社 青空", "شركة النور", "🚀 Launch 👩\u200d🚀", "L'Œuvre № 5"):
        assert standardise_text(f" {text}\n") == text
    assert standardise_text("u\u0308") == "ü"
