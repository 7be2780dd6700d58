"""A forecast as a table for the terminal and as an HTML page. Pure."""

from __future__ import annotations

from decimal import Decimal
from html import escape

from ops.rules.forecast import Forecast

_STYLE = """body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; color: #1d2430; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }
th, td { text-align: left; padding: .4rem .8rem; border-bottom: 1px solid #d9dee7; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }"""


def lines_of(forecast: Forecast) -> list[str]:
    """One line for each turn from an outcome to another, and the sum."""
    lines = [
        f"{before:36} -> {after:36} {count:6}  {money_text(money)}" for before, after, count, money in forecast.turns()
    ]
    return [*lines, summary(forecast)]


def summary(forecast: Forecast) -> str:
    """The forecast in a sentence."""
    changed, money = len(forecast.changes), money_text(forecast.money) or "no money"
    about = f"of {forecast.events} events since {forecast.since:%Y-%m-%d %H:%M} {changed} would be decided otherwise"
    return f"{about}, about {money}: {forecast.candidate} in place of {forecast.live}"


def money_text(money: dict[str, Decimal]) -> str:
    return ", ".join(f"{amount} {currency}" for currency, amount in money.items())


def page_of(forecast: Forecast) -> str:
    """The whole page. Everything that comes from events is escaped."""
    turns = "".join(
        f"<tr><td>{escape(before)}</td><td>{escape(after)}</td><td class=n>{count}</td>"
        f"<td class=n>{escape(money_text(money))}</td></tr>"
        for before, after, count, money in forecast.turns()
    )
    changes = "".join(
        f"<tr><td>{escape(one.entity)} {escape(one.key)}</td><td>{escape(one.account_id)}</td>"
        f"<td>{escape(one.before)}</td><td>{escape(one.after)}</td>"
        f"<td class=n>{f'{one.money} {escape(one.currency)}' if one.subject else ''}</td>"
        f"<td>{escape(one.event_id)}</td></tr>"
        for one in forecast.changes
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Rules in shadow</title><style>{_STYLE}</style></head><body>
<h1>Rules in shadow</h1>
<p>{escape(summary(forecast))}.</p>
<table><thead><tr><th>now</th><th>with the candidate</th><th class=n>events</th><th class=n>money</th></tr></thead>
<tbody>{turns}</tbody></table>
<h2>Each event</h2>
<table><thead><tr><th>record</th><th>account</th><th>now</th><th>with the candidate</th><th class=n>money</th>
<th>event</th></tr></thead><tbody>{changes}</tbody></table>
</body></html>
"""
