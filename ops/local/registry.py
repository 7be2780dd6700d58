"""Apicurio Registry with its data in PostgreSQL: schemas and ids survive a kill -9."""

from __future__ import annotations

import signal
import tarfile
from pathlib import Path

from ops.local import versions
from ops.local.cached import cached
from ops.local.http import ask
from ops.local.jars import fetch, locked
from ops.local.java import jvm
from ops.local.part import Place
from ops.local.process import Command

_HEAP_MB = 320
_CONFLUENT = "/apis/ccompat/v7"


class Registry:
    name = "registry"
    title = f"Apicurio Registry {versions.REGISTRY}"
    needs = ("postgres",)
    ports = ("registry", "registry-management")
    given_by = ("MESHLINE_REGISTRY_URL",)
    patience = 90.0
    stop_signal = signal.SIGTERM

    def __init__(self, place: Place) -> None:
        self._place = place
        self.logs = (place.home.log(self.name),)

    @property
    def url(self) -> str:
        """The Confluent-compatible API."""
        own = f"http://127.0.0.1:{self._place.port('registry')}{_CONFLUENT}"
        return self._place.given.get("MESHLINE_REGISTRY_URL", own).rstrip("/")

    @property
    def native_url(self) -> str:
        """The API that Connect's converter speaks."""
        return self.url.removesuffix(_CONFLUENT) + "/apis/registry/v2"

    def endpoints(self) -> dict[str, str]:
        return {"MESHLINE_REGISTRY_URL": self.url}

    def prepare(self) -> None:
        key = locked("registry")[0].sha256[:12]
        self._program = cached(f"registry-{key}", _unpack)

    def prime(self) -> None:
        """PostgreSQL made its database; it makes its own tables."""

    def command(self) -> Command:
        secrets, port = self._place.secrets, self._place.port("postgres")
        env = {
            "APICURIO_STORAGE_KIND": "sql",
            "APICURIO_STORAGE_SQL_KIND": "postgresql",
            "APICURIO_DATASOURCE_URL": f"jdbc:postgresql://127.0.0.1:{port}/registry",
            "APICURIO_DATASOURCE_USERNAME": "registry",
            "APICURIO_DATASOURCE_PASSWORD": secrets["registry"],
            "APICURIO_DATASOURCE_JDBC_INITIAL_SIZE": "2",
            "APICURIO_DATASOURCE_JDBC_MIN_SIZE": "2",
            "APICURIO_DATASOURCE_JDBC_MAX_SIZE": "10",
            "QUARKUS_HTTP_ACCESS_LOG_ENABLED": "false",
        }
        listen = [f"-Dquarkus.http.port={self._place.port('registry')}", "-Dquarkus.http.host=127.0.0.1"]
        # Its second door would be port 9000 on every interface.
        listen += [f"-Dquarkus.management.port={self._place.port('registry-management')}"]
        listen += ["-Dquarkus.management.host=127.0.0.1"]
        return Command([*jvm(_HEAP_MB), *listen, "-jar", "quarkus-run.jar"], self._program, env)

    def probe(self) -> None:
        ask("GET", f"{self.url}/subjects?limit=1")

    def forget(self) -> None:
        """It keeps everything in the data folder."""

    def examine(self) -> None:
        """The probe says it all: a list of subjects comes from its database."""

    def settle(self) -> None:
        """BACKWARD for every subject that says nothing else.

        Stricter levels are set per subject by whoever owns it. They are not the default, because Debezium derives its
        schemas from the CRM's tables, and under FULL_TRANSITIVE a dropped column there would stop the capture.
        """
        config = f"{self.url}/config"
        if ask("GET", config).json().get("compatibilityLevel") == "NONE":
            ask("PUT", config, json={"compatibility": "BACKWARD"})


def _unpack(folder: Path) -> None:
    archive = next(fetch("registry").glob("*.tar.gz"))
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
