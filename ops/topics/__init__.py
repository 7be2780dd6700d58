"""The cluster's topics against the declaration in `schemas/topics.py`."""

from ops.topics.cluster import Cluster, ClusterUnavailable
from ops.topics.plan import Actual, Change, plan

__all__ = ["Actual", "Change", "Cluster", "ClusterUnavailable", "plan"]
