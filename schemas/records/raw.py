"""Raw records that we write ourselves. What the CRM's database writes has its connector's schema."""

from __future__ import annotations

from datetime import datetime

from schemas.records.envelope import Travelling
from schemas.records.fields import Identifier


class WebhookReceived(Travelling):
    """A delivery whose signature held, as it came: `body` is the raw body, byte for byte."""

    delivery_id: Identifier
    source: Identifier
    received_at: datetime
    signed_at: datetime
    content_type: str = ""
    traceparent: str = ""
    body: bytes


class ErpChange(Travelling):
    """A record of the ERP as its API gave it, after a change there."""

    system: Identifier  #: `tryton`
    model: Identifier  #: the ERP's own name of the record type
    erp_id: Identifier
    version: int  #: the ERP's time of the last write, microseconds since 1970 UTC
    actor: str | None = None  #: the ERP's user who wrote last
    read_at: datetime
    body: str  #: JSON; decimals are strings
