"""Failures on the command line: a sentence that says what happened and what to do, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

FOUND = 100  #: exit code: the command worked and found something that somebody must act on
_HINT = "See which part does not answer: `meshline status`; check the settings: `meshline doctor`."
#: Told by name, so that a command does not load the clients of parts that it never talks to.
_OURS = {"MissingSetting", "ClusterUnavailable", "RegistryUnavailable", "NotDelivered"}


def say(text: str) -> None:
    """A line for people, on stderr."""
    Console(stderr=True, highlight=False).print(text, soft_wrap=True)


@contextmanager
def told() -> Iterator[None]:
    """Known failures end the command with exit code 1 and a sentence; anything else is a bug and is raised."""
    try:
        yield
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        say(f"[red]failed[/]  {sentence}")
        if type(error).__name__ != "MissingSetting":
            say(_HINT)
        raise typer.Exit(1) from None


def _sentence(error: Exception) -> str | None:
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & _OURS:
        return str(error) or type(error).__doc__
    if "KafkaException" in kinds:
        return f"Kafka: {error.args[0].str()}"
    if "SQLAlchemyError" in kinds:
        return f"the operations database: {str(error.__cause__ or error).strip().splitlines()[0]}"
    return None
