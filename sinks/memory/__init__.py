"""A target in memory, for tests and dry runs. It passes the same contract suite as the real ones."""
