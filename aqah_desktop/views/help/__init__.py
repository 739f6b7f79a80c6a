"""Guide, shortcuts, journal, about."""
