"""Where Tryton is, and as whom we work there."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from streams.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class TrytonSettings:
    """`timeout` is of one call, in seconds; `rate` in calls a second."""

    url: str
    database: str
    user: str
    password: SecretStr
    timeout: float = 10.0
    rate: float = 100.0
    connections: int = 16

    @classmethod
    def of(cls, settings: Settings) -> TrytonSettings:
        """Raises MissingSetting."""
        settings.need("erp_url", "erp_database", "erp_user", "erp_password")
        return cls(
            url=settings.erp_url,
            database=settings.erp_database,
            user=settings.erp_user,
            password=settings.erp_password,
            timeout=settings.sink.timeout.total_seconds(),
            rate=settings.sink.rate_per_second,
            connections=settings.sink.concurrency,
        )

    @property
    def endpoint(self) -> str:
        return f"{self.url.rstrip('/')}/{self.database}/rpc/"
