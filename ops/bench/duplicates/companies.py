"""Made-up companies of nine countries, seeded: names, places, domains, valid-looking tax ids. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from streams.matching import Profile
from streams.matching.names import core


@dataclass(frozen=True, slots=True)
class Land:
    code: str
    forms: tuple[str, ...]
    brands: tuple[str, ...]
    trades: tuple[str, ...]
    places: tuple[tuple[str, str], ...]
    suffix: str
    free: tuple[str, ...]
    prefix: str  #: of telephone numbers


def _land(code: str, suffix: str, prefix: str, *words: str) -> Land:
    forms, brands, trades, places, free = (text.split("|") for text in words)
    pairs = tuple((place.rpartition(" ")[0], place.rpartition(" ")[2]) for place in places)
    return Land(code, tuple(forms), tuple(brands), tuple(trades), pairs, suffix, tuple(free), prefix)


LANDS: tuple[Land, ...] = (
    _land(
        *("DE", "de", "+4922155"),
        *("GmbH|AG|KG|GmbH & Co. KG|UG (haftungsbeschränkt)|e.K.",),
        "Krüger|Böhm|Weißhaupt|Lindenau|Förster|Hagemann|Rübsam|Schönfeld|Ostermann|Köhler|Brandt|Jäger|Voß|Dörfler",
        "Maschinenbau|Logistik|Werkzeuge|Elektrotechnik|Möbel|Spedition|Druckerei|Gebäudetechnik|Verpackungen|Optik",
        "Köln 50667|München 80331|Hamburg 20095|Leipzig 04109|Lübeck 23552|Nürnberg 90402",
        "gmx.de|web.de|t-online.de|gmail.com",
    ),
    _land(
        *("FR", "fr", "+3347210", "SARL|SAS|S.A.|SASU|S.A.R.L."),
        "Lefèvre|Bélanger|Moreau|Garnier|Fontaine|Chevalier|Rousseau|Delacroix|Perrin|Beaumont|Noël|Gérard",
        "Transports|Boulangerie|Ateliers|Menuiserie|Imprimerie|Conseil|Électricité|Vignobles|Céramiques|Textile",
        "Lyon 69002|Orléans 45000|Besançon 25000|Nîmes 30000|Saint-Étienne 42000",
        "orange.fr|wanadoo.fr|free.fr|gmail.com",
    ),
    _land(
        *("US", "com", "+1415555", "Inc.|LLC|Corp.|Co.|Ltd.|Corporation"),
        "Redwood|Granite|Harbor|Summit|Lakeside|Pioneer|Evergreen|Cascade|Ironbridge|Bluebird|Northgate|Silverline",
        "Software|Freight|Analytics|Medical|Foods|Roofing|Aerospace|Plumbing|Staffing|Robotics|Media|Insurance",
        "Austin 78701|Boston 02110|San Francisco 94105|Denver 80202|Portland 97201",
        "gmail.com|yahoo.com|outlook.com|aol.com",
    ),
    _land(
        *("GB", "co.uk", "+44207946", "Ltd|Limited|PLC|LLP"),
        "Thistle|Whitby|Harrogate|Ashford|Kestrel|Penrose|Blackwater|Fairfax|Hollins|Tregarth|Wexcombe|Oakmere",
        "Trading|Brewing|Joinery|Engineering|Catering|Architects|Solicitors|Garages|Textiles|Publishing",
        "London SW1A1AA|Leeds LS14DY|Bristol BS15TR|Glasgow G11XW|Cardiff CF101EP",
        "gmail.com|btinternet.com|hotmail.co.uk|yahoo.co.uk",
    ),
    _land(
        *("JP", "co.jp", "+8135555", "株式会社|有限会社|K.K.|Co., Ltd."),
        "青空|北斗|さくら|ミドリ|富士見|山手|若葉|白鳥|日の出|松風",
        "商事|電機|精密|物流|工業|食品|建設|化学|印刷|製作所",
        "東京 100-0005|大阪 530-0001|京都 600-8216|名古屋 450-0002",
        "yahoo.co.jp|gmail.com|nifty.com",
    ),
    _land(
        *("IT", "it", "+390655", "S.r.l.|S.p.A.|S.n.c."),
        "Colombo|Ferrari|Galli|Marchetti|Pellegrini|Bianchi|Santoro|Ricci|Fontana|Moretti",
        "Ceramiche|Trasporti|Arredamenti|Meccanica|Costruzioni|Alimentari|Tessuti|Impianti",
        "Milano 20121|Torino 10121|Bologna 40121|Verona 37121",
        "libero.it|gmail.com|tiscali.it",
    ),
    _land(
        *("ES", "es", "+349155", "S.L.|S.A.|S.L.U."),
        "Muñoz|Ibáñez|Peña|Núñez|Castaño|Rodríguez|Gálvez|Ordóñez|Cabrera|Zúñiga",
        "Construcciones|Transportes|Alimentación|Ingeniería|Hostelería|Cerámicas|Suministros|Viajes",
        "Madrid 28001|Sevilla 41001|Valencia 46001|Málaga 29001",
        "gmail.com|hotmail.com|terra.es",
    ),
    _land(
        *("PL", "pl", "+482255", "Sp. z o.o.|S.A.|Spółka Akcyjna"),
        "Łukasik|Wójcik|Żukowski|Dąbrowski|Górski|Śliwa|Źródło|Kaczmarek|Jaśkowiak|Zieliński",
        "Transport|Budownictwo|Meble|Elektronika|Drukarnia|Piekarnia|Narzędzia|Serwis",
        "Warszawa 00-001|Kraków 30-001|Łódź 90-001|Gdańsk 80-001",
        "wp.pl|onet.pl|gmail.com",
    ),
    _land(
        *("CH", "ch", "+4144555", "AG|GmbH|SA|Sàrl"),
        "Bündner|Rütli|Huber|Grüezi|Säntis|Wälti|Zürcher|Bärtschi|Näf|Müri",
        "Präzision|Uhren|Treuhand|Holzbau|Instruments|Käse|Medizintechnik|Garten",
        "Zürich 8001|Genève 1201|Chur 7000|Bern 3011",
        "bluewin.ch|gmail.com|gmx.ch",
    ),
)


def company(random: Random, number: int, land: Land | None = None, name: str = "") -> Profile:
    """A company with everything known about it. `number` makes its domain and numbers its own."""
    here = land or random.choice(LANDS)
    own = name or wording(random, here)
    city, code = random.choice(here.places)
    stem = "".join(word for word in core(own) if word.isascii())[:18] or "firma"
    return Profile(
        key=f"n{number}",
        name=own,
        country=here.code,
        city=city,
        postal_code=code,
        tax_id=f"{here.code}{random.randrange(10**8, 10**9)}{number % 10}",
        domain=f"{stem}{number}.{here.suffix}",
        email=f"info@{stem}{number}.{here.suffix}",
        phone=f"{here.prefix}{random.randrange(1000, 10000)}{number % 10}",
    )


def wording(random: Random, land: Land, brand: str = "") -> str:
    """A name as companies of the country have them: brand, trade, legal form."""
    form, first, trade = random.choice(land.forms), brand or random.choice(land.brands), random.choice(land.trades)
    if land.code == "JP":
        return f"{form}{first}{trade}" if random.random() < 0.5 else f"{first}{trade} {form}"
    joined = f"{first} & {random.choice(land.brands)}" if random.random() < 0.2 else first
    return f"{joined} {trade} {form}"


def land_of(code: str) -> Land:
    return next(land for land in LANDS if land.code == code)
