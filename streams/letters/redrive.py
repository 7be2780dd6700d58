"""Sending a record through a stage again: the original bytes, with the coordinates it first had. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.headers import set_headers
from schemas.topics import REDRIVE
from streams.letters.letter import Original
from streams.letters.outbox import Outgoing


def redriven(original: Original, stage: str, partition: int, more: Mapping[str, str] | None = None) -> Outgoing:
    """The record as it goes back into `normalise` or `decide`. KeyError for a stage that takes nothing back."""
    headers = set_headers(original.headers, {**original.coordinates(), **(more or {})}.items())
    return Outgoing(REDRIVE[stage].name, original.key, original.value, headers, partition)


def sent_again(original: Original, more: Mapping[str, str]) -> Outgoing:
    """A command on its way to its sink again: its own topic and partition."""
    headers = set_headers(original.headers, {**original.coordinates(), **more}.items())
    return Outgoing(original.topic, original.key, original.value, headers, original.partition)
