"""People who wait until something has become of a record, and then do what is theirs: sign, edit, give money back."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from ops.acceptance.work import Deed, Edit, Row, Then
from ops.demo.crm import CrmUser
from ops.demo.erp import Erp
from ops.demo.errors import DemoFailed
from ops.demo.portal import Senders
from ops.demo.records import Delivery
from streams.runtime.clock import Clock

_LOOK_S = 0.5


class Onlookers:
    """Look at the CRM again and again until all is done, or `stop` is set. Raises DemoFailed."""

    def __init__(self, thens: Sequence[Then], crm_url: str, erp: Erp, senders: Senders, clock: Clock) -> None:
        self._open = list(thens)
        self._crm_url, self._erp, self._senders, self._clock = crm_url, erp, senders, clock
        self._terms: dict[str, int] = {}

    @property
    def left(self) -> list[str]:
        """What never came, in words."""
        return [
            f"nobody saw {one.column} of {one.id} ({one.table}) become {one.value or 'filled'}" for one in self._open
        ]

    def work(self, stop: threading.Event) -> None:
        try:
            with (
                psycopg.connect(self._crm_url, autocommit=True, row_factory=dict_row) as crm,
                CrmUser(self._crm_url) as user,
            ):
                while self._open and not stop.is_set():
                    if not self._round(crm, user):
                        stop.wait(_LOOK_S)
        except psycopg.Error as error:
            raise DemoFailed(f"the CRM's database does not answer: {error}") from error

    def _round(self, crm: psycopg.Connection[Row], user: CrmUser) -> int:
        rows = {table: _rows(crm, table, self._open) for table in {one.table for one in self._open}}
        due = [one for one in self._open if one.id in rows[one.table] and one.due(rows[one.table][one.id])]
        for one in due:
            for deed in one.deeds(rows[one.table][one.id], self._clock()):
                self._do(deed, user)
            self._open.remove(one)
        return len(due)

    def _do(self, deed: Deed, user: CrmUser) -> None:
        if isinstance(deed, Delivery):
            self._senders.send(deed)
        elif isinstance(deed, Edit):
            self._edit(deed)
        else:
            user.commit(deed)

    def _edit(self, edit: Edit) -> None:
        (known,) = self._erp.read("party.identifier", [["code", "=", edit.account_id]], ["party"])
        values = {"customer_payment_term": self._term(edit.terms)} if edit.active else {"active": False}
        self._erp.call("model.party.party.write", [known["party"]], values)

    def _term(self, name: str | None) -> int | None:
        if not self._terms:
            self._terms = {
                row["name"]: row["id"] for row in self._erp.read("account.invoice.payment_term", [], ["name"])
            }
        return self._terms[name] if name else None


def _rows(crm: psycopg.Connection[Row], table: str, thens: Iterable[Then]) -> dict[str, Row]:
    query = sql.SQL("select * from {} where id = any(%s)").format(sql.Identifier("sales", table))
    wanted = [one.id for one in thens if one.table == table]
    return {row["id"]: row for row in crm.execute(query, (wanted,)).fetchall()}
