"""What `topics apply` would do to a cluster."""

from __future__ import annotations

import pytest

from ops.topics import Actual, plan
from schemas.topics import CRM_ACCOUNT, STATE_CRM, TOPICS, Topic

SOURCE = Topic("x.raw", "w", (), "m", partitions=4, partitioned_by="source")


def as_declared(topic: Topic) -> Actual:
    return Actual(topic.partitions, topic.config())


def test_an_empty_cluster_gets_every_topic_and_an_equal_one_nothing() -> None:
    assert [(change.kind, change.topic) for change in plan(TOPICS, {})] == [("create", topic.name) for topic in TOPICS]
    assert plan(TOPICS, {topic.name: as_declared(topic) for topic in TOPICS}) == []


def test_topics_of_others_are_left_alone() -> None:
    assert plan([], {"theirs": Actual(1)}) == []


@pytest.mark.parametrize(
    ("topic", "partitions", "kind"),
    [
        (SOURCE, 2, "partitions"),
        (SOURCE, 8, "blocked"),  # a topic cannot lose partitions
        (CRM_ACCOUNT, 2, "blocked"),  # an account's next event would go elsewhere than its last
        (CRM_ACCOUNT, 8, "blocked"),
    ],
)
def test_partitions_are_added_only_where_no_account_moves(topic: Topic, partitions: int, kind: str) -> None:
    (change,) = plan([topic], {topic.name: Actual(partitions, topic.config())})
    assert (change.kind, change.topic) == (kind, topic.name)


def test_each_setting_that_differs_is_a_change_with_both_values() -> None:
    topic = STATE_CRM["account"]
    (change,) = plan([topic], {topic.name: Actual(4, topic.config() | {"cleanup.policy": "delete", "other": "1"})})
    assert (change.kind, change.what) == ("config", "cleanup.policy: delete -> compact")
    (unset, _) = plan([topic], {topic.name: Actual(4)})
    assert "unset -> compact" in unset.what


def test_compacted_topics_keep_for_ever_and_others_have_a_time() -> None:
    for topic in TOPICS:
        assert ("retention.ms" in topic.config()) == (topic.cleanup == "delete")
