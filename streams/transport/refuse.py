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


def not_supported(what: str, instead: str) -> NotSupported:
    return NotSupported(f"{what} is not supported by the mesh:// transport: {instead}")


def refused(what: str, instead: str) -> Callable[..., Any]:
    """A method that refuses."""

    def method(*_: Any, **__: Any) -> Any:
        raise not_supported(what, instead)

    return method


def check_settings(options: Mapping[str, Any]) -> None:
    """Raise NotSupported for a setting that the transport cannot honour."""
    for name, (supported, instead) in SETTINGS.items():
        value = options.get(name, supported)
        if getattr(value, "value", value) != supported:
            raise not_supported(f"the setting {name}={value!r}", instead)
