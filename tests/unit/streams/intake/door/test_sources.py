from __future__ import annotations

import pytest
from pydantic import SecretStr

from schemas.topics import WEBHOOK, WEBHOOK_SOURCES
from streams.intake.door.errors import DoorMisconfigured
from streams.intake.door.sources import make_sources


def test_there_is_a_source_for_every_webhook_topic() -> None:
    sources = make_sources({})
    assert set(sources) == set(WEBHOOK_SOURCES)
    assert {source.topic for source in sources.values()} == set(WEBHOOK.values())
    assert all(source.keys == () for source in sources.values())


@pytest.mark.parametrize(
    "secrets",
    [{"standard": [SecretStr("short")]}, {"stripe": [SecretStr(" ")]}, {"hubspot": [SecretStr("")]}, {"shopify": []}],
)
def test_a_secret_that_cannot_be_one_stops_the_door_before_it_opens(secrets: dict[str, list[SecretStr]]) -> None:
    with pytest.raises(DoorMisconfigured, match=r"door\.secrets") as caught:
        make_sources(secrets)
    assert "short" not in str(caught.value)
