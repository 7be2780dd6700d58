"""How many commands wait for each target: between what its sink's workers have committed and the ends."""

from __future__ import annotations

from collections.abc import Mapping

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from schemas.topics import COMMAND, Topic

_TIMEOUT_S = 10.0


class Backlog:
    """Asks the broker. One caller at a time; blocking."""

    def __init__(self, bootstrap: str, group: str, topics: Mapping[str, Topic] = COMMAND) -> None:
        """`topics`: target -> where its commands are."""
        self._group, self._topics = group, topics
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def waiting(self) -> dict[str, int]:
        """Target -> commands that wait. 0 of a partition that no sink has read yet. Raises KafkaException."""
        places = [TopicPartition(topic.name, n) for topic in self._topics.values() for n in range(topic.partitions)]
        asked = [ConsumerGroupTopicPartitions(self._group, places)]
        answers = self._admin.list_consumer_group_offsets(asked, request_timeout=_TIMEOUT_S)
        done = {(p.topic, p.partition): p.offset for p in answers[self._group].result().topic_partitions}
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        ends = self._admin.list_offsets(
            {TopicPartition(*place): latest for place, offset in done.items() if offset >= 0},
            isolation_level=IsolationLevel.READ_COMMITTED,
            request_timeout=_TIMEOUT_S,
        )
        found = dict.fromkeys(self._topics, 0)
        targets = {topic.name: target for target, topic in self._topics.items()}
        for place, answer in ends.items():
            behind = answer.result().offset - done[place.topic, place.partition]
            found[targets[place.topic]] += max(0, behind)
        return found
