"""Every speed the project claims, measured beside named peers in one run."""
