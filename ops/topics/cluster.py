"""The cluster itself, through Kafka's admin API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from ops.topics.plan import Actual, Change
from schemas.topics import BY_NAME, Topic


class ClusterUnavailable(Exception):
    """Kafka does not answer: run `meshline status`, or check MESHLINE_BOOTSTRAP."""


class Cluster:
    """Reads and changes topics. Raises ClusterUnavailable."""

    def __init__(self, bootstrap: str, timeout_s: float = 15.0) -> None:
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self._bootstrap = bootstrap
        self._timeout_s = timeout_s

    def actual(self, topics: Iterable[Topic]) -> dict[str, Actual]:
        """The declared topics that exist, with partitions and settings."""
        try:
            known = self._admin.list_topics(timeout=self._timeout_s).topics
        except KafkaException as error:
            raise ClusterUnavailable(f"Kafka at {self._bootstrap} does not answer: {error.args[0].str()}") from error
        names = [topic.name for topic in topics if topic.name in known]
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        configs = self._admin.describe_configs(resources, request_timeout=self._timeout_s) if resources else {}
        settings = {
            resource.name: {name: str(entry.value) for name, entry in future.result().items()}
            for resource, future in configs.items()
        }
        return {name: Actual(len(known[name].partitions), settings.get(name, {})) for name in names}

    def apply(self, changes: Sequence[Change], replication: int = 1) -> None:
        """Carry out the changes that can be; blocked ones are left. KafkaException when the cluster refuses."""
        fresh = [BY_NAME[change.topic] for change in changes if change.kind == "create"]
        self._create(fresh, replication)
        for change in changes:
            if change.kind == "partitions":
                wanted = [NewPartitions(change.topic, BY_NAME[change.topic].partitions)]
                self._admin.create_partitions(wanted, request_timeout=self._timeout_s)[change.topic].result()
        altered = {change.topic for change in changes if change.kind == "config"}
        resources = [_config_of(BY_NAME[name]) for name in sorted(altered)]
        if resources:
            done = self._admin.incremental_alter_configs(resources, request_timeout=self._timeout_s)
            for future in done.values():
                future.result()

    def _create(self, topics: Sequence[Topic], replication: int) -> None:
        if not topics:
            return
        new = [NewTopic(t.name, t.partitions, replication, config=t.config()) for t in topics]
        for future in self._admin.create_topics(new, request_timeout=self._timeout_s).values():
            try:
                future.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise


def _config_of(topic: Topic) -> ConfigResource:
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in topic.config().items()
    ]
    return ConfigResource(ResourceType.TOPIC, topic.name, incremental_configs=entries)
