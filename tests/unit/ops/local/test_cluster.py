"""A cluster's configuration, without starting one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.local.cluster import Cluster, java_hash


@pytest.mark.parametrize(("text", "value"), [("", 0), ("hello", 99162322), ("polygenelubricants", 0)])
def test_the_coordinator_is_found_by_javas_hash(text: str, value: int) -> None:
    """The last one is Java's smallest integer, of which Kafka keeps the lower bits."""
    assert java_hash(text) == value


@pytest.mark.parametrize(("size", "copies", "in_sync"), [(1, 1, 1), (3, 3, 2)])
def test_three_nodes_keep_three_copies_and_want_two_in_sync(
    tmp_path: Path, size: int, copies: int, in_sync: int
) -> None:
    cluster = Cluster(tmp_path, size)
    assert cluster.copies == copies
    configs = [cluster._properties(node) for node in cluster.nodes]
    for config in configs:
        assert config["default.replication.factor"] == copies
        assert config["offsets.topic.replication.factor"] == copies
        assert config["transaction.state.log.replication.factor"] == copies
        assert config["min.insync.replicas"] == in_sync
        assert config["transaction.state.log.min.isr"] == in_sync
        assert config["auto.create.topics.enable"] == "false"
    assert len({config["log.dirs"] for config in configs}) == size
    assert len({config["listeners"] for config in configs}) == size
    assert len(cluster.bootstrap.split(",")) == size
