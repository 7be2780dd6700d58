"""Apache Kafka: one node that is broker and controller."""

from __future__ import annotations

import base64
import signal
import socket
import subprocess
import uuid
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from ops.local import versions
from ops.local.errors import LocalPartsError, NotReady
from ops.local.jars import class_path, fetch
from ops.local.java import java, jvm, logging, properties
from ops.local.part import Place
from ops.local.process import Command

_HEAP_MB = 384


class Kafka:
    name = "kafka"
    title = f"Kafka {versions.KAFKA}"
    needs: tuple[str, ...] = ()
    ports = ("kafka", "kafka-controller")
    given_by = ("MESHLINE_BOOTSTRAP",)
    patience = 60.0
    stop_signal = signal.SIGTERM

    def __init__(self, place: Place) -> None:
        self._place = place
        self._config = place.home.config(self.name)
        self._app_log = place.home.log(self.name)
        self.logs = (self._app_log, place.home.log("kafka.out"))

    @property
    def bootstrap(self) -> str:
        return self._place.given.get("MESHLINE_BOOTSTRAP", f"127.0.0.1:{self._place.port('kafka')}")

    def endpoints(self) -> dict[str, str]:
        return {"MESHLINE_BOOTSTRAP": self.bootstrap}

    def prepare(self) -> None:
        self._jars = class_path([fetch("broker")])
        data = self._place.data(self.name)
        (self._config / "server.properties").write_text(properties(self._properties()))
        if (data / "meta.properties").exists():
            return
        data.mkdir(parents=True, exist_ok=True)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        argv = [java(), "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        argv += [*logging(self._config, self._app_log), "-cp", self._jars, "kafka.tools.StorageTool", "format"]
        argv += [f"--cluster-id={cluster}", "--config", str(self._config / "server.properties"), "--ignore-formatted"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalPartsError(f"formatting the data folder failed: {(done.stderr or done.stdout).strip()[-600:]}")

    def _properties(self) -> dict[str, object]:
        broker, controller = self._place.port("kafka"), self._place.port("kafka-controller")
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{broker}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": self._place.data(self.name),
            # Topics come from schemas/topics.py alone: a mistyped name must fail, not make a topic.
            "auto.create.topics.enable": "false",
            # One node: every internal topic has one copy. Flushing is left to Kafka's defaults.
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 8,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 8,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
        }

    def prime(self) -> None:
        """It needs nobody."""

    def command(self) -> Command:
        argv = [*jvm(_HEAP_MB), *logging(self._config, self._app_log), "-cp", self._jars]
        return Command([*argv, "kafka.Kafka", str(self._config / "server.properties")], self._place.home.folder)

    def probe(self) -> None:
        host, port = self.bootstrap.split(",")[0].rsplit(":", 1)
        try:
            socket.create_connection((host, int(port)), 2).close()  # cheaper to ask often than the protocol
        except OSError as error:
            raise NotReady(f"{self.bootstrap}: {error}") from error
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "logger": _silent(), "log_level": 0})
        try:
            cluster = admin.describe_cluster(request_timeout=3).result(timeout=4)
        except (KafkaException, TimeoutError) as error:
            raise NotReady(str(error)) from error
        if not cluster.nodes or cluster.controller is None:
            raise NotReady("the cluster has no controller yet")

    def forget(self) -> None:
        """It keeps everything in the data folder."""

    def examine(self) -> None:
        """The probe says it all."""

    def settle(self) -> None:
        """Nothing: topics are `meshline topics apply`."""


def _silent() -> Any:
    """librdkafka would tell of every refused connection while the broker starts."""
    import logging as python_logging  # noqa: PLC0415

    logger = python_logging.getLogger("meshline.local.probe")
    logger.addHandler(python_logging.NullHandler())
    logger.propagate = False
    return logger
