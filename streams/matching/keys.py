"""Under which keys an account is looked up: two that are alike share at least one."""

from __future__ import annotations

from streams.matching.profile import Profile

_ENDS = 5  # characters
_LONG = 4  # a word that is worth a key


def keys_of(profile: Profile) -> frozenset[str]:
    """`t:` tax id, `d:` domain, `a:` and `z:` the name's first and last letters, `w:` its two longest words."""
    keys = {f"d:{domain}" for domain in profile.domains}
    if profile.tax:
        keys.add(f"t:{profile.country}:{profile.tax}")
    name = "".join(profile.core)
    if name:
        keys |= {f"a:{name[:_ENDS]}", f"z:{name[-_ENDS:]}"}
    words = sorted((word for word in profile.core if len(word) >= _LONG), key=lambda word: (-len(word), word))
    return frozenset(keys | {f"w:{word}" for word in words[:2]})
