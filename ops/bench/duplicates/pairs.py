"""Pairs of records with their truth: one company told twice, and two companies that look like one. Pure."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from ops.bench.duplicates.companies import LANDS, company, land_of, wording
from streams.matching import Profile


@dataclass(frozen=True, slots=True)
class Pair:
    """`same`: the two are one company."""

    kind: str
    same: bool
    one: Profile
    other: Profile


def labelled(seed: int, each: int) -> list[Pair]:
    """`each` pairs of every kind."""
    random = Random(seed)
    found: list[Pair] = []
    for kind, (same, make) in _KINDS.items():
        for turn in range(each):
            one, other = make(random, (len(found) + 1) * 10 + turn % 10)
            found.append(Pair(kind, same, one, replace(other, key=f"{one.key}b")))
    return found


def _told_again(random: Random, known: Profile, **changed: str) -> Profile:
    """The same company from another person's hand: fields are left out, some are others."""
    again = replace(known, **changed)
    lost = {name: "" for name in ("tax_id", "domain", "phone", "email") if random.random() < 0.35}
    if random.random() < 0.1:
        lost["phone"] = f"{land_of(known.country).prefix}{random.randrange(10_000, 99_999)}"
    if random.random() < 0.1:
        lost |= {"city": "", "postal_code": ""}
    return replace(again, **lost)


def _typo(random: Random, text: str) -> str:
    places = [at for at, char in enumerate(text) if char.isalpha()]
    at = random.choice(places[: max(2, len(places) * 2 // 3)])
    char = random.choice(string.ascii_lowercase)
    return random.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + char + text[at + 1 :],
            text[:at] + text[at] + text[at:],
            text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :],
        )
    )


def _form(random: Random, known: Profile) -> str:
    """The name with another legal form, or none."""
    land, name = land_of(known.country), known.name
    for form in sorted(land.forms, key=len, reverse=True):
        name = name.replace(form, "").strip()
    form = random.choice((*land.forms, ""))
    return f"{form}{name}" if form in ("株式会社", "有限会社") else f"{name} {form}".strip()


def _latin(text: str) -> str:
    for one, two in (
        ("ä", "ae"),
        ("ö", "oe"),
        ("ü", "ue"),
        ("ß", "ss"),
        ("ł", "l"),
        ("Ł", "L"),
        ("Ö", "Oe"),
        ("Ü", "Ue"),
    ):
        text = text.replace(one, two)
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _renamed(random: Random, known: Profile) -> Profile:
    """A new name and house, and still the same tax id."""
    new = company(random, int(known.key[1:]) + 5, land_of(known.country))
    return replace(new, tax_id=known.tax_id)


def _free(random: Random, known: Profile, user: str) -> Profile:
    return replace(known, domain="", email=f"{user}@{random.choice(land_of(known.country).free)}")


def _same(change: Callable[[Random, Profile], Profile]) -> Callable[[Random, int], tuple[Profile, Profile]]:
    def make(random: Random, number: int) -> tuple[Profile, Profile]:
        known = company(random, number)
        return known, change(random, known)

    return make


def _free_mail_same(random: Random, number: int) -> tuple[Profile, Profile]:
    known = _free(random, company(random, number), f"firma{number}")
    again = _told_again(random, known, name=_form(random, known), tax_id="")
    return known, replace(again, email=known.email if random.random() < 0.5 else "", phone=known.phone)


def _free_mail_other(random: Random, number: int) -> tuple[Profile, Profile]:
    land = random.choice(LANDS)
    one, other = company(random, number, land), company(random, number + 5, land)
    domain = f"u@{random.choice(land.free)}"
    place = {"city": one.city, "postal_code": one.postal_code}
    return replace(one, domain="", email=f"a{domain}"), replace(other, **place, domain="", email=f"b{domain}")


def _same_domain_other(random: Random, number: int) -> tuple[Profile, Profile]:
    """A group's or an agency's domain, two companies."""
    one = company(random, number)
    other = company(random, number + 5, land_of(one.country))
    while other.name.split()[0] == one.name.split()[0] or one.name[:2] == other.name[:2]:
        other = company(random, number + 5, land_of(one.country))
    lost = "" if random.random() < 0.5 else other.tax_id
    return one, replace(other, domain=one.domain, email=f"x@{one.domain}", tax_id=lost)


def _subsidiary(random: Random, number: int) -> tuple[Profile, Profile]:
    """One brand and domain, another country or another trade: a company of its own."""
    one = company(random, number)
    brand = one.name.replace("株式会社", "").replace("有限会社", "").split()[0]
    abroad = random.random() < 0.5
    land = random.choice([land for land in LANDS if land.code != one.country]) if abroad else land_of(one.country)
    name = (
        f"{brand} {land.code} {random.choice(land.forms)}" if abroad else f"{brand} Holding {random.choice(land.forms)}"
    )
    other = company(random, number + 5, land, name)
    return one, replace(other, domain=one.domain, email=one.email, tax_id="" if random.random() < 0.5 else other.tax_id)


def _sister(random: Random, number: int) -> tuple[Profile, Profile]:
    """One family name in one town, two trades."""
    land = random.choice([land for land in LANDS if land.code != "JP"])
    brand = random.choice(land.brands)
    one = company(random, number, land, wording(random, land, brand))
    other = company(random, number + 5, land, wording(random, land, brand))
    while _trade(one) == _trade(other):
        other = company(random, number + 5, land, wording(random, land, brand))
    other = replace(other, city=one.city, postal_code=one.postal_code)
    return one, replace(other, tax_id="" if random.random() < 0.5 else other.tax_id)


def _trade(known: Profile) -> frozenset[str]:
    return frozenset(known.name.split()) & frozenset(land_of(known.country).trades)


def _namesake(random: Random, number: int) -> tuple[Profile, Profile]:
    """One name, two towns; sometimes nothing but the name and the town is known."""
    land = random.choice(LANDS)
    one = company(random, number, land)
    other = company(random, number + 5, land, one.name)
    while other.city == one.city:
        other = company(random, number + 5, land, one.name)
    bare = {"tax_id": "", "domain": "", "email": "", "phone": ""} if random.random() < 0.3 else {}
    return one, replace(other, **bare)


def _namesake_taxed(random: Random, number: int) -> tuple[Profile, Profile]:
    """One name in one town, two tax ids: two companies."""
    one = company(random, number)
    other = company(random, number + 5, land_of(one.country), one.name)
    return one, replace(other, city=one.city, postal_code=one.postal_code)


def _namesake_here(random: Random, number: int) -> tuple[Profile, Profile]:
    """One name in one town, two companies, and for some nothing that could tell: people have to ask."""
    one, other = _namesake_taxed(random, number)
    bare = {"domain": "", "email": "", "phone": ""} if random.random() < 0.15 else {}
    return one, replace(other, **{"tax_id": "", **bare})


def _other_script(random: Random, number: int) -> tuple[Profile, Profile]:
    """A Japanese company in kanji, and by its Latin name: only what is around the name can tell."""
    known = company(random, number, land_of("JP"))
    name = known.name
    for kanji, latin in _ROMAJI.items():
        name = name.replace(kanji, f" {latin} ")
    return known, _told_again(random, known, name=" ".join(name.split()))


def _stranger(random: Random, number: int) -> tuple[Profile, Profile]:
    land = random.choice(LANDS)
    one, other = company(random, number, land), company(random, number + 5, land)
    return one, replace(other, name=other.name if other.name != one.name else f"{other.name} X")


def _moved(random: Random, known: Profile) -> Profile:
    city, code = random.choice(land_of(known.country).places)
    again = _told_again(random, known, city=city, postal_code=code, name=_form(random, known))
    return replace(again, domain=known.domain)


_ROMAJI = {
    **{
        "株式会社": "K.K.",
        "有限会社": "Ltd.",
        "青空": "Aozora",
        "北斗": "Hokuto",
        "さくら": "Sakura",
        "ミドリ": "Midori",
    },
    **{
        "富士見": "Fujimi",
        "山手": "Yamate",
        "若葉": "Wakaba",
        "白鳥": "Hakucho",
        "日の出": "Hinode",
        "松風": "Matsukaze",
    },
    **{"商事": "Shoji", "電機": "Denki", "精密": "Seimitsu", "物流": "Logistics", "工業": "Kogyo", "食品": "Foods"},
    **{"建設": "Kensetsu", "化学": "Chemical", "印刷": "Printing", "製作所": "Works"},
}
_KINDS: dict[str, tuple[bool, Callable[[Random, int], tuple[Profile, Profile]]]] = {
    "typing error": (True, _same(lambda r, p: _told_again(r, p, name=_typo(r, p.name)))),
    "legal form": (True, _same(lambda r, p: _told_again(r, p, name=_form(r, p)))),
    "transliteration": (True, _same(lambda r, p: _told_again(r, p, name=_latin(p.name), city=_latin(p.city)))),
    "capitals": (True, _same(lambda r, p: _told_again(r, p, name=p.name.upper(), city=p.city.upper()))),
    "word order": (True, _same(lambda r, p: _told_again(r, p, name=" ".join(reversed(_form(r, p).split()))))),
    "same tax id, renamed": (True, _same(_renamed)),
    "moved": (True, _same(_moved)),
    "other script": (True, _other_script),
    "free mail, same": (True, _free_mail_same),
    "free mail, other": (False, _free_mail_other),
    "same domain, other": (False, _same_domain_other),
    "subsidiary": (False, _subsidiary),
    "sister": (False, _sister),
    "namesake, other town": (False, _namesake),
    "namesake, other tax id": (False, _namesake_taxed),
    "namesake, same town": (False, _namesake_here),
    "stranger": (False, _stranger),
}
