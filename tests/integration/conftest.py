"""A fresh operations database for each test that asks: its own schema in the real one, gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from streams.runtime.database import migrate
from streams.runtime.settings import Settings


@pytest.fixture
def empty_operations_url(stack_settings: Settings) -> Iterator[str]:
    """A database URL whose tables are nobody else's; nothing is in it yet."""
    name = f"scratch_{uuid4().hex[:12]}"
    url = stack_settings.operations_url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(name)))
        try:
            yield f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}"
        finally:
            connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(name)))


@pytest.fixture
def operations_url(empty_operations_url: str) -> str:
    """The same, with this version's tables."""
    migrate(empty_operations_url)
    return empty_operations_url
