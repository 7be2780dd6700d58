"""Resolve the peers' Java artifacts anew and write `peers/jars.lock`: `python -m ops.bench.line.lock_jars`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jgo.maven import MavenContext

from ops.bench.line.environments import JARS
from ops.local import versions
from ops.local.jars import Jar, sha256_of
from ops.local.paths import cache_folder

_QUIET = "org.slf4j:slf4j-nop"
_JSON = "com.fasterxml.jackson.core:jackson-databind:2.19.0"
#: set -> root coordinates
_ROOTS = {
    "streams": (f"org.apache.kafka:kafka-streams:{versions.KAFKA}", "org.apache.avro:avro:1.12.0", f"{_QUIET}:1.7.36"),
    "parallel": ("io.confluent.parallelconsumer:parallel-consumer-core:0.5.3.2", _JSON, f"{_QUIET}:2.0.16"),
    "compiler": ("org.eclipse.jdt:ecj:3.39.0",),
}


def main() -> None:
    context = MavenContext(repo_cache=cache_folder() / "maven", timeout=60)
    sets: dict[Jar, list[str]] = {}
    for name, roots in _ROOTS.items():
        dependencies = [context.create_dependency(root) for root in roots]
        for dependency in dependencies:
            dependency.raw = True
        found, transitive = context.resolver.resolve(dependencies)
        newest: dict[tuple[str, str], Any] = {}  # of two versions of an artifact the one named first
        for dependency in (*found, *transitive):
            if dependency.scope in (None, "compile", "runtime"):
                newest.setdefault((dependency.artifact.groupId, dependency.artifact.artifactId), dependency.artifact)
        for artifact in newest.values():
            jar = Jar(artifact.groupId, artifact.artifactId, artifact.version, "jar", artifact.classifier, "")
            sets.setdefault(jar, []).append(name)
    lines = []
    for jar, names in sorted(sets.items(), key=lambda item: item[0].coordinate):
        lines.append(f"{','.join(names)} {jar.coordinate} sha256:{sha256_of(Path(jar.resolve(context)))}")
    JARS.write_text("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main()
