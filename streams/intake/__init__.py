"""How events come in: the door takes webhooks, `normalise` turns every raw shape into one canonical event."""
