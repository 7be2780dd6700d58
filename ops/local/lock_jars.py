"""Resolve every Java artifact anew and write `jars.lock`: `python -m ops.local.lock_jars`.

For whoever raises a version in versions.py; `meshline up` only reads the lock.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jgo.maven import MavenContext

from ops.local import versions
from ops.local.jars import LOCK, Jar, sha256_of
from ops.local.paths import cache_folder

_LOGGING = (
    f"org.apache.logging.log4j:log4j-slf4j-impl:{versions.LOG4J}",
    f"org.apache.logging.log4j:log4j-core:{versions.LOG4J}",
)
#: set -> root coordinates
_ROOTS = {
    "broker": (f"org.apache.kafka:kafka_2.13:{versions.KAFKA}", *_LOGGING),
    "connect": (f"org.apache.kafka:connect-runtime:{versions.KAFKA}", *_LOGGING),
    "debezium": (f"io.debezium:debezium-connector-postgres:{versions.DEBEZIUM}",),
    "converter": (f"io.apicurio:apicurio-registry-utils-converter:{versions.CONVERTER}",),
}
#: What the Connect worker brings itself, and formats we do not use: 26 MB become 6.
_LEFT_OUT = {
    "debezium": ("org.apache.kafka:", "org.slf4j:"),
    "converter": (
        "org.apache.kafka:",
        "org.slf4j:",
        "org.lz4:",
        "org.xerial.snappy:",
        "com.github.luben:",
        "io.apicurio:apicurio-registry-serdes-jsonschema-serde",
    ),
}
_REGISTRY = Jar("io.apicurio", "apicurio-registry-app", versions.REGISTRY, "tar.gz", "all", "")


def _resolve(context: Any, roots: Iterable[str], left_out: tuple[str, ...]) -> Iterable[Any]:
    """Runtime dependencies of the roots. A branch that is left out is pruned with all that hangs on it."""
    dependencies = [context.create_dependency(root) for root in roots]
    for dependency in dependencies:
        dependency.raw = True  # else log4j's managed versions would pull Kafka's clients back to 3.8
    for dependency in dependencies:
        dependency.exclusions = [_Prefix(prefix) for prefix in left_out]
    found, transitive = context.resolver.resolve(dependencies)
    return [d for d in (*found, *transitive) if d.scope in (None, "compile", "runtime")]


class _Prefix:
    """An exclusion by prefix of `group:artifact`."""

    def __init__(self, prefix: str) -> None:
        group, _, artifact = prefix.partition(":")
        self.groupId, self.artifactId = group, artifact or "*"


def main() -> None:
    context = MavenContext(repo_cache=cache_folder() / "maven", timeout=60)
    sets: dict[Jar, list[str]] = defaultdict(list)
    for name, roots in _ROOTS.items():
        for dependency in _resolve(context, roots, _LEFT_OUT.get(name, ())):
            artifact = dependency.artifact
            jar = Jar(artifact.groupId, artifact.artifactId, artifact.version, "jar", artifact.classifier, "")
            sets[jar].append(name)
    sets[_REGISTRY].append("registry")
    lines = []
    for jar, names in sorted(sets.items(), key=lambda item: item[0].coordinate):
        path = Path(jar.resolve(context))
        lines.append(f"{','.join(names)} {jar.coordinate} sha256:{sha256_of(path)}")
        sys.stderr.write(f"{lines[-1]}\n")
    LOCK.write_text("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main()
