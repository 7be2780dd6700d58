"""Ask a part over HTTP, on this machine: no proxy, short timeouts."""

from __future__ import annotations

import ssl
from functools import cache

import httpx

from ops.local.errors import NotReady


@cache
def _trust() -> ssl.SSLContext:
    """Made once: reading the certificates costs more than a question."""
    return httpx.create_ssl_context()


def ask(method: str, url: str, *, json: object = None, timeout: float = 4.0) -> httpx.Response:
    """One request. Raises NotReady when nobody answers, or the answer is not 2xx."""
    try:
        with httpx.Client(trust_env=False, verify=_trust(), timeout=timeout) as client:
            response = client.request(method, url, json=json)
    except httpx.HTTPError as error:
        raise NotReady(f"{method} {url}: {error or type(error).__name__}") from error
    if not response.is_success:
        raise NotReady(f"{method} {url}: {response.status_code} {response.text[:300]}")
    return response
