"""The operations database: engine, migrations."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def driver_url(url: str) -> str:
    """A `postgresql://` URL with the driver that we use."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def operations_engine(url: str, pool_size: int = 5) -> AsyncEngine:
    """The async engine of the operations database; dispose of it when done."""
    return create_async_engine(driver_url(url), pool_size=pool_size, max_overflow=0, pool_pre_ping=True)


def migrate(url: str) -> None:
    """Bring the operations database to this version's tables. Safe to repeat; two at once wait for each other."""
    from alembic import command  # noqa: PLC0415 - workers start without it, and start often
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = driver_url(url)
    command.upgrade(config, "head")
