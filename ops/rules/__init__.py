"""Business rules for people: read, check, try in shadow, activate, revert, explain."""
