"""Kafka Connect with Debezium: the CRM's tables as change events, Avro in the Confluent wire format."""

from __future__ import annotations

import hashlib
import os
import signal
import zipfile
from pathlib import Path

import psycopg

from ops.local import capture, versions
from ops.local.cached import cached
from ops.local.errors import NotReady
from ops.local.http import ask
from ops.local.jars import class_path, fetch, locked
from ops.local.java import jvm, logging, properties
from ops.local.kafka import Kafka
from ops.local.part import Place
from ops.local.postgres import CAPTURE, PostgreSQL
from ops.local.process import Command
from ops.local.registry import Registry
from ops.local.waiting import until

_HEAP_MB = 320
_PLUGINS = ("debezium", "converter")
_RUNNING_WITHIN = 60.0  #: seconds from the configuration to a task that streams


class Connect:
    name = "connect"
    title = f"Debezium {versions.DEBEZIUM.removesuffix('.Final')} on Connect"
    needs = ("postgres", "kafka", "registry")
    ports = ("connect",)
    given_by = ("MESHLINE_CONNECT_URL",)
    #: A replication slot waits for every transaction under way, and setting up the ERP the first time is a long one.
    patience = 300.0
    stop_signal = signal.SIGTERM

    def __init__(self, place: Place, postgres: PostgreSQL, kafka: Kafka, registry: Registry) -> None:
        self._place, self._postgres, self._kafka, self._registry = place, postgres, kafka, registry
        self._config = place.home.config(self.name)
        self._app_log = place.home.log(self.name)
        self.logs = (self._app_log, place.home.log("connect.out"))

    @property
    def url(self) -> str:
        return self._place.given.get("MESHLINE_CONNECT_URL", f"http://127.0.0.1:{self._place.port('connect')}")

    def endpoints(self) -> dict[str, str]:
        return {"MESHLINE_CONNECT_URL": self.url}

    def prepare(self) -> None:
        self._jars = class_path([fetch("connect")])

        (self._config / "worker.properties").write_text(properties(self.worker(plugins())))

    def worker(self, plugin_folder: Path) -> dict[str, object]:
        internal = {
            f"{kind}.storage.{what}": value
            for kind in ("config", "offset", "status")
            for what, value in (("topic", f"_connect-{kind}"), ("replication.factor", 1))
        }
        return {
            "bootstrap.servers": self._kafka.bootstrap,
            "group.id": "meshline-connect",
            "listeners": self.url,
            "rest.advertised.host.name": "127.0.0.1",
            "plugin.path": plugin_folder,
            "plugin.discovery": "service_load",  # half the start and a third of the memory of a class path scan
            # Distributed and exactly-once: a standalone worker repeats and reorders rows after a kill -9.
            "exactly.once.source.support": "enabled",
            **internal,
            "offset.storage.partitions": 1,
            "status.storage.partitions": 1,
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.storage.StringConverter",
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 2000,
            "scheduled.rebalance.max.delay.ms": 1000,
            "producer.linger.ms": 5,
            "producer.compression.type": "lz4",
        }

    def prime(self) -> None:
        """Connect makes its own topics."""

    def command(self) -> Command:
        argv = [*jvm(_HEAP_MB), *logging(self._config, self._app_log), "-cp", self._jars]
        main = "org.apache.kafka.connect.cli.ConnectDistributed"
        return Command([*argv, main, str(self._config / "worker.properties")], self._place.home.folder)

    def probe(self) -> None:
        ask("GET", f"{self.url}/connectors")  # this one waits for the worker's group, "/" does not

    def forget(self) -> None:
        """It keeps everything in the data folder."""

    def examine(self) -> None:
        """The task runs and holds its replication slot.

        The slot is asked too: after a crash the status topic says RUNNING from before it.
        """
        if self._captures_elsewhere():
            return
        status = ask("GET", f"{self.url}/connectors/{capture.NAME}/status").json()
        tasks = status["tasks"] or [{"state": "not assigned yet"}]
        for one in (status["connector"], *tasks):
            if one["state"] != "RUNNING":
                cause = [line for line in one.get("trace", "").splitlines() if line.strip()]
                raise NotReady(
                    f"connector {capture.NAME} is {one['state']}. {cause[-1].strip() if cause else ''}"[:400]
                )
        try:
            with self._postgres.connect("crm") as connection:
                query = "select active from pg_replication_slots where slot_name = %s"
                active = connection.execute(query, (capture.SLOT,)).fetchone()
        except psycopg.Error as error:
            raise NotReady(str(error).strip().splitlines()[0]) from error
        if active != (True,):
            raise NotReady(f"nobody reads the replication slot {capture.SLOT}")

    def settle(self) -> None:
        """The connector `crm` with today's configuration; failed tasks are started again."""
        if self._captures_elsewhere():
            return
        wanted = capture.configuration(self._postgres.login(CAPTURE, "crm"), self._registry.native_url)
        connector = f"{self.url}/connectors/{capture.NAME}"
        if self._current(connector) != wanted:
            until(lambda: ask("PUT", f"{connector}/config", json=wanted), 30)  # 409 while the group rebalances
        else:
            until(lambda: ask("POST", f"{connector}/restart?includeTasks=true&onlyFailed=true"), 30)
        until(self.examine, _RUNNING_WITHIN)

    @staticmethod
    def _current(connector: str) -> object:
        try:
            current = ask("GET", f"{connector}/config").json()
        except NotReady:
            return None
        current.pop("name", None)
        return current

    def _captures_elsewhere(self) -> bool:
        """A CRM of somebody else's: its tables, roles and publication are not ours to capture."""
        return "MESHLINE_CRM_URL" in self._place.given


def plugins() -> Path:
    """The folder of Connect's plugins, in the cache."""
    digests = "".join(jar.sha256 for name in _PLUGINS for jar in locked(name))
    return cached(f"connect-plugins-{hashlib.sha256(digests.encode()).hexdigest()[:12]}", _make_plugins)


def _make_plugins(folder: Path) -> None:
    """One folder per plugin, as Connect wants them."""
    for name in _PLUGINS:
        (folder / name).mkdir()
        for jar in fetch(name).glob("*.jar"):
            os.link(jar, folder / name / jar.name)
    # The converter ships without the manifest by which Connect finds plugins.
    with zipfile.ZipFile(folder / "converter" / "manifest.jar", "w") as manifest:
        manifest.writestr("META-INF/services/org.apache.kafka.connect.storage.Converter", f"{capture.CONVERTER}\n")
