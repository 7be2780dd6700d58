"""The sink `tryton`: customers and orders."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from schemas.reasons import Reason
from schemas.records import Command, Conversion, CreditGrant, CustomerUpsert, OrderPlace
from sinks.calls import Calls
from sinks.errors import Conflict, Refused
from sinks.limits import Limiter
from sinks.port import Fields, Found, Target, Written
from sinks.tryton import party, request, sale
from sinks.tryton.client import TrytonClient
from sinks.tryton.conversions import Conversions
from sinks.tryton.correction import expected, of_credit
from sinks.tryton.corrections import Corrections
from sinks.tryton.invoices import Invoices
from sinks.tryton.reference_data import ReferenceData
from sinks.tryton.refunds import Refunds
from sinks.tryton.schedules import Schedules
from sinks.tryton.settings import TrytonSettings
from sinks.tryton.strangers import spare
from sinks.verify import differences
from streams.runtime.settings import Settings

#: state -> the step from it, and where that leads; None: ask.
_STEPS: dict[str, tuple[str, str | None]] = {
    "draft": ("quote", "quotation"),
    "quotation": ("confirm", None),
    "confirmed": ("process", None),
}


class TrytonSink:
    """The external id of a customer is an identifier of its party, that of an order its reference."""

    def __init__(self, client: TrytonClient) -> None:
        self.name = "tryton"
        self.target: Target = "erp"
        self._client = client
        self._known = ReferenceData(client)
        self._corrections = Corrections(client, self._known)
        self._refunds = Refunds(client, self._corrections)
        self._schedules = Schedules(client, self._known, self._corrections)
        self._invoices = Invoices(client, self._known)
        self._conversions = Conversions(client)

    @classmethod
    def of(cls, settings: Settings) -> TrytonSink:
        """Raises MissingSetting."""
        own = TrytonSettings.of(settings)
        return cls(TrytonClient(own, Calls("erp", Limiter(own.rate))))

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def ping(self) -> None:
        await self._client.call(request.ping())

    async def find(self, command: Command) -> Found | None:
        if command.invoice is not None:
            return await self._invoices.find(command.key, command.invoice)
        if command.refund is not None:
            return await self._refunds.find(command.refund, command.key)
        if command.schedule is not None:
            return await self._schedules.find(command.key)
        if command.credit is not None:
            return await self._corrections.find(of_credit(command.credit, command.key).reference)
        if command.customer is not None:
            row = await self._party(command.key, command.customer.code)
        else:
            row, _ = sale.choose(await self._client.call(request.sales(command.key)))
        return None if row is None else Found(str(row["id"]), row)

    async def write(self, command: Command, found: Found | None) -> Written:
        try:
            if command.customer is not None:
                return await self._write_customer(command, command.customer, found)
            if command.order is not None:
                return await self._write_order(command, command.order, found)
            if command.credit is not None:
                return await self._write_credit(command, command.credit, found)
            if command.refund is not None:
                return await self._refunds.write(command.refund, command.key, found)
            if command.schedule is not None:
                return await self._schedules.write(command.schedule, command.key, command.account_id, found)
            if command.invoice is not None:
                return await self._invoices.write(command, command.invoice, found)
        except Refused:
            self._known.forget()
            raise
        raise Refused(Reason.UNCLASSIFIED, f"Tryton's sink has no way to do {command.kind}")

    def image(self, command: Command, found: Found) -> dict[str, Any] | None:
        """A customer can be written back; an order that was placed cannot."""
        return None if command.customer is None else {"customer": party.body_of(found.held)}

    async def conversion(self, command: Command, written: Written) -> Conversion | None:
        return await self._conversions.of(command, written)

    async def read_back(self, command: Command, written: Written) -> Fields:
        if command.invoice is not None:
            return await self._invoices.read_back(command, command.invoice)
        if command.refund is not None:
            return await self._refunds.read_back(command.refund, command.key)
        if command.schedule is not None:
            return await self._schedules.read_back(command.schedule, command.key)
        if command.credit is not None:
            return await self._corrections.read_back(of_credit(command.credit, command.key).reference)
        if command.order is None:
            (row,) = await self._client.call(request.party_by_id(int(written.external_id)))
            return party.held(row)
        found, stray = sale.choose(await self._client.call(request.sales(command.key)))
        await self._delete(stray)
        return {} if found is None else sale.held(found)

    # -- customers

    async def _party(self, crm_id: str, code: str | None) -> Any:
        return party.choose(await self._client.call(request.parties(crm_id, code)), crm_id, code)

    async def _write_customer(self, command: Command, body: CustomerUpsert, found: Found | None) -> Written:
        place = await self._known.place(body.country, body.state)
        if found is None:
            party_id = await self._create_party(command, body, place)
        else:
            party_id = int(found.external_id)
            body = spare(found.held, body, command.expects, self._client.user)
            place = await self._known.place(body.country, body.state)
            values = party.changes(found.held, body, command.key, place)
            if values:
                await self._client.call(request.write("party.party", party_id, values, found.held["_timestamp"]))
        code = party.code_of(found.held if found else None, body)
        return Written(str(party_id), code, party.expected(body, command.key, place, code))

    async def _create_party(self, command: Command, body: CustomerUpsert, place: party.Place) -> int:
        try:
            (party_id,) = await self._client.call(
                request.create("party.party", party.creation(body, command.key, place))
            )
        except Refused:
            # A call that was believed lost may have come first: then its code is taken, by our own customer.
            if await self._party(command.key, body.code) is None:
                raise
            raise Conflict("the customer has come into being meanwhile") from None
        return int(party_id)

    # -- credits

    async def _write_credit(self, command: Command, body: CreditGrant, found: Found | None) -> Written:
        wanted = of_credit(body, command.key)
        ids = await self._corrections.write(wanted, command.account_id, body.customer_code, found)
        return Written(*ids, expected(wanted, command.account_id))

    # -- orders

    async def _write_order(self, command: Command, body: OrderPlace, found: Found | None) -> Written:
        wanted = sale.expected(body, command.account_id)
        row = found.held if found is not None else None
        if row is None or row["state"] == "draft":
            row = await self._draft(command, body, row)
        wrong = differences(wanted, sale.held(row))
        if wrong:
            raise Refused(*_not_as_sent(row, "; ".join(map(str, wrong[:8]))))
        number = await self._carry_on(row)
        return Written(str(row["id"]), number, wanted)

    async def _draft(self, command: Command, body: OrderPlace, row: Any) -> Any:
        """A draft that is as the command says, and alone: nobody has been told of it yet."""
        if row is None or differences(sale.expected(body, command.account_id), sale.held(row)):
            around = await self._surroundings(command, body)
            if row is None:
                call = request.create("sale.sale", sale.creation(body, command.key, around))
            else:
                values = sale.corrections(row, body, command.key, around)
                call = request.write("sale.sale", row["id"], values, row["_timestamp"])
            await self._client.call(call)
        first, stray = sale.choose(await self._client.call(request.sales(command.key)))
        await self._delete(stray)
        if first is None:
            raise Conflict("the order was removed while it was being written")
        return first

    async def _surroundings(self, command: Command, body: OrderPlace) -> sale.Surroundings:
        products = await self._known.products([line.sku for line in body.lines])
        currency = await self._known.currency(body.currency)
        term = await self._known.payment_term(body.billing_terms)
        row = await self._party(command.account_id, None)
        if row is None:
            raise sale.no_customer(command.account_id, body.customer_code)
        if not row["addresses."]:
            raise Refused(Reason.ERP_REJECTED, f"the customer {row['code']} has no address in Tryton")
        return sale.Surroundings(row["id"], row["addresses."][0]["id"], currency, term, products)

    async def _carry_on(self, row: Any) -> str:
        """From whatever state to processing: then the ERP has made the draft invoice. Returns the number."""
        state, number = row["state"], row["number"]
        while state in _STEPS:
            step, after = _STEPS[state]
            try:
                await self._client.call(request.step(row["id"], step))
            except Refused as error:
                await self._still(row["id"], state)
                detail = f"the order {number or ''} (id {row['id']}) stays in state {state}: {error.detail}"
                raise Refused(Reason.PARTIAL_WRITE, detail) from error
            if after is None:  # confirming goes on to processing by itself, unless the ERP is set up to wait
                (now,) = await self._client.call(request.sale_state(row["id"]))
                if now["state"] == state:
                    raise Refused(Reason.PARTIAL_WRITE, f"the order {number} stays in state {state}, says Tryton")
                after, number = now["state"], now["number"]
            state = after
        return str(number)

    async def _still(self, sale_id: int, state: str) -> None:
        """Raises Conflict where the sale is not in this state: then somebody else has moved it."""
        rows = await self._client.call(request.sale_state(sale_id))
        if [row["state"] for row in rows] != [state]:
            raise Conflict(f"the order (id {sale_id}) was moved or removed while it was being written")

    async def _delete(self, drafts: list[int]) -> None:
        for draft in drafts:
            try:
                await self._client.call(request.delete("sale.sale", draft))
            except Refused as error:
                raise Conflict(f"a second draft of the order is no draft any more, or gone: {error.detail}") from error


def _not_as_sent(row: Any, wrong: str) -> tuple[Reason, str]:
    if row["state"] == "draft":
        return Reason.ERP_VERIFICATION_FAILED, f"Tryton makes something else of the draft order: {wrong}"
    return Reason.ERP_REJECTED, f"order {sale.shown(row)} is past changing, and holds other values: {wrong}"
