"""What people decide about likely duplicates, and what waits for it."""
