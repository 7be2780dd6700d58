"""What the transport does not support, and what to use instead. A refusal is better than a guarantee half kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from streams.transport.errors import NotSupported

_ITERATE = "iterate over the batch: `for message in batch`"
_EMIT = "emit to the topic: `batch.emit(topic, key=..., value=...)`"

#: Operations of `faust.Stream` that work on single records.
PER_RECORD_OPERATIONS: Mapping[str, str] = {
    "add_processor": _ITERATE,
    "combine": "give the agent several topics: `app.topic('a', 'b')`",
    "echo": _EMIT,
    "events": _ITERATE,
    "filter": _ITERATE,
    "group_by": f"{_EMIT}, with the new key",
    "inner_join": "keep the state of both sides in a store of your own",
    "items": _ITERATE,
    "join": "keep the state of both sides in a store of your own",
    "left_join": "keep the state of both sides in a store of your own",
    "noack": "raise to stop without acknowledging; offsets are committed by the transport",
    "noack_take": "batches come by themselves, see EngineOptions.batch_size",
    "outer_join": "keep the state of both sides in a store of your own",
    "take": "batches come by themselves, see EngineOptions.batch_size",
    "take_events": "batches come by themselves, see EngineOptions.batch_size",
    "take_with_timestamp": "batches come by themselves, see EngineOptions.batch_size",
    "through": _EMIT,
}

#: Operations of `faust.Agent` that wait for a reply.
REPLY_OPERATIONS = ("ask", "ask_nowait", "map", "kvmap", "join", "kvjoin")

TABLES_INSTEAD = (
    "keep state in a database or a compacted topic of your own, written with the source's version; "
    "tables would repeat updates after a crash"
)
REPLIES_INSTEAD = "send to a topic and let an agent consume the answers: replies are not covered by the offsets"

#: Settings of `faust.App`: name -> the only value that is supported, and the way to do it here.
SETTINGS: Mapping[str, tuple[object, str]] = {
    "processing_guarantee": ("at_least_once", "set EngineOptions(delivery='exactly-once')"),
    "stream_publish_on_commit": (False, "nothing is needed: outputs always come before the offset"),
    "producer_threaded": (False, "nothing is needed: librdkafka has its own threads"),
    "topic_disable_leader": (True, "use a topic of one partition to choose a leader"),
    "topic_allow_declare": (False, "create topics before the worker starts"),
    "reply_create_topic": (False, REPLIES_INSTEAD),
}


_CONSUMER = "set EngineOptions(consumer={...}) in librdkafka's words"
_PRODUCER = "set EngineOptions(producer={...}) in librdkafka's words"

#: Settings of `faust.App` that nobody would read, with the way to say it here. Faust's defaults are let pass.
UNREAD_SETTINGS: Mapping[str, str] = {
    "broker_check_crcs": _CONSUMER,
    "broker_client_id": f"{_CONSUMER} and producer={{...}}",
    "broker_commit_every": "set EngineOptions(commit_interval=...)",
    "broker_commit_interval": "set EngineOptions(commit_interval=...)",
    "broker_consumer": "give one address for both: broker='mesh://...'",
    "broker_credentials": f"{_CONSUMER} and producer={{...}}",
    "broker_heartbeat_interval": _CONSUMER,
    "broker_max_poll_interval": _CONSUMER,
    "broker_max_poll_records": "set EngineOptions(batch_size=...)",
    "broker_producer": "give one address for both: broker='mesh://...'",
    "broker_session_timeout": _CONSUMER,
    "consumer_auto_offset_reset": _CONSUMER,
    "consumer_group_instance_id": "set EngineOptions(group_instance_id=...)",
    "consumer_max_fetch_size": _CONSUMER,
    "producer_acks": "nothing is needed: all in-sync replicas acknowledge",
    "producer_compression_type": _PRODUCER,
    "producer_linger": _PRODUCER,
    "producer_max_batch_size": _PRODUCER,
    "producer_max_request_size": "set EngineOptions(max_message_bytes=...)",
    "producer_partitioner": _PRODUCER,
    "producer_request_timeout": _PRODUCER,
}

_DECODE = "decode the message's bytes in the agent, where a failure can be handled without losing its neighbours"

#: Methods of `faust.App`.
APP_METHODS: Mapping[str, tuple[str, str]] = {
    **{f"{kind}Table": (f"app.{kind}Table", TABLES_INSTEAD) for kind in ("", "Global", "Set", "SetGlobal")},
    "table_route": ("app.table_route", TABLES_INSTEAD),
    "topic_route": ("app.topic_route", "let a proxy choose the worker, or any worker answer"),
    "LiveCheck": ("app.LiveCheck", "watch the engine's lag: `app.engine.progress()`"),
}

_ONE_PARTITION = "consume a topic of one partition: only its owner gets a message"


def not_supported(what: str, instead: str) -> NotSupported:
    return NotSupported(f"{what} is not supported by the mesh:// transport: {instead}")


def refused(what: str, instead: str) -> Callable[..., Any]:
    """A method that refuses."""

    def method(*_: Any, **__: Any) -> Any:
        raise not_supported(what, instead)

    return method


def check_classes(options: Mapping[str, Any], ours: Mapping[str, type]) -> None:
    """Raise NotSupported for a class in the place of one that keeps a guarantee."""
    for name, kind in ours.items():
        given = options[name]
        if not (isinstance(given, type) and issubclass(given, kind)):
            raise not_supported(f"the setting {name}={given!r}", f"derive it from {kind.__module__}.{kind.__name__}")


def check_topic(options: Mapping[str, Any]) -> None:
    """Raise NotSupported for what `app.topic()` cannot promise."""
    if not options.get("acks", True):
        raise not_supported("a topic with acks=False, which loses messages,", "leave it out: offsets follow the work")
    if options.get("pattern"):
        raise not_supported("a topic with a pattern", "name the topics: `app.topic('a', 'b')`")


def check_input(agent: str, channel: Any) -> None:
    """Raise NotSupported for a topic whose messages Faust would decode: agents get bytes."""
    schema = getattr(channel, "schema", None)
    for name in ("value_type", "key_type"):
        kind = getattr(channel, name, None) or getattr(schema, name, None)
        if kind not in (None, bytes):
            raise not_supported(f"agent {agent} on a topic with {name}={getattr(kind, '__name__', kind)}", _DECODE)
    for name in ("value_serializer", "key_serializer"):
        codec = getattr(schema, name, None)
        if codec not in (None, "raw"):
            raise not_supported(f"agent {agent} on a topic with {name}={codec!r}", _DECODE)


def check_leader(what: str, on_leader: bool) -> None:
    if on_leader:
        raise not_supported(f"{what} with on_leader=True", _ONE_PARTITION)


def check_unread(conf: Any) -> None:
    """Raise NotSupported for a setting that was changed, by code or environment, and has no effect here."""
    known = type(conf).SETTINGS
    for name, instead in UNREAD_SETTINGS.items():
        value, default = getattr(conf, name), known[name].default
        if name in ("broker_consumer", "broker_producer"):
            default = conf.broker
        if value != default and (value or default):
            raise not_supported(f"the setting {name}={value!r}", instead)


def check_settings(options: Mapping[str, Any]) -> None:
    """Raise NotSupported for a setting that the transport cannot honour."""
    for name, (supported, instead) in SETTINGS.items():
        value = options.get(name, supported)
        if getattr(value, "value", value) != supported:
            raise not_supported(f"the setting {name}={value!r}", instead)
