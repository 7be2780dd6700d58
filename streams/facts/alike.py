"""Accounts that share a key with a new one: in memory for one batch, and kept in the operations database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Text, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.records import Account
from streams.matching import Profile, keys_of, profile_of
from streams.runtime.tables import account_keys, duplicate_decisions

_LOCKS = 7420933  #: the first half of the locks' names
_MOST = 50  # accounts under one key: a word that more have tells nothing
_STRONG = ("t:", "d:", "a:")

_CANDIDATES = text("""
    select k.key, r.body from unnest(:keys) as k(key)
    cross join lateral (select account_id from account_keys a where a.key = k.key limit :most) c
    join records r on r.side = 'crm' and r.entity = 'account' and r.key = c.account_id and not r.deleted
""").bindparams(bindparam("keys", type_=ARRAY(Text)))


@dataclass(slots=True)
class Alike:
    """Profiles by key, and what people decided: account -> other -> verdict."""

    profiles: dict[str, Profile] = field(default_factory=dict)
    verdicts: dict[str, dict[str, str]] = field(default_factory=dict)
    _under: dict[str, set[str]] = field(default_factory=dict)

    def put(self, account: Account) -> None:
        """Take an account in, as it is now. A deleted one is nobody's duplicate."""
        profile = profile_of(account)
        self.profiles.pop(account.id, None)
        if account.meta.operation == "delete":
            return
        self.profiles[account.id] = profile
        for key in keys_of(profile):
            self._under.setdefault(key, set()).add(account.id)

    def facts(self, account: Account) -> dict[str, Any]:
        """The fields of `Facts` that are about duplicates."""
        keys = keys_of(profile_of(account))
        ids = {one for key in keys for one in self._under.get(key, ())} & self.profiles.keys() - {account.id}
        return {
            "alike": tuple(self.profiles[one] for one in sorted(ids)),
            "verdicts": self.verdicts.get(account.id, {}),
        }


async def load_alike(connection: AsyncConnection, alike: Alike, accounts: Iterable[Account]) -> None:
    """Everybody who shares a key with one of the accounts, and what people decided about these.

    Two workers that bring alike accounts at the same time take turns: the second sees the first.
    """
    given = list(accounts)
    keys = sorted({key for account in given for key in keys_of(profile_of(account))})
    if not keys:
        return
    strong = [key for key in keys if key.startswith(_STRONG)]
    turns = select(
        func.pg_advisory_xact_lock(_LOCKS, func.hashtext(func.unnest(bindparam("strong", strong, ARRAY(Text)))))
    )
    await connection.execute(turns)
    for row in await connection.execute(_CANDIDATES, {"keys": keys, "most": _MOST}):
        alike.put(Account.model_validate(row.body))
    mine = duplicate_decisions.c.account_id.in_({account.id for account in given})
    for row in await connection.execute(
        select(duplicate_decisions).where(mine).order_by(duplicate_decisions.c.decision_id)
    ):
        alike.verdicts.setdefault(row.account_id, {})[row.other_id] = row.verdict


async def save_keys(connection: AsyncConnection, accounts: Collection[Account]) -> None:
    """The accounts under the keys that they have now."""
    if not accounts:
        return
    ids = [account.id for account in accounts]
    await connection.execute(delete(account_keys).where(account_keys.c.account_id.in_(ids)))
    rows = [
        {"key": key, "account_id": account.id}
        for account in accounts
        if account.meta.operation != "delete"
        for key in sorted(keys_of(profile_of(account)))
    ]
    if rows:
        await connection.execute(insert(account_keys).values(rows).on_conflict_do_nothing())
