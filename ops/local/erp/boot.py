"""Make a company out of an empty ERP database. Run by the ERP's own Python, never imported by MeshLine.

    <erp python> boot.py <configuration file> <database> <user password file>

The modules are active already (`trytond-admin --update`). This adds what a company needs before it can sell:
currencies with rates, a chart of accounts, fiscal years, products with a price list, a way to be paid, and the user
that MeshLine works as.
"""

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path

import additions
from proteus import Model, Wizard
from proteus import config as proteus_config

#: code -> name, symbol, ISO number, rounding, units per US dollar
CURRENCIES = {
    "USD": ("US Dollar", "$", "840", "0.01", "1"),
    "EUR": ("Euro", "€", "978", "0.01", "0.92"),
    "GBP": ("Pound Sterling", "£", "826", "0.01", "0.79"),
    "JPY": ("Yen", "¥", "392", "1", "150"),
    "CHF": ("Swiss Franc", "CHF", "756", "0.01", "0.88"),
    "CAD": ("Canadian Dollar", "C$", "124", "0.01", "1.36"),
    "AUD": ("Australian Dollar", "A$", "036", "0.01", "1.52"),
    "SEK": ("Swedish Krona", "kr", "752", "0.01", "10.5"),
}
COUNTRIES = {
    "US": ("USA", "840", "United States"),
    "DE": ("DEU", "276", "Germany"),
    "FR": ("FRA", "250", "France"),
    "GB": ("GBR", "826", "United Kingdom"),
    "JP": ("JPN", "392", "Japan"),
    "CH": ("CHE", "756", "Switzerland"),
    "IT": ("ITA", "380", "Italy"),
    "ES": ("ESP", "724", "Spain"),
    "NL": ("NLD", "528", "Netherlands"),
    "BE": ("BEL", "056", "Belgium"),
    "AT": ("AUT", "040", "Austria"),
    "SE": ("SWE", "752", "Sweden"),
    "IE": ("IRL", "372", "Ireland"),
    "PL": ("POL", "616", "Poland"),
    "CA": ("CAN", "124", "Canada"),
    "AU": ("AUS", "036", "Australia"),
}
#: code, name, goods or service, list price in US dollars
PRODUCTS = (
    ("SKU-001", "Platform, seat per year", "service", "480.00"),
    ("SKU-002", "Platform, site licence", "service", "12500.00"),
    ("SKU-003", "Analytics add-on, seat per year", "service", "180.00"),
    ("SKU-004", "Archive storage, TB per year", "service", "95.50"),
    ("SKU-005", "API calls, per million", "service", "39.9900"),
    ("SKU-006", "Message volume, per thousand", "service", "0.8500"),
    ("SKU-007", "Support, standard, per year", "service", "2400.00"),
    ("SKU-008", "Support, premium, per year", "service", "7200.00"),
    ("SKU-009", "Onboarding, fixed price", "service", "3500.00"),
    ("SKU-010", "Consulting, per hour", "service", "210.00"),
    ("SKU-011", "Training, per day", "service", "1650.00"),
    ("SKU-012", "Custom connector, per day", "service", "1480.00"),
    ("SKU-013", "Edge gateway", "goods", "899.00"),
    ("SKU-014", "Edge gateway, rack kit", "goods", "129.00"),
    ("SKU-015", "Sensor pack of ten", "goods", "349.5000"),
    ("SKU-016", "Spare power supply", "goods", "59.90"),
)
#: What the integration may do: sell and account. It administers nothing.
GROUPS = ("Sales", "Accounting")
USER = "meshline"
INVOICE = """\
{% for invoice in records %}\
Invoice ${invoice.number}, ${invoice.party.name}: ${invoice.total_amount} ${invoice.currency.code}
{% end %}\
"""


def currencies():
    Currency, Rate = Model.get("currency.currency"), Model.get("currency.currency.rate")
    for code, (name, symbol, number, rounding, rate) in CURRENCIES.items():
        digits = max(0, -Decimal(rounding).as_tuple().exponent)
        currency = Currency(code=code, name=name, symbol=symbol, numeric_code=number)
        currency.rounding, currency.digits = Decimal(rounding), digits
        currency.save()
        Rate(currency=currency, date=dt.date(2000, 1, 1), rate=Decimal(rate)).save()


def countries():
    Country = Model.get("country.country")
    for code, (code3, number, name) in COUNTRIES.items():
        Country(code=code, code3=code3, code_numeric=number, name=name).save()


def company():
    Party, Currency = Model.get("party.party"), Model.get("currency.currency")
    party = Party(name="Meshline Trading")
    party.save()
    wizard = Wizard("company.company.config")
    wizard.execute("company")
    wizard.form.party = party
    wizard.form.currency = Currency.find([("code", "=", "USD")])[0]
    wizard.execute("add")
    config = proteus_config.get_config()
    config._context = Model.get("res.user").get_preferences(True, {})
    return Model.get("company.company").find([])[0]


def chart(owner):
    """The minimal English chart that the ERP ships, and the accounts the company works with."""
    Template, Data = Model.get("account.account.template"), Model.get("ir.model.data")
    root = Data.get_id("account.account_template_root_en", proteus_config.get_config().context)
    wizard = Wizard("account.create_chart")
    wizard.execute("account")
    wizard.form.account_template, wizard.form.company = Template(root), owner
    wizard.execute("create_account")
    accounts = {kind: account(f"type.{kind}", True) for kind in ("receivable", "payable", "revenue", "expense")}
    wizard.form.account_receivable, wizard.form.account_payable = accounts["receivable"], accounts["payable"]
    for kind in ("revenue", "expense"):
        if hasattr(wizard.form, f"category_account_{kind}"):
            setattr(wizard.form, f"category_account_{kind}", accounts[kind])
    wizard.execute("create_properties")
    accounts["bank"] = account("code", "1.1.1")
    return accounts


def account(field, value):
    return Model.get("account.account").find([("type", "!=", None), ("closed", "!=", True), (field, "=", value)])[0]


def fiscal_years(owner):
    """Last year, this one and the next two, each with its own number ranges."""
    Year, Strict = Model.get("account.fiscalyear"), Model.get("ir.sequence.strict")
    kinds = {kind.name: kind for kind in Model.get("ir.sequence.type").find([])}
    this = dt.date.today().year  # noqa: DTZ011
    for number in range(this - 1, this + 3):
        year = Year(name=str(number), company=owner)
        year.start_date, year.end_date = dt.date(number, 1, 1), dt.date(number, 12, 31)
        move = Strict(name=f"Moves {number}", sequence_type=kinds["Account Move"], company=owner, prefix=f"{number}-")
        move.save()
        invoice = Strict(name=f"Invoices {number}", sequence_type=kinds["Invoice"], company=owner, prefix=f"{number}/")
        invoice.save()
        year.move_sequence = move
        for line in year.invoice_sequences:
            line.out_invoice_sequence = line.in_invoice_sequence = invoice
            line.out_credit_note_sequence = line.in_credit_note_sequence = invoice
        year.save()
        year.click("create_period")


def money(owner, accounts):
    """A payment term, the method "Bank", and where exchange differences go."""
    Term = Model.get("account.invoice.payment_term")
    for name, days in (("Direct", 0), ("30 days", 30)):
        term = Term(name=name)
        line = term.lines.new(type="remainder")
        if days:
            line.relativedeltas.new(days=days)
        term.save()
    Journal = Model.get("account.journal")
    cash = Journal.find([("type", "=", "cash")])[0]
    Method = Model.get("account.invoice.payment.method")
    bank = accounts["bank"]
    Method(name="Bank", company=owner, journal=cash, credit_account=bank, debit_account=bank).save()
    settings = Model.get("account.configuration")(1)
    settings.currency_exchange_journal = Journal.find([("code", "=", "EXC")])[0]
    settings.currency_exchange_credit_account = accounts["revenue"]
    settings.currency_exchange_debit_account = accounts["expense"]
    settings.save()


def products(accounts):
    Category, Template = Model.get("product.category"), Model.get("product.template")
    category = Category(name="Sales", accounting=True)
    category.account_revenue, category.account_expense = accounts["revenue"], accounts["expense"]
    category.save()
    unit = Model.get("product.uom").find([("symbol", "=", "u")])[0]
    unit.rounding, unit.digits = 0.001, 3  # opportunities sell parts of a unit: hours, terabytes
    unit.save()
    for code, name, kind, price in PRODUCTS:
        template = Template(name=name, type=kind, default_uom=unit, salable=True, account_category=category)
        template.list_price = Decimal(price)
        template.products[0].suffix_code = code  # `code` is computed from it; a search by code needs this one
        template.save()
    price_list = Model.get("product.price_list")(name="Standard", price="list_price")
    price_list.lines.new(formula="list_price")
    price_list.save()
    settings = Model.get("sale.configuration")(1)
    settings.sale_price_list = price_list
    settings.sale_invoice_method = "order"
    settings.sale_shipment_method = "manual"  # the warehouse's work: a third of what confirming goods costs
    settings.save()


def invoice_print():
    """Invoices print as plain text: the shipped layout takes a second per posted invoice."""
    report = Model.get("ir.action.report").find([("report_name", "=", "account.invoice")])[0]
    report.template_extension, report.extension = "txt", ""
    report.report_content = INVOICE.encode()
    report.save()


def integration_user(owner, password):
    """It may also press "process" on a sale, which is else an administrator's, and nothing more of theirs."""
    User, Group, Button = Model.get("res.user"), Model.get("res.group"), Model.get("ir.model.button")
    group = Group(name="Integration")
    group.save()
    button = Button.find([("name", "=", "process"), ("model", "=", "sale.sale")])[0]
    button.groups.append(group)
    button.save()
    user = User(name="MeshLine", login=USER, password=password)
    user.groups.extend(Group.find([("name", "in", [*GROUPS, group.name])]))
    user.companies.append(owner)
    user.company = owner
    user.save()


def main(configuration, database, password_file):
    proteus_config.set_trytond(f"postgresql:///{database}", config_file=configuration)
    currencies()
    countries()
    owner = company()
    accounts = chart(owner)
    fiscal_years(owner)
    money(owner, accounts)
    products(accounts)
    additions.add()
    invoice_print()
    integration_user(owner, Path(password_file).read_text().strip())


if __name__ == "__main__":
    main(*sys.argv[1:])
