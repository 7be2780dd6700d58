"""Which topics a reconciler reads and writes. The real ones by default; a test gives its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.rows import EntityName
from schemas.topics import BILLING_HOLD, DRIFT, EFFECT_CRM, EFFECT_ERP, STATE_CRM, STATE_ERP, Topic


def _state_topics() -> dict[EntityName, Topic]:
    return {
        "account": STATE_CRM["account"],
        "opportunity": STATE_CRM["opportunity"],
        "customer": STATE_ERP["customer"],
        "order": STATE_ERP["order"],
        "invoice": STATE_ERP["invoice"],
    }


@dataclass(frozen=True, slots=True)
class ReconcilerTopics:
    """`state` is the topic of each entity, `effects` tell how slow the line is, `drift` is where alerts go."""

    state: Mapping[EntityName, Topic] = field(default_factory=_state_topics)
    drift: Topic = DRIFT
    effects: tuple[Topic, ...] = (EFFECT_ERP, EFFECT_CRM)
    billing: Topic = BILLING_HOLD

    def prefixed(self, prefix: str) -> ReconcilerTopics:
        """The same map under other names."""
        state = {entity: replace(topic, name=prefix + topic.name) for entity, topic in self.state.items()}
        effects = tuple(replace(topic, name=prefix + topic.name) for topic in self.effects)
        billing = replace(self.billing, name=prefix + self.billing.name)
        return ReconcilerTopics(state, replace(self.drift, name=prefix + self.drift.name), effects, billing)

    @property
    def every(self) -> tuple[Topic, ...]:
        """All of them."""
        return (*self.state.values(), *self.effects, self.drift, self.billing)

    @property
    def read(self) -> tuple[str, ...]:
        """The names of those that are read all the time."""
        return tuple(topic.name for topic in (*self.state.values(), *self.effects))

    @property
    def entities(self) -> dict[str, EntityName]:
        """Topic name -> entity."""
        return {topic.name: entity for entity, topic in self.state.items()}
