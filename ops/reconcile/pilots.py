"""The pilot as the active rules have it: the same rules that the decide stage asks."""

from __future__ import annotations

import asyncio
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from reconciler.rows import PairName
from streams.agents.policy import policy_of
from streams.agents.rulebook import Rulebook
from streams.decide.policy import flow_of
from streams.rules import Rules, RulesError, Undecided, bucket_of
from streams.runtime.database import operations_engine
from streams.runtime.logs import get_logger
from streams.runtime.settings import Settings

_LOG = get_logger("reconciler")


class RulesPilot:
    """Asked from the reconciler's thread. While the database does not answer, the rules that are known stay."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._book = Rulebook()
        self._rules: Rules = policy_of(settings).rules

    def version(self) -> str:
        """Reads activations that are new."""
        if self._settings.operations_url:
            try:
                self._rules = asyncio.run(self._newest())
            except (SQLAlchemyError, OSError, RulesError) as error:
                _LOG.warning("the active rules cannot be read; those that are known stay", error=str(error)[:300])
        return self._rules.version

    def covers(self, pair: PairName, account_id: str, received_at: datetime) -> bool:
        """An undecided rule leaves nobody out: what is not told is worse than what is told."""
        flow = flow_of(pair)
        facts: dict[str, str | int | bool] = {"flow": flow, "account_id": account_id, "bucket": bucket_of(account_id)}
        try:
            on = self._rules.decide("flow", {"flow": flow}, received_at).value
            return bool(on and self._rules.decide("pilot", facts, received_at).value)
        except Undecided:
            return True

    async def _newest(self) -> Rules:
        database = operations_engine(self._settings.operations_url, pool_size=1)
        try:
            async with database.connect() as connection:
                book = await self._book.read(connection, policy_of(self._settings).rules)
                return book.newest()
        finally:
            await database.dispose()
