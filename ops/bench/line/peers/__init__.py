"""The peers' programs. Each runs by path in an environment of its own, made from the lock file of its name."""
