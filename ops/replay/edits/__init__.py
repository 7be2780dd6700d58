"""Edited letters: the original is kept, a new version stands beside it and is what is sent."""
