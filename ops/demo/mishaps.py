"""What happens to the machinery during the day, each at a point of its progress. Shell; no waiting in it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import psycopg
from confluent_kafka import Producer

from ops.books.balance import Books, State
from ops.demo.erp_proxy import ErpProxy
from ops.demo.errors import DemoFailed
from ops.demo.records import Plan
from ops.demo.trouble import UNDECODABLE
from ops.demo.workers import Workers
from schemas.topics import ERP_CHANGES, WEBHOOK
from streams.runtime.settings import Settings

AWAY_S = 5.0
_FROM_ERP = frozenset(topic.name for topic in ERP_CHANGES.values())
_FLUSH_S = 15


@dataclass(frozen=True, slots=True)
class Mishap:
    """It happens as soon as `due` share of the orders is placed."""

    due: float
    words: str
    happen: Callable[[], None]


def mishaps(workers: Workers, proxy: ErpProxy, settings: Settings, late_s: float) -> list[Mishap]:
    """In the order in which they happen."""

    def crash(part: str) -> Callable[[], None]:
        def happen() -> None:
            workers.kill(part)
            workers.start(part)

        return happen

    return [
        Mishap(0.0, "two answers of the ERP come too late", lambda: proxy.late("model.sale.sale.create", 2, late_s)),
        Mishap(0.0, "two records that nobody can read are put on a topic", lambda: put_undecodable(settings)),
        Mishap(0.15, "worker streams is killed with -9, and started again", crash("streams")),
        Mishap(0.35, f"the ERP goes away for {AWAY_S:.0f} s", lambda: proxy.away(AWAY_S)),
        Mishap(0.55, "worker sinks is killed with -9, and started again", crash("sinks")),
    ]


def put_undecodable(settings: Settings) -> None:
    """Bytes on the portal's raw topic that did not come through the door."""
    producer = Producer({"bootstrap.servers": settings.bootstrap, "acks": "all", "log_level": 0})
    for value in UNDECODABLE:
        producer.produce(WEBHOOK["standard"].name, value=value, key=b"smuggled")
    if producer.flush(_FLUSH_S):
        raise DemoFailed("Kafka did not take the undecodable records")


def alone(plan: Plan, found: Books, orders: Collection[str]) -> bool:
    """Whether the order that is to be changed by hand is placed, and nothing of the CRM's waits for a decision:
    what comes now is the change itself. `orders` are the ids of the events that placed one.
    """
    deal = plan.opportunities[plan.hand_changed]
    keys = {deal.id, *(line.id for line in deal.lines)}
    if not any(one in found.standings and found.standings[one].key in keys for one in orders):
        return False
    return not any(
        one.state is State.IN_FLIGHT and one.label == "undecided" and one.topic not in _FROM_ERP
        for one in found.standings.values()
    )


def change_by_hand(settings: Settings, order: str) -> bool:
    """Somebody with SQL raises a price by 10 in the ERP's own tables, past every rule of it. False: no such order."""
    settings.need("erp_database_url")
    query = """
        with sold as (
            select line.id, line.sale, round(10 * line.quantity::numeric, currency.digits) as more
            from sale_line line
            join sale_sale sale on sale.id = line.sale
            join currency_currency currency on currency.id = sale.currency
            where sale.reference = %s and line.type = 'line' order by line.id limit 1
        ), priced as (
            update sale_line set unit_price = unit_price + 10, write_date = now() at time zone 'utc'
            from sold where sale_line.id = sold.id
        )
        update sale_sale set write_date = now() at time zone 'utc',
            total_amount_cache = total_amount_cache + more, untaxed_amount_cache = untaxed_amount_cache + more
        from sold where sale_sale.id = sold.sale
    """
    try:
        with psycopg.connect(settings.erp_database_url) as connection:
            return connection.execute(query, (order,)).rowcount == 1
    except psycopg.Error as error:
        raise DemoFailed(f"the ERP's database refused the change by hand: {error}") from error
