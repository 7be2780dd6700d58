"""What do open letters cost the records that have none? Latency with and without poisoned keys, in one run."""
