"""The installed plugins."""
