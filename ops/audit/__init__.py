"""Who did what to letters and cases, and why: append-only, hash-chained, checkable by anybody."""
