"""Patches: one change for many letters, as a reviewed file whose examples are its tests. No code is run."""
