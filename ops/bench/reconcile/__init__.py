"""Is the reconciler right, and how fast? Labelled two-sided histories, kills, rebuilds, and what came of them."""
