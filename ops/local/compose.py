"""The same parts from their official images: `docker-compose.yml`, for machines on which Docker answers.

`python -m ops.local.compose plugins <folder>` and `... connector` are the two jobs that the compose file runs in
MeshLine's own image: Connect's plugins from the locked artifacts, and the connector once Connect answers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ops.local import capture
from ops.local.http import ask
from ops.local.waiting import until

PARTS = ("kafka", "postgres", "registry", "connect", "tryton")
#: What the file publishes on this machine, and its passwords, which are for this machine only.
ADDRESSES = {
    "MESHLINE_BOOTSTRAP": "127.0.0.1:19092",
    "MESHLINE_REGISTRY_URL": "http://127.0.0.1:18081/apis/ccompat/v7",
    "MESHLINE_CONNECT_URL": "http://127.0.0.1:18083",
    "MESHLINE_OPERATIONS_URL": "postgresql://operations:operations@127.0.0.1:15432/operations",
    "MESHLINE_CRM_URL": "postgresql://crm:crm@127.0.0.1:15432/crm",
    "MESHLINE_CRM_WRITEBACK_URL": "postgresql://meshline_writeback:meshline_writeback@127.0.0.1:15432/crm",
    "MESHLINE_ERP_DATABASE_URL": "postgresql://erp:erp@127.0.0.1:15432/erp",
    "MESHLINE_ERP_URL": "http://127.0.0.1:18000",
    "MESHLINE_ERP_DATABASE": "erp",
    "MESHLINE_ERP_USER": "meshline",
    "MESHLINE_ERP_PASSWORD": "meshline-local-only",
}


def _succeeds(argv: Sequence[str], root: Path) -> bool:
    try:
        return subprocess.run(argv, cwd=root, capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def answers(root: Path, succeeds: Callable[[Sequence[str], Path], bool] = _succeeds) -> bool:
    """Docker answers, and the images are here: tests pull nothing."""
    if not succeeds(["docker", "version", "--format", "{{.Server.Version}}"], root):
        return False
    return succeeds(["docker", "compose", "create", "--pull", "never", "--no-build", *PARTS], root)


@contextmanager
def up(root: Path) -> Iterator[dict[str, str]]:
    """Start the parts and the jobs they need; stop them afterwards, with their volumes."""
    compose = ["docker", "compose"]
    subprocess.run([*compose, "up", "--detach", "--wait", "--pull", "never", *PARTS], cwd=root, check=True)
    try:
        subprocess.run([*compose, "run", "--rm", "connector"], cwd=root, check=True)
        yield dict(ADDRESSES)
    finally:
        subprocess.run([*compose, "down", "--volumes"], cwd=root, check=False)


def put_plugins(folder: Path) -> None:
    from ops.local.connect import plugins  # noqa: PLC0415  (needs the extra `local`)

    shutil.copytree(plugins(), folder, dirs_exist_ok=True)


def put_connector() -> None:
    """Create or update the connector, and wait until its task runs."""
    url, registry = os.environ["MESHLINE_CONNECT_URL"], os.environ["MESHLINE_REGISTRY_URL"]
    login = {"hostname": "postgres", "port": "5432", "user": "debezium", "password": "debezium", "dbname": "crm"}
    wanted = capture.configuration(login, registry.replace("/apis/ccompat/v7", "/apis/registry/v2"))
    until(lambda: ask("PUT", f"{url}/connectors/{capture.NAME}/config", json=wanted), 60)


if __name__ == "__main__":
    if sys.argv[1] == "plugins":
        put_plugins(Path(sys.argv[2]))
    else:
        put_connector()
