"""Who sent this, and is it fresh? One pure `verify` per sender's scheme, over the raw bytes."""
