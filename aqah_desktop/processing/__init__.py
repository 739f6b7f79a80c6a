"""The algorithm contract, its registry, the runner and the host's own algorithms."""
