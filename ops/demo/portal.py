"""The senders of webhooks: each delivery is signed with the door's real secret and posted to the real door."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import TracebackType

import httpx

from ops.demo.bodies import body_of
from ops.demo.errors import DemoFailed
from ops.demo.records import Delivery
from streams.intake.door.signing import sign_hubspot, sign_standard, sign_stripe
from streams.runtime.clock import Clock
from streams.runtime.settings import Settings

_TRIES = 60
_AGAIN_S = 0.2  # the sender's own pause before it tries again
_BUSY = (429, 503)  # "send it again", as senders do


class Senders:
    """All senders of a run; safe to use from several threads. `surprises` holds answers that were not expected."""

    def __init__(self, settings: Settings, run: str, number: int, clock: Clock) -> None:
        door = settings.door
        for source in ("standard", "hubspot", "stripe"):
            if not door.secrets.get(source):
                raise DemoFailed(f"door.secrets.{source} is not set: `meshline up` makes one")
        self._secrets = {source: keys[0].get_secret_value() for source, keys in door.secrets.items() if keys}
        self._url = (door.public_url or f"http://{door.host}:{door.port}").rstrip("/")
        self._address = f"http://{door.host}:{door.port}"
        self._run, self._clock = run, clock
        self._numbers: Iterator[int] = itertools.count(number * 10_000)
        self._http = httpx.Client(timeout=30, trust_env=False)
        self._lock = threading.Lock()
        self._open = False
        self.accepted = 0
        self.surprises: list[str] = []

    def __enter__(self) -> Senders:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def _wait_for_door(self, deadline_s: float = 120) -> None:
        """Until the door says that it is ready. Raises DemoFailed."""
        end = time.monotonic() + deadline_s
        while not self._open:
            with contextlib.suppress(httpx.HTTPError):
                self._open = self._http.get(f"{self._address}/readyz", timeout=5).is_success
            if time.monotonic() > end:
                raise DemoFailed(f"the door at {self._address} is not ready after {deadline_s:.0f} s")
            if not self._open:
                time.sleep(0.1)

    def send(self, delivery: Delivery) -> None:
        """The delivery with its repeats (the same id: known already) and its echoes (new ids: accepted again)."""
        self._wait_for_door()
        now, number = self._clock(), next(self._numbers)
        delivery_id = f"{self._run}-{number}"
        body = body_of(delivery, delivery_id, number, now)
        self._expect(delivery, delivery_id, body, delivery.status)
        for _ in range(delivery.repeats):
            self._expect(delivery, delivery_id, body, 200)
        for _ in range(delivery.echoes):
            self._expect(delivery, f"{self._run}-{next(self._numbers)}", body, delivery.status)

    def _expect(self, delivery: Delivery, delivery_id: str, body: bytes, wanted: int) -> None:
        status = self._post(delivery, delivery_id, body)
        with self._lock:
            self.accepted += status == 202
            if status != wanted:
                what = f"{delivery.source} {delivery.kind} {delivery.trouble}".strip()
                self.surprises.append(f"the door answered {status} to {what}, expected {wanted}")

    def _post(self, delivery: Delivery, delivery_id: str, body: bytes) -> int:
        """The answer's status. What gets no answer is sent again, as senders do."""
        url, unanswered = f"{self._address}/webhooks/{delivery.source}", False
        for _ in range(_TRIES):
            headers = {**self._sign(delivery, delivery_id, body, self._clock()), "content-type": "application/json"}
            try:
                status = self._http.post(url, content=body, headers=headers).status_code
            except httpx.TransportError:
                if delivery.trouble == "too_large":
                    return 413  # the door answers early and hangs up; the answer may be lost on the way
                unanswered = True
            else:
                if status == 200 and unanswered:
                    return 202  # it had arrived
                if status not in _BUSY:
                    return status
            time.sleep(_AGAIN_S)
        raise DemoFailed(f"the door at {self._address} did not take a delivery in {_TRIES} tries")

    def _sign(self, delivery: Delivery, delivery_id: str, body: bytes, now: datetime) -> dict[str, str]:
        secret = self._secrets[delivery.source]
        if delivery.trouble == "bad_signature":
            body = body + b" "  # signed something else
        if delivery.trouble == "old_timestamp":
            now -= timedelta(hours=1)
        match delivery.source:
            case "standard":
                return sign_standard(secret, delivery_id, body, now)
            case "stripe":
                return sign_stripe(secret, body, now)
            case "hubspot":
                return sign_hubspot(secret, f"{self._url}/webhooks/hubspot", body, now)
