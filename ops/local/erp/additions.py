"""What the company got after its first version: deferred revenue and subscriptions. Run by the ERP's own Python.

    <erp python> additions.py <configuration file> <database>

Each step does nothing where its work is done, so it also brings up to date a company that an older version made.
"""

import sys

from proteus import Model
from proteus import config as proteus_config

#: Accounts of the shipped chart: income that is invoiced but not earned yet, cost that is paid but not used yet.
DEFERRED_REVENUE, DEFERRED_EXPENSE = "2.2.2", "1.4.1"
#: Codes of the products that are sold for a year at a time.
SUBSCRIPTIONS = ("SKU-001", "SKU-002", "SKU-003", "SKU-004", "SKU-007", "SKU-008")
RECURRENCES = {"Monthly": ("monthly", 1), "Quarterly": ("monthly", 3), "Yearly": ("yearly", 1)}
#: From these days on, a month that is too short ends an interval on its last day. The ERP by itself leaves it out.
LATE_DAYS = {29: "28,29", 30: "28,29,30", 31: "28,29,30,31"}


def deferrals():
    """Where revenue of a period waits until the period has passed."""
    settings = Model.get("account.configuration")(1)
    if settings.deferred_account_revenue is None:
        settings.deferred_account_revenue = _account(DEFERRED_REVENUE)
        settings.deferred_account_expense = _account(DEFERRED_EXPENSE)
        settings.save()


def _account(code):
    return Model.get("account.account").find([("code", "=", code), ("type", "!=", None)])[0]


def subscriptions():
    """How often is billed, and what can be subscribed to."""
    RuleSet, Service = Model.get("sale.subscription.recurrence.rule.set"), Model.get("sale.subscription.service")
    known = {found.name: found for found in RuleSet.find([])}
    wanted = {name: {"freq": freq, "interval": interval} for name, (freq, interval) in RECURRENCES.items()}
    for name, months in (("Monthly", 1), ("Quarterly", 3), ("Yearly", 12)):
        for day, days in LATE_DAYS.items():
            rule = {"freq": "monthly", "interval": months, "bymonthday": days, "bysetpos": "-1"}
            wanted[f"{name} from the {day}th" if day < 31 else f"{name} from the 31st"] = rule
    for name, rule in wanted.items():
        if name not in known:
            known[name] = RuleSet(name=name)
            while known[name].rules:
                known[name].rules.pop()
            known[name].rules.new(**rule)
            known[name].save()
    for product in Model.get("product.product").find([("code", "in", SUBSCRIPTIONS)]):
        if not Service.find([("product", "=", product.id)]):
            Service(product=product, consumption_recurrence=known["Monthly"]).save()


def numbers():
    """What subscriptions are numbered by."""
    settings = Model.get("sale.configuration")(1)
    if settings.subscription_sequence is None:
        found = Model.get("ir.sequence").find([("sequence_type.name", "=", "Subscription")])
        settings.subscription_sequence = found[0]
        settings.save()


def add():
    """All of it, in the company that the user of the connection works for."""
    deferrals()
    subscriptions()
    numbers()  # last: `Tryton.outdated` looks for it


def main(configuration, database):
    proteus_config.set_trytond(f"postgresql:///{database}", config_file=configuration)
    config = proteus_config.get_config()
    config._context = Model.get("res.user").get_preferences(True, {})
    config.user = 0  # by now the administrator is in no group; the ERP's own user needs none
    add()


if __name__ == "__main__":
    main(*sys.argv[1:])
