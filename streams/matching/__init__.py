"""Is a new account a customer that is known already? A score with its reasons (DR5). Pure."""

from streams.matching.keys import keys_of
from streams.matching.profile import Profile, profile_of
from streams.matching.score import THRESHOLD, Match, likely, match

__all__ = ["THRESHOLD", "Match", "Profile", "keys_of", "likely", "match", "profile_of"]
