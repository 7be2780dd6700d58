"""Every topic as one AsyncAPI 3.0 document with Kafka bindings 0.5.0. Pure.

The application that the document speaks of is MeshLine: it sends what it writes, and receives what others write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schemas import headers
from schemas.contracts import Catalogue, DataContract
from schemas.contracts.example import example_of
from schemas.exports.plain import plain
from schemas.topics import Topic

_KAFKA = "0.5.0"
_OTHERS = {"debezium"}  # writers that are not ours


def asyncapi(
    catalogue: Catalogue, topics: Sequence[Topic], schemas: Mapping[str, Mapping[str, Any]], version: str
) -> dict[str, Any]:
    """The document. `schemas` are the newest Avro schemas by record, `version` the application's."""
    contracts = {topic.name: _contract(catalogue, topic) for topic in topics}
    return {
        "asyncapi": "3.0.0",
        "id": "urn:meshline",
        "info": {
            "title": "MeshLine",
            "version": version,
            "description": "Keeps a CRM and an ERP in step over Kafka. Every topic, with its contract.",
        },
        "defaultContentType": "application/vnd.apache.avro",
        "servers": {"kafka": _server()},
        "channels": {topic.name: _channel(topic, contracts[topic.name]) for topic in topics},
        "operations": {_operation_id(topic): _operation(topic) for topic in topics},
        "components": {
            "messages": {
                contract.id: _message(contract, catalogue, schemas) for contract in catalogue.contracts.values()
            }
        },
    }


def _contract(catalogue: Catalogue, topic: Topic) -> DataContract:
    found = catalogue.of_topic(topic.name)
    if found is None:
        raise LookupError(f"no contract names {topic.name}")
    return found


def _server() -> dict[str, Any]:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "The cluster that MESHLINE_BOOTSTRAP names.",
        "variables": {"bootstrap": {"default": "localhost:9092", "description": "Host and port of a broker."}},
        "bindings": {
            "kafka": {
                "schemaRegistryUrl": "http://localhost:8081/apis/ccompat/v7",
                "schemaRegistryVendor": "apicurio",
                "bindingVersion": _KAFKA,
            }
        },
    }


def _channel(topic: Topic, contract: DataContract) -> dict[str, Any]:
    settings: dict[str, Any] = {"cleanup.policy": [topic.cleanup]}
    config = topic.config()
    if "retention.ms" in config:
        settings["retention.ms"] = int(config["retention.ms"])
    settings["max.message.bytes"] = int(config["max.message.bytes"])
    return {
        "address": topic.name,
        "title": topic.meaning,
        "description": f"Written by {topic.writer}, read by {', '.join(topic.readers)}.",
        "messages": {contract.id: {"$ref": f"#/components/messages/{contract.id}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": settings,
                "bindingVersion": _KAFKA,
            }
        },
        "x-partitioned-by": topic.partitioned_by,
        "x-partition-key": contract.partition_key,
        "x-record-key": contract.key,
    }


def _operation_id(topic: Topic) -> str:
    return f"{'receive' if topic.writer in _OTHERS else 'send'}.{topic.name}"


def _operation(topic: Topic) -> dict[str, Any]:
    return {
        "action": "receive" if topic.writer in _OTHERS else "send",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": topic.meaning,
        "bindings": {"kafka": {"bindingVersion": _KAFKA}},
    }


def _message(contract: DataContract, catalogue: Catalogue, schemas: Mapping[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": contract.id,
        "title": contract.record or contract.id,
        "summary": contract.meaning,
        "contentType": "application/vnd.apache.avro" if contract.record else "application/octet-stream",
        "tags": [{"name": contract.kind}, *({"name": f"pii:{tag}"} for tag in sorted({*contract.pii.values()}))],
        "headers": {
            "type": "object",
            "properties": {
                headers.EVENT_ID: {"type": "string", "description": "Id of the event; a repeat has the same one."},
                headers.TRACEPARENT: {"type": "string", "description": "W3C trace context."},
            },
        },
        "bindings": {"kafka": _message_binding(contract)},
        "x-contract-version": contract.version,
        "x-owner": contract.owner,
        "x-backup": contract.backup,
        "x-contact": contract.contact,
        "x-freshness-seconds": int(contract.sla.freshness.total_seconds()),
        "x-processing-seconds": int(contract.sla.processing.total_seconds()),
        "x-compatibility": contract.compatibility,
        "x-pii": catalogue.flat_pii(contract),
    }
    if contract.record is not None:
        message["payload"] = {
            "schemaFormat": "application/vnd.apache.avro;version=1.9.0",
            "schema": _told(schemas[contract.record], catalogue),
        }
        message["examples"] = [{"name": contract.id, "payload": plain(example_of(contract.record, catalogue))}]
    return message


def _told(schema: Any, catalogue: Catalogue) -> Any:
    """The Avro schema with what the contracts say of each field as its `doc`; its bytes are the same."""
    if isinstance(schema, list):
        return [_told(branch, catalogue) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: _told(value, catalogue) for key, value in schema.items()}
    part = catalogue.of_record(str(schema.get("name"))) or catalogue.parts.get(str(schema.get("name")))
    if schema.get("type") == "record" and part is not None:
        told["doc"] = part.meaning
        told["fields"] = [{**field, "doc": part.fields[field["name"]].meaning} for field in told["fields"]]
    return told


def _message_binding(contract: DataContract) -> dict[str, Any]:
    binding: dict[str, Any] = {"key": {"type": "string", "description": contract.key}, "bindingVersion": _KAFKA}
    if contract.record is not None:
        binding |= {
            "schemaIdLocation": "payload",
            "schemaIdPayloadEncoding": "confluent",
            "schemaLookupStrategy": "TopicNameStrategy",
        }
    return binding
