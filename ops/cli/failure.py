"""Failures on the command line: a sentence that says what happened and what to do, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from confluent_kafka import KafkaException
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from ops.topics import ClusterUnavailable
from schemas.registry import RegistryUnavailable
from streams.letters.outbox import NotDelivered
from streams.runtime.settings import MissingSetting

FOUND = 100  #: exit code: the command worked and found something that somebody must act on
_HINT = "See which part does not answer: `meshline status`; check the settings: `meshline doctor`."
_OURS = (MissingSetting, ClusterUnavailable, RegistryUnavailable, NotDelivered)


def say(text: str) -> None:
    """A line for people, on stderr."""
    Console(stderr=True, highlight=False).print(text, soft_wrap=True)


@contextmanager
def told() -> Iterator[None]:
    """Known failures end the command with exit code 1 and a sentence."""
    try:
        yield
    except _OURS as error:
        say(f"[red]failed[/]  {str(error) or type(error).__doc__}")
        if not isinstance(error, MissingSetting):
            say(_HINT)
        raise typer.Exit(1) from None
    except KafkaException as error:
        say(f"[red]failed[/]  Kafka: {error.args[0].str()}")
        say(_HINT)
        raise typer.Exit(1) from None
    except SQLAlchemyError as error:
        first = str(error.__cause__ or error).strip().splitlines()[0]
        say(f"[red]failed[/]  the operations database: {first}")
        say(_HINT)
        raise typer.Exit(1) from None
