"""Structured logs: one JSON line per fact, on stderr. Bind event_id, key, topic, partition and offset where known.

ERROR: data is at risk or an operator is needed. WARNING: odd, nothing lost. INFO: what a worker does as a whole.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal, cast

import structlog


def configure_logs(format_: Literal["json", "console"] = "json", level: str = "info") -> None:
    """Route our logs and the libraries' through one formatter to stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if format_ == "json":
        last: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        last = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Each service's start and stop, each request: more than an operator wants to know.
    for chatty in ("faust", "mode", "httpx", "httpx2", "httpcore", "alembic"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger that takes facts as keywords: `log.info("hold expired", event_id=...)`."""
    return cast("structlog.stdlib.BoundLogger", structlog.get_logger(name))
