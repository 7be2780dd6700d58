"""The parts, listed so that each comes after what it needs; and what to try when one fails."""

from __future__ import annotations

from ops.local.connect import Connect
from ops.local.kafka import Kafka
from ops.local.part import Part, Place
from ops.local.postgres import PostgreSQL
from ops.local.registry import Registry
from ops.local.tryton import Tryton


def make_parts(place: Place) -> list[Part]:
    postgres, kafka, registry = PostgreSQL(place), Kafka(place), Registry(place)
    connect, tryton = Connect(place, postgres, kafka, registry), Tryton(place, postgres)
    return [postgres, kafka, registry, connect, tryton]


ADVICE = {
    "any": "The whole log is {log}. `meshline down`, then `meshline up`; `meshline down --wipe` starts from nothing.",
}
