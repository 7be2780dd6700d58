"""What is sold, and to whom: products, currencies, places and names. Data; the products are the ERP's seeded ones."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

#: SKU -> list price in US dollars.
PRODUCTS: dict[str, Decimal] = {
    "SKU-001": Decimal("480.00"),
    "SKU-002": Decimal("12500.00"),
    "SKU-003": Decimal("180.00"),
    "SKU-004": Decimal("95.50"),
    "SKU-005": Decimal("39.99"),
    "SKU-006": Decimal("0.85"),
    "SKU-007": Decimal("2400.00"),
    "SKU-008": Decimal("7200.00"),
    "SKU-009": Decimal("3500.00"),
    "SKU-010": Decimal("210.00"),
    "SKU-011": Decimal("1650.00"),
    "SKU-012": Decimal("1480.00"),
    "SKU-013": Decimal("899.00"),
    "SKU-014": Decimal("129.00"),
    "SKU-015": Decimal("349.50"),
    "SKU-016": Decimal("59.90"),
}
#: Sold by parts: terabytes, hours, days.
FRACTIONAL = frozenset({"SKU-004", "SKU-010", "SKU-011", "SKU-012"})
#: Units per US dollar, near enough for prices.
RATES: dict[str, Decimal] = {
    "EUR": Decimal("0.92"),
    "USD": Decimal(1),
    "GBP": Decimal("0.79"),
    "JPY": Decimal(150),
    "CHF": Decimal("0.88"),
}


@dataclass(frozen=True, slots=True)
class Country:
    """Where accounts live. `places`: (city, postal code, state). `phone`: what a number begins with.

    `tax_id`: `#` is any digit, `?` a check digit.
    """

    code: str
    currency: str
    phone: str
    tax_id: str
    legal_form: str
    places: tuple[tuple[str, str, str | None], ...]
    streets: tuple[str, ...]
    names: tuple[str, ...]
    people: tuple[str, ...]


COUNTRIES: tuple[Country, ...] = (
    Country(
        "DE",
        "EUR",
        "+49 221 ",
        "DE########?",
        "GmbH",
        (("Köln", "50667", None), ("München", "80331", None), ("Lübeck", "23552", None)),
        ("Große Straße", "Königsallee", "Am Mühlbach"),
        ("Müller & Söhne", "Weißgerber", "Blümchen Logistik", "Förde Werft", "Größenwahn"),
        ("Jürgen Groß", "Käthe Müßig", "Sören Weiß"),
    ),
    Country(
        "FR",
        "EUR",
        "+33 4 72 10 ",
        "FR??########?",
        "SARL",
        (("Lyon", "69002", None), ("Orléans", "45000", None), ("Besançon", "25000", None)),
        ("Rue de l'Église", "Avenue Maréchal-Foch", "Quai Saint-Antoine"),
        ("L'Œuvre Française", "Crêperie Bélanger", "Ateliers Lefèvre", "Forêt & Fils"),
        ("Zoé Lefèvre", "François Noël", "Hélène d'Aubigné"),
    ),
    Country(
        "US",
        "USD",
        "+1 415 555 ",
        "94-#######",
        "Inc.",
        (("San Francisco", "94105", "CA"), ("Austin", "78701", "TX"), ("Boston", "02110", "MA")),
        ("Market Street", "Congress Avenue", "State Street"),
        ("Globex", "Initech", "O'Malley Freight", "Smith, Jones & Partners", "Acme 100% Organic"),
        ("Ann O'Neil", "Bob Smith-Jones", "José Núñez"),
    ),
    Country(
        "GB",
        "GBP",
        "+44 20 7946 ",
        "GB#######??",
        "Ltd",
        (("London", "EC1A 1BB", None), ("Leeds", "LS1 4DY", None), ("Bristol", "BS1 5TR", None)),
        ("High Street", "King's Road", "Queen Anne's Gate"),
        ("Thistle & Crown", "Llŷn Trading", "Whitby Jet", "Harrogate Tea"),
        ("Siân Llewellyn", "Oliver Brown", "Niamh O'Brien"),
    ),
    Country(
        "JP",
        "JPY",
        "+81 3 5555 ",
        "?############",
        "株式会社",
        (("東京", "100-0005", None), ("大阪", "530-0001", None), ("京都", "600-8216", None)),
        ("丸の内一丁目", "梅田三丁目", "烏丸通"),
        ("青空商事", "さくら電機", "北斗精密", "ミドリ物流"),
        ("山田 太郎", "佐藤 花子", "鈴木 一郎"),
    ),
    Country(
        "CH",
        "CHF",
        "+41 44 555 ",
        "CHE-###.###.##?",
        "AG",
        (("Zürich", "8001", None), ("Genève", "1201", None), ("Chur", "7000", None)),
        ("Bahnhofstraße", "Rue du Rhône", "Löwenplatz"),
        ("Bündner Käse", "Präzision Huber", "Rhône Instruments", "Grüezi Software"),
        ("Urs Käser", "Noémie Rochat", "Reto Bühler"),
    ),
)
STAGES = ("Prospecting", "Proposal", "Negotiation")
WON = "Closed Won"
LOST = "Closed Lost"
BILLING_TERMS = ("30 days net", "14 days net", "on receipt")
