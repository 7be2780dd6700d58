"""docker-compose.yml against the embedded parts: the same versions, names and settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.local import compose, tryton, versions
from ops.local.connect import Connect
from ops.local.kafka import Kafka
from ops.local.part import Place
from ops.local.paths import Home
from ops.local.postgres import PostgreSQL
from ops.local.record import Record, Secrets
from ops.local.registry import Registry
from streams.runtime.settings import Settings

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return found


@pytest.mark.parametrize(
    ("service", "image"),
    [
        ("kafka", f"apache/kafka:{versions.KAFKA}"),
        ("connect", f"apache/kafka:{versions.KAFKA}"),
        ("postgres", f"postgres:{versions.POSTGRESQL}"),
        ("registry", f"apicurio/apicurio-registry:{versions.REGISTRY}"),
        ("tryton", f"tryton/tryton:{versions.TRYTON}"),
    ],
)
def test_images_are_the_embedded_versions(services: dict[str, Any], service: str, image: str) -> None:
    assert services[service]["image"] == image


def test_every_part_has_a_health_check_a_memory_limit_and_the_one_network(services: dict[str, Any]) -> None:
    for name in (*compose.PARTS, "meshline"):
        assert {"healthcheck", "mem_limit"} <= services[name].keys(), name
    assert all(service["networks"] == ["meshline"] for service in services.values())


def test_what_is_awaited_can_come_true(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for needed, wait in service.get("depends_on", {}).items():
            ends = services[needed].get("restart") == "no"
            wanted = "service_completed_successfully" if ends else "service_healthy"
            assert wait["condition"] == wanted, f"{name} waits for {needed}"
            assert ends or "healthcheck" in services[needed]


def test_mounted_files_exist_and_ports_stay_on_this_machine(services: dict[str, Any]) -> None:
    for service in services.values():
        for volume in service.get("volumes", ()):
            if volume.startswith("./"):
                assert (ROOT / volume.split(":")[0]).is_file(), volume
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_published_ports_are_those_that_tests_use(services: dict[str, Any]) -> None:
    published = {port.split(":")[1] for name in compose.PARTS for port in services[name].get("ports", ())}
    used = {value.rsplit(":", 1)[1].split("/")[0] for value in compose.ADDRESSES.values() if "127.0.0.1" in value}
    assert used == published


def test_meshline_gets_settings_that_exist(services: dict[str, Any]) -> None:
    for key in services["meshline"]["environment"]:
        first = key.removeprefix("MESHLINE_").lower().split("__")[0]
        assert first in Settings.model_fields, key


def test_the_worker_is_configured_as_the_embedded_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    place = Place(home, Record(home.record), Secrets(home.secrets), {})
    embedded = Connect(place, PostgreSQL(place), Kafka(place), Registry(place)).worker(Path("/plugins"))
    lines = (ROOT / "ops/local/connect.compose.properties").read_text().splitlines()
    composed = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    where = {"bootstrap.servers", "listeners", "plugin.path", "rest.advertised.host.name"}
    assert composed.keys() == embedded.keys()
    assert {k: v for k, v in composed.items() if k not in where} == {
        k: str(v) for k, v in embedded.items() if k not in where
    }


def test_the_erp_gets_the_same_modules() -> None:
    script = (ROOT / "ops/local/erp/compose.sh").read_text()
    assert f"-u {' '.join(tryton.MODULES)}\n" in script


@pytest.mark.parametrize(("docker", "images", "expected"), [(0, 1, False), (1, 0, False), (1, 1, True)])
def test_tests_use_docker_only_with_images_at_hand(docker: int, images: int, expected: bool) -> None:
    def succeeds(argv: Sequence[str], _: Path) -> bool:
        return bool(docker if "version" in argv else images)

    assert compose.answers(ROOT, succeeds) is expected
