"""Before and after: two maps behind a curtain, side by side, or their difference."""
