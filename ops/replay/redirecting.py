"""Letters that go elsewhere than to their own stage: only to targets that the settings allow. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ops.cases.errors import BadAsk
from ops.replay.order import Chosen
from schemas.topics import BY_NAME, DEAD_LETTER, REDRIVE

_LETTERS = frozenset(topic.name for topic in DEAD_LETTER.values())


def allowed_target(to: str, chosen: Iterable[Chosen], redirects: Mapping[str, Sequence[str]]) -> str:
    """The topic, "" where the letters go to their own stages. Raises BadAsk.

    `redirects`: the topic that a letter was read from -> the topics that it may be sent to.
    """
    if not to:
        return ""
    if to in _LETTERS or to in {topic.name for topic in REDRIVE.values()}:
        raise BadAsk(f"{to} is no target: letters go there by themselves")
    for source in sorted({one.original.topic for one in chosen}):
        if to not in redirects.get(source, ()):
            known = ", ".join(redirects.get(source, ())) or "nowhere"
            raise BadAsk(f"letters of {source} may be redirected to {known}, not to {to} (MESHLINE_REPLAY__REDIRECTS)")
        ours, its = BY_NAME.get(to), BY_NAME.get(source)
        if ours is not None and (its is None or ours.record is not its.record):
            raise BadAsk(f"{to} holds other records than {source}")
    return to
