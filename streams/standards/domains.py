"""Web domains: the host in small letters, and what of it is the company's own (public suffix list)."""

from __future__ import annotations

import re
from functools import cache

from publicsuffixlist import PublicSuffixList

from streams.standards.answer import Answer, Standard, Unreadable

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://")
_HOST = re.compile(r"(?=.{4,253}$)(?:[\w](?:[\w-]{0,61}[\w])?\.)+[^\W\d_](?:[\w-]{0,61}[\w])?")


def standardise_domain(text: str) -> Answer:
    """`https://www.Example.com/about` -> www.example.com. The host of a web address, in small letters."""
    rest = _SCHEME.sub("", text.strip().lower())
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0].rstrip(".")
    return Standard(host) if _HOST.fullmatch(host) else Unreadable("must be a web domain such as example.com")


def registrable_domain(text: str) -> str | None:
    """What a company registers of a host, a web address or an e-mail address: shop.example.co.uk -> example.co.uk.

    None for a public suffix by itself and for what is no host.
    """
    match standardise_domain(text.rpartition("@")[2]):
        case Standard(host):
            found = _suffixes().privatesuffix(host)
            return str(found) if found else None
        case Unreadable():
            return None


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
