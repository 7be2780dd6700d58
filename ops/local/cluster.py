"""A Kafka cluster of its own, for trials that kill brokers: each node is broker and controller, nothing is shared.

    with Cluster(folder, size=3) as cluster:
        cluster.kill(2)
        cluster.start(2)

Three nodes keep three copies and want two of them in sync. The folder and the ports are this cluster's alone.
"""

from __future__ import annotations

import base64
import shutil
import signal
import socket
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from ops.local import ports, process
from ops.local.errors import LocalPartsError, NotReady
from ops.local.jars import class_path, fetch
from ops.local.java import java, jvm, logging, properties
from ops.local.paths import Home
from ops.local.process import Command
from ops.local.record import Started
from ops.local.waiting import until

_HEAP_MB = 320
_PATIENCE = 90.0  #: seconds for a node to answer; after a kill it first checks its log


class Cluster:
    """Nodes are numbered from 1."""

    def __init__(self, folder: Path, size: int) -> None:
        self.nodes = range(1, size + 1)
        self.copies = 3 if size >= 3 else 1
        self._home = Home(folder)
        self._running: dict[int, Started] = {}
        self._ports: dict[str, int] = {}
        for node in self.nodes:
            for name in (f"broker-{node}", f"controller-{node}"):
                self._ports[name] = ports.choose(self._ports.values())
        self._jars = ""

    def __enter__(self) -> Self:
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    @property
    def bootstrap(self) -> str:
        return ",".join(self._address(node) for node in self.nodes)

    def _address(self, node: int) -> str:
        return f"127.0.0.1:{self._ports[f'broker-{node}']}"

    # -- all of it

    def up(self) -> None:
        """Every node answers when this returns. Raises LocalPartsError."""
        self._jars = class_path([fetch("broker")])
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            list(pool.map(lambda node: self._format(node, cluster), self.nodes))
        for node in self.nodes:
            self._launch(node)
        for node in self.nodes:
            self.await_answer(node)

    def down(self) -> None:
        """Stop every node and remove the folder."""
        for node in list(self._running):
            self.kill(node)
        shutil.rmtree(self._home.folder, ignore_errors=True)

    def _format(self, node: int, cluster: str) -> None:
        name = f"node-{node}"
        config = self._home.config(name)
        (config / "server.properties").write_text(properties(self._properties(node)))
        self._home.data(name).mkdir(parents=True, exist_ok=True)
        argv = [java(), "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        argv += [*logging(config, self._home.log(name)), "-cp", self._jars, "kafka.tools.StorageTool", "format"]
        argv += [f"--cluster-id={cluster}", "--config", str(config / "server.properties"), "--ignore-formatted"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalPartsError(f"formatting {name} failed: {(done.stderr or done.stdout).strip()[-600:]}")

    def _properties(self, node: int) -> dict[str, object]:
        copies, in_sync = self.copies, 2 if self.copies == 3 else 1
        controller = self._ports[f"controller-{node}"]
        return {
            "process.roles": "broker,controller",
            "node.id": node,
            "controller.quorum.voters": ",".join(
                f"{one}@127.0.0.1:{self._ports[f'controller-{one}']}" for one in self.nodes
            ),
            "listeners": f"PLAINTEXT://{self._address(node)},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://{self._address(node)}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": self._home.data(f"node-{node}"),
            "auto.create.topics.enable": "false",
            "default.replication.factor": copies,
            "min.insync.replicas": in_sync,
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": 6,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_sync,
            "transaction.state.log.num.partitions": 6,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": in_sync,
            "group.initial.rebalance.delay.ms": 0,
            # a dead node is noticed, and what it left undone is tidied up, soon
            "broker.session.timeout.ms": 6000,
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000,
        }

    # -- one node

    def _launch(self, node: int) -> None:
        name = f"node-{node}"
        config, log = self._home.config(name), self._home.log(name)
        argv = [*jvm(_HEAP_MB), *logging(config, log), "-cp", self._jars, "kafka.Kafka"]
        command = Command([*argv, str(config / "server.properties")], self._home.folder)
        self._running[node] = process.start(command, self._home.log(f"{name}.out"))

    def start(self, node: int) -> None:
        """Start a node that is down; it answers when this returns. Raises LocalPartsError."""
        self._launch(node)
        self.await_answer(node)

    def stop(self, node: int) -> None:
        """SIGTERM: it hands over what it leads first."""
        process.stop(self._running.pop(node), signal.SIGTERM, 30.0)

    def kill(self, node: int) -> None:
        """SIGKILL."""
        process.stop(self._running.pop(node), signal.SIGKILL, 10.0)

    def runs(self, node: int) -> bool:
        return process.alive(self._running.get(node))

    def await_answer(self, node: int) -> None:
        until(lambda: self._ask(node), _PATIENCE, 0.2)

    def _ask(self, node: int) -> None:
        if not self.runs(node):
            lines = process.last_lines(self._home.log(f"node-{node}"), 5)
            raise LocalPartsError(f"node {node} ended by itself: {' / '.join(lines)}")
        host, port = self._address(node).rsplit(":", 1)
        try:
            socket.create_connection((host, int(port)), 2).close()
        except OSError as error:
            raise NotReady(f"node {node}: {error}") from error
        admin = AdminClient({"bootstrap.servers": self._address(node), "log_level": 0})
        try:
            seen = admin.describe_cluster(request_timeout=3).result(timeout=4)
        except (KafkaException, TimeoutError) as error:
            raise NotReady(str(error)) from error
        if seen.controller is None or node not in {one.id for one in seen.nodes}:
            raise NotReady(f"node {node} has not joined yet")

    # -- who leads what

    def coordinator(self, topic: str, name: str) -> int | None:
        """The node that leads the partition of an internal topic which keeps this group or transactional id."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        try:
            found: Any = admin.list_topics(topic, timeout=5).topics[topic]
        except KafkaException:
            return None
        leader = found.partitions[java_hash(name) % len(found.partitions)].leader if found.partitions else -1
        return int(leader) if leader in self.nodes else None


def java_hash(text: str) -> int:
    """Java's `String.hashCode`, made positive as Kafka does it."""
    value = 0
    for unit in text:
        value = (31 * value + ord(unit)) & 0xFFFFFFFF
    return value & 0x7FFFFFFF
