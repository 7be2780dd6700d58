"""Where the CRM's database is."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class PostgresCrmSettings:
    """`timeout` is of one transaction, in seconds; `rate` in transactions a second."""

    url: str = field(repr=False)
    timeout: float = 10.0
    rate: float = 100.0
    connections: int = 8

    @classmethod
    def of(cls, settings: Settings) -> PostgresCrmSettings:
        """The role that may only write back, where there is one. Raises MissingSetting."""
        if not settings.crm_writeback_url:
            settings.need("crm_url")
        return cls(
            url=settings.crm_writeback_url or settings.crm_url,
            timeout=settings.sink.timeout.total_seconds(),
            rate=settings.sink.rate_per_second,
            connections=min(8, settings.sink.concurrency),
        )
