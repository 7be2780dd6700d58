"""PostgreSQL refuses to run as root. How to run it all the same where root is the only user (containers, CI)."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.local.errors import NoPlainUser

_NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
_NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")


@dataclass(frozen=True)
class Footing:
    """Where PostgreSQL stands: what to put before its commands, its binaries, its data folder."""

    prefix: Sequence[str]
    binaries: Path
    data: Path
    owner: int | None = None  #: user id that must own the data folder, when it is not ours


def works(argv: Sequence[str]) -> bool:
    try:
        return subprocess.run(argv, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def footing(
    binaries: Path, data: Path, euid: int | None = None, tries: Callable[[Sequence[str]], bool] = works
) -> Footing:
    """The most ordinary way that works here.

    As root, a user namespace in which root appears as user 1000: files stay root's, so no folder on the way needs
    other permissions. Without namespaces the user `nobody`, with data and binaries where it can reach them.
    Raises NoPlainUser.
    """
    if (os.geteuid() if euid is None else euid) != 0:
        return Footing((), binaries, data)
    if tries([*_NAMESPACE, "true"]):
        return Footing(_NAMESPACE, binaries, data)
    if not tries([*_NOBODY, "true"]):
        raise NoPlainUser
    key = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    reachable = Path("/var/tmp") / f"meshline-{key}"
    program = binaries / "postgres"
    if not tries([*_NOBODY, "test", "-x", str(program)]):
        target = reachable / "postgresql"
        if not target.is_dir():
            shutil.copytree(binaries.parent, target, symlinks=True)
        binaries = target / "bin"
    return Footing(_NOBODY, binaries, reachable / "data", pwd.getpwnam("nobody").pw_uid)
