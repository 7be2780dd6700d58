"""What must be in place before a worker starts: tables, topics, schemas. Safe to repeat."""

from __future__ import annotations

from ops.topics import Cluster, plan
from schemas.registry import ConfluentRegistry
from schemas.released import newest_schema
from schemas.topics import TOPICS
from streams.runtime.database import migrate
from streams.runtime.settings import Settings


def prepare(settings: Settings) -> None:
    """Bring the operations database, the topics and the registry to this version.

    Raises MissingSetting, ClusterUnavailable, RegistryUnavailable, sqlalchemy.exc.SQLAlchemyError.
    """
    settings.need("bootstrap", "registry_url", "operations_url")
    migrate(settings.operations_url)
    cluster = Cluster(settings.bootstrap)
    cluster.apply(plan(TOPICS, cluster.actual(TOPICS)))
    registry = ConfluentRegistry(settings.registry_url)
    try:
        for topic in TOPICS:
            if topic.record is not None:
                registry.register(topic.subject, newest_schema(topic.record))
    finally:
        registry.close()
