"""What decisions may know: a view of the operations database, loaded and saved once per batch."""

from streams.facts.store import Span, load_view, save_view, take_turn
from streams.facts.view import View

__all__ = ["Span", "View", "load_view", "save_view", "take_turn"]
