"""An agent whose failure stops the worker.

Faust restarts an agent that raised, with its event acknowledged. Here the batch is abandoned, one line says where, and
the process ends with a non-zero code: whoever supervises it starts it again, and the batch is read again.
"""

from __future__ import annotations

import asyncio
import inspect
import traceback
from collections.abc import Awaitable
from typing import Any

import faust
from faust.agents.agent import _current_agent
from mode import SupervisorStrategy

from streams.transport.batch import Batch, current_batch
from streams.transport.errors import AgentFailed, TransportError
from streams.transport.refuse import REPLIES_INSTEAD, REPLY_OPERATIONS, check_input, not_supported, refused


class NoRestart(SupervisorStrategy):
    """`agent_supervisor=` of a MeshApp: agents are not restarted."""

    def service_operational(self, service: Any) -> bool:
        return True


class MeshAgent(faust.Agent):
    """`Agent=` of a MeshApp."""

    def __init__(self, fun: Any, **options: Any) -> None:
        name = options.get("name") or fun.__name__
        if inspect.isasyncgenfunction(fun) or options.get("sink"):
            raise not_supported(f"agent {name} yields or has a sink, which", "emit outputs with `batch.emit()`")
        if options.get("isolated_partitions"):
            raise not_supported(
                f"agent {name} with isolated_partitions, which",
                "nothing is needed: a batch holds one partition only; raise `concurrency` to work on several at once",
            )
        check_input(name, options.get("channel"))
        super().__init__(fun, **options)

    async def send(self, *, reply_to: Any = None, **options: Any) -> Any:
        if reply_to:
            raise not_supported("agent.send(reply_to=...)", REPLIES_INSTEAD)
        return await super().send(**options)

    async def _execute_actor(self, coro: Awaitable[Any], aref: Any) -> None:
        _current_agent.set(self)
        try:
            await coro
        except asyncio.CancelledError:
            if self._stopping:
                raise
            self._fail("was cancelled", None)
        except TransportError as exc:
            self._fail(str(exc), exc)
        except Exception as exc:
            self._fail(f"{type(exc).__name__}: {exc} ({_place_of(exc)})", exc)
        else:
            if not self._stopping:
                self._fail("returned, but must iterate over its stream for ever", None)

    @property
    def _stopping(self) -> bool:
        return bool(self.should_stop or self.app.should_stop)

    def _fail(self, what: str, cause: Exception | None) -> None:
        batch = current_batch.get()
        reason = AgentFailed(f"agent {self.name} failed{_where(batch)}: {what}")
        reason.__cause__ = cause
        if batch is not None:
            batch.abandon(reason)
        self.app.fail(reason)  # type: ignore[attr-defined]


_REFUSED = {**dict.fromkeys(REPLY_OPERATIONS, REPLIES_INSTEAD), "add_sink": "emit outputs with `batch.emit()`"}
for _name, _instead in _REFUSED.items():
    setattr(MeshAgent, _name, refused(f"agent.{_name}()", _instead))


def _where(batch: Batch | None) -> str:
    return f" on {batch.tp} offsets {batch.first_offset}..{batch.next_offset - 1}" if batch is not None else ""


def _place_of(exc: BaseException) -> str:
    """File and line where the exception was raised, the innermost frame."""
    frames = traceback.extract_tb(exc.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "no frame"
