"""The connector that captures the CRM: which tables, how their values travel, where they go."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.topics import CDC, CDC_PREFIX, CRM_TABLES

NAME = "crm"
SLOT = "meshline_crm"
CONVERTER = "io.apicurio.registry.utils.converter.AvroConverter"
_SCHEMA = "sales"
_HEARTBEAT = f"insert into {_SCHEMA}.heartbeat values (1, now()) on conflict (id) do update set ts = now()"


def configuration(login: Mapping[str, str], registry: str) -> dict[str, str]:
    """The connector's configuration, all strings, as Connect gives it back.

    `login` is hostname, port, user, password and dbname of the capture role; `registry` the native API's URL.
    """
    topic = next(iter(CDC.values()))
    creation = {"replication.factor": "1", "partitions": str(topic.partitions), **topic.config()}
    return {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "tasks.max": "1",
        "exactly.once.support": "required",
        "transaction.boundary": "poll",
        **{f"database.{key}": value for key, value in login.items()},
        "topic.prefix": CDC_PREFIX,
        "table.include.list": ",".join(rf"{_SCHEMA}\.{table}" for table in CRM_TABLES),
        # The publication is made with the tables: making it here would take ownership of them.
        "plugin.name": "pgoutput",
        "slot.name": SLOT,
        "publication.name": "meshline",
        "publication.autocreate.mode": "disabled",
        "snapshot.mode": "initial",
        "poll.interval.ms": "50",  # the latency of a change; 10 costs 17 % of a core on an idle line, 50 costs 7 %
        "status.update.interval.ms": "2000",
        # Without a heartbeat of its own an idle CRM would keep the write-ahead log of its busy neighbours.
        "heartbeat.interval.ms": "5000",
        "heartbeat.action.query": _HEARTBEAT,
        "decimal.handling.mode": "precise",
        "time.precision.mode": "connect",
        "tombstones.on.delete": "true",
        "extended.headers.enabled": "false",
        "schema.name.adjustment.mode": "avro",
        "field.name.adjustment.mode": "avro",
        **{f"topic.creation.default.{key}": value for key, value in creation.items()},
        **_converter("key", registry),
        **_converter("value", registry),
    }


def _converter(side: str, registry: str) -> dict[str, str]:
    """Avro as Confluent's clients read it: magic byte and a four-byte id that the registry's other API knows."""
    settings = {
        "url": registry,
        "auto-register": "true",
        "find-latest": "false",
        "as-confluent": "true",
        "use-id": "contentId",
        "headers.enabled": "false",
        # A known schema is not asked for again, so a registry that is away for a while stops nothing.
        "check-period-ms": "604800000",
        "fault-tolerant-refresh": "true",
        "retry-count": "10",
        "retry-backoff-ms": "500",
    }
    prefix = f"{side}.converter"
    return {prefix: CONVERTER, **{f"{prefix}.apicurio.registry.{key}": value for key, value in settings.items()}}
