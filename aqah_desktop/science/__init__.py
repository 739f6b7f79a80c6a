"""Pure functions on arrays and tables: equation, units, valid range, source. No file, no Qt."""
