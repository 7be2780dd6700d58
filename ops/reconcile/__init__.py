"""Putting drifts right, and telling people of them."""
