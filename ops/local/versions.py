"""The version of every part, in one place.

`docker-compose.yml` pins the same ones (a test compares them), `jars.lock` and `erp/requirements.lock` hold what
these resolve to, with checksums.
"""

from __future__ import annotations

KAFKA = "4.1.0"
LOG4J = "2.24.3"  #: Kafka 4.1's own line; without a binding the broker logs nothing
REGISTRY = "3.3.3"
DEBEZIUM = "3.3.2.Final"
CONVERTER = "2.6.13.Final"  #: the newest converter that is published; it speaks to registry 3.x by its v2 API
POSTGRESQL = "16.14"  #: what the pinned wheel carries
TRYTON = "8.2"
