"""What targets held before a write, kept once for each command: what an undo writes again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Table, Text, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from sinks.port import Target
from streams.runtime.tables import metadata

effect_images = Table(
    "effect_images",
    metadata,
    Column("target", Text, primary_key=True),
    Column("command_id", Text, primary_key=True),
    Column("held", JSONB, nullable=False),  # a command's body, as it would be written back
    Column("seen_at", DateTime(timezone=True), nullable=False),
)


async def keep_image(
    connection: AsyncConnection, target: Target, command_id: str, held: Mapping[str, Any], now: datetime
) -> None:
    """Keep it. The first one stays: a later attempt may already find what an earlier one wrote."""
    row = {"target": target, "command_id": command_id, "held": dict(held), "seen_at": now}
    await connection.execute(insert(effect_images).values(row).on_conflict_do_nothing())


async def image_of(connection: AsyncConnection, target: str, command_id: str) -> dict[str, Any] | None:
    """The body that was kept, None where there was nothing to go back to."""
    mine = (effect_images.c.target == target) & (effect_images.c.command_id == command_id)
    return (await connection.execute(select(effect_images.c.held).where(mine))).scalar_one_or_none()
