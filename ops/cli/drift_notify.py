"""`meshline drift notify`: tell people of drifts as they are told on the topic, until SIGTERM."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from ops.cli.failure import say, told
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from schemas.topics import DRIFT
from streams.runtime.logs import configure_logs
from streams.runtime.settings import load_settings


def notify(
    limit: Annotated[int, typer.Option(min=0, help="End after so many rows of the topic; 0: never.")] = 0,
) -> None:
    """Send each drift that nothing accounts for to MESHLINE_RECONCILER__NOTIFY_URL, and when it is settled.

    A webhook is signed as Standard Webhooks say, with MESHLINE_RECONCILER__NOTIFY_SECRETS; a receiver that fails is
    tried again until it has the message. After a crash the last messages are sent again under the same webhook-id.
    """
    import httpx  # noqa: PLC0415 - only loaded where it runs

    from ops.reconcile.notify import Notifier, Receiver  # noqa: PLC0415
    from ops.reconcile.notify import notify as run  # noqa: PLC0415

    halt = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: halt.set())
    with told():
        settings = load_settings()
        settings.need("bootstrap", "registry_url")
        own = settings.reconciler
        if not own.notify_url:
            say("[red]failed[/]  nobody is to be told: set MESHLINE_RECONCILER__NOTIFY_URL")
            raise typer.Exit(1)
        configure_logs(settings.log_format, settings.log_level)
        secrets = tuple(one.get_secret_value() for one in own.notify_secrets)
        if own.notify_form == "webhook" and not secrets:
            say("[red]failed[/]  a webhook is signed: set MESHLINE_RECONCILER__NOTIFY_SECRETS, a list of base64 texts")
            raise typer.Exit(1)
        receiver = Receiver(own.notify_url, own.notify_form, secrets, own.console_url)
        codec = Codec(ConfluentRegistry(settings.registry_url))
        with httpx.Client(timeout=10) as client:
            taken = run(
                settings.bootstrap,
                settings.worker.group,
                DRIFT.name,
                codec,
                Notifier(receiver, client, halt),
                halt,
                limit,
            )
    say(f"{taken} rows of {DRIFT.name} were read")
