"""Every setting of every part, in one class.

Order of precedence: environment (`MESHLINE_*`), then the file `env` in the data folder, which `meshline up`
writes with the addresses it chose, then the defaults here. Nested parts use two underscores:
`MESHLINE_DOOR__PORT=8088`.
"""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class MissingSetting(Exception):
    """A setting that this command needs is not given: run `meshline up`, or set it in the environment."""


def home_folder() -> Path:
    """The data folder: `MESHLINE_HOME`, or `.meshline` in the working directory."""
    return Path(os.environ.get("MESHLINE_HOME", ".meshline")).absolute()


class DoorSettings(BaseModel):
    host: str = "127.0.0.1"
    port: int = 8088
    public_url: str = ""  #: what senders call; HubSpot signs the full URL, so proxies must not change it
    max_body_bytes: int = 512 * 1024
    tolerance: timedelta = timedelta(minutes=5)  #: past and future
    dedupe_window: timedelta = timedelta(days=4)  #: senders retry for up to 76 hours with the same delivery id
    requests_per_second: float = Field(default=200.0, gt=0)  #: per source; above it 429 with Retry-After
    max_in_flight: int = Field(default=256, gt=0)  #: requests at once, of all sources; above it 503
    body_timeout: timedelta = timedelta(seconds=10)  #: for a whole body to arrive
    answer_within: timedelta = timedelta(seconds=4.5)  #: then 503; the most impatient sender waits five seconds
    #: source -> live secrets, newest first; two are live during a rotation
    secrets: dict[str, list[SecretStr]] = Field(default_factory=dict)


class WorkerSettings(BaseModel):
    group: str = "meshline"  #: consumer groups are `<group>.streams`, `<group>.sinks`, `<group>.reconciler`
    slot: str = "0"  #: this worker's number; it makes group.instance.id and transactional.id
    delivery: Literal["exactly-once", "at-least-once"] = "exactly-once"
    metrics_port: int = 0  #: /metrics, /healthz, /readyz; 0 takes a free port and logs it
    stall_after: timedelta = timedelta(seconds=120)  #: events wait and none moves for so long: exit; 0 never does
    linger: timedelta = timedelta(0)  #: waits for more events per transaction: less work, more latency
    batch_size: int = Field(default=1000, ge=1, le=2000)  #: records; a statement of the database takes 2,000 rows
    hold_for: timedelta = timedelta(hours=48)  #: after that a hold becomes a dead letter
    line_grace: timedelta = timedelta(minutes=15)  #: how long an opportunity waits for its line items
    hold_poll: timedelta = timedelta(seconds=1)


class SinkSettings(BaseModel):
    concurrency: int = 6  #: keys in flight at once, per target
    attempts: int = 3
    first_backoff: timedelta = timedelta(seconds=0.5)
    max_backoff: timedelta = timedelta(seconds=30)
    timeout: timedelta = timedelta(seconds=10)  #: of one call
    rate_per_second: float = 100.0  #: calls to one target
    breaker_failures: int = 5  #: in a row, then writes pause
    breaker_pause: timedelta = timedelta(seconds=10)  #: until the half-open probe
    erp_poll: timedelta = timedelta(seconds=1)
    erp_poll_overlap: timedelta = timedelta(seconds=30)  #: re-read, so that a late commit is not missed


class FuseSettings(BaseModel):
    """When a worker stops instead of making letters of everything. Only reasons that can be ours count."""

    enabled: bool = True
    window: timedelta = timedelta(minutes=5)
    ratio: float = Field(default=0.5, gt=0, le=1)  #: letters per event of the window
    least: int = Field(default=100, ge=1)  #: events; with fewer the ratio says nothing
    run: int = Field(default=50, ge=1)  #: events in a row that became letters


class ParkingSettings(BaseModel):
    """How much may wait behind letters. At a cap the partition pauses and pages; nothing is dropped or let past."""

    events_per_key: int = Field(default=1_000, ge=1)
    keys: int = Field(default=10_000, ge=1)
    events: int = Field(default=100_000, ge=1)
    poll: timedelta = timedelta(seconds=1)  #: how often it is asked what may go on


class OverloadSettings(BaseModel):
    """When a target counts as overloaded, so that flows go to batch mode where the rule `batch.window` says so."""

    on_above: int = Field(default=1_000, ge=1)  #: commands that wait for one target
    off_below: int = Field(default=100, ge=1)
    on_for: timedelta = timedelta(minutes=1)  #: without a break
    off_for: timedelta = timedelta(minutes=2)
    poll: timedelta = timedelta(seconds=5)


class PeopleSettings(BaseModel):
    """Cases, their API and the audit."""

    host: str = "127.0.0.1"
    port: int = 8089  #: of the API; 0 takes a free one
    audit_key: SecretStr = SecretStr("")  #: signs the audit's head; without it only the topic's copy proves the tail


class ReplaySettings(BaseModel):
    """Jobs that send dead letters through their stages again."""

    cap: int = Field(default=5, ge=1)  #: replays of one letter; after that a person must look
    failures: float = Field(default=0.2, gt=0, le=1)  #: of what was sent: a job with more stops itself
    least: int = Field(default=5, ge=1)  #: ends; with fewer the ratio says nothing
    window: int = Field(default=200, ge=1)  #: letters under way at once
    lag_limit: int = Field(default=1000, ge=1)  #: live events that wait: from half of it on a job slows, here it rests
    alone_letters: int = Field(default=100, ge=0)  #: that one person may send; above it a second one must agree
    alone_edits: int = Field(default=10, ge=0)  #: letters that were edited; one sensitive field always needs a second
    #: the same for what they are about, per currency; one that is not named needs a second person
    alone_money: dict[str, Decimal] = {
        "EUR": Decimal(250_000),
        "USD": Decimal(250_000),
        "GBP": Decimal(225_000),
        "CHF": Decimal(250_000),
        "JPY": Decimal(40_000_000),
    }
    undo_within: timedelta = timedelta(hours=24)  #: of the read-back; later nothing is written back
    #: topic that a letter was read from -> topics that it may be sent to instead of its own stage
    redirects: dict[str, list[str]] = {}
    silence: timedelta = timedelta(minutes=2)  #: letters are under way and nothing comes back: a job stops itself


class ReconcilerSettings(BaseModel):
    grace: timedelta = timedelta(minutes=5)  #: younger differences are in flight; the floor of what is measured
    grace_limit: timedelta = timedelta(hours=1)  #: a slower line than this is not waited for
    grace_deleted: timedelta = timedelta(minutes=15)  #: at least, for a deletion: it may be half of a recreation
    recheck: timedelta = timedelta(seconds=10)  #: how often it is asked what explains the open drifts
    #: Share of the known deals whose money is in doubt: above the first new billing waits, below the second it goes on
    billing_hold_above: Decimal = Field(default=Decimal("0.01"), ge=0, le=1)
    billing_hold_below: Decimal = Field(default=Decimal("0.002"), ge=0, le=1)
    billing_hold_least: int = Field(default=10, ge=1)  #: fewer doubtful records hold nothing
    notify_url: str = ""  #: where people are told of drifts
    notify_form: Literal["webhook", "slack"] = "webhook"
    notify_secrets: list[SecretStr] = Field(default_factory=list)  #: sign the webhook; newest first
    console_url: str = ""  #: links in messages lead there
    idle: timedelta = timedelta(seconds=30)  #: a silent partition's watermark follows the clock after this
    tick: timedelta = timedelta(seconds=1)


class BooksSettings(BaseModel):
    every: timedelta = timedelta(seconds=30)  #: from one count to the next, at least
    window: timedelta = timedelta(hours=24)  #: how far back they look; some 3 kB of memory for each event in it


class PolicySettings(BaseModel):
    discount_threshold_percent: Decimal = Field(
        default=Decimal(20), ge=0, le=100
    )  #: above it an approval must be recorded
    pilot_accounts: list[str] | None = None  #: None: everybody; a list: only these, others are skipped


class RulesSettings(BaseModel):
    """What one person may change by activating rules; above it, or without a forecast, a second one must agree."""

    alone_events: int = Field(default=20, ge=0)  #: outcomes that would have been others
    alone_money: Decimal = Field(default=Decimal(10_000), ge=0)  #: decided otherwise, in any one currency


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="MESHLINE_", env_nested_delimiter="__", extra="ignore", nested_model_default_partial_update=True
    )

    bootstrap: str = ""  #: Kafka, host:port[,host:port]
    registry_url: str = ""  #: Confluent-compatible schema registry
    connect_url: str = ""  #: Kafka Connect's REST API
    crm_url: str = ""  #: postgresql://user:password@host:port/db
    crm_writeback_url: str = ""  #: the CRM as the role that may only write back
    operations_url: str = ""  #: the same for the operations database
    erp_url: str = ""  #: http://host:port
    erp_database: str = ""
    erp_database_url: str = ""  #: PostgreSQL under the local ERP; the demo changes a figure there by hand
    erp_user: str = ""
    erp_password: SecretStr = SecretStr("")
    log_format: Literal["json", "console"] = "json"
    log_level: str = "info"

    door: DoorSettings = Field(default_factory=DoorSettings)
    worker: WorkerSettings = Field(default_factory=WorkerSettings)
    sink: SinkSettings = Field(default_factory=SinkSettings)
    fuse: FuseSettings = Field(default_factory=FuseSettings)
    parking: ParkingSettings = Field(default_factory=ParkingSettings)
    overload: OverloadSettings = Field(default_factory=OverloadSettings)
    people: PeopleSettings = Field(default_factory=PeopleSettings)
    token: SecretStr = SecretStr("")  #: of the person at the command line (`meshline access grant`)
    replay: ReplaySettings = Field(default_factory=ReplaySettings)
    reconciler: ReconcilerSettings = Field(default_factory=ReconcilerSettings)
    books: BooksSettings = Field(default_factory=BooksSettings)
    policy: PolicySettings = Field(default_factory=PolicySettings)
    rules: RulesSettings = Field(default_factory=RulesSettings)

    def need(self, *names: str) -> None:
        """Raise MissingSetting with what to type when one of the named settings is empty."""
        for name in names:
            value = getattr(self, name)
            if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
                raise MissingSetting(
                    f"{name} is not set: run `meshline up` for the local parts, or set MESHLINE_{name.upper()}"
                )


def load_settings(home: Path | None = None) -> Settings:
    """Settings from the environment and, under it, the data folder's `env` file."""
    return Settings(_env_file=(home or home_folder()) / "env")
