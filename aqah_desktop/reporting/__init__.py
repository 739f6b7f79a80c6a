"""Content models to map images, PDF, tables and exports; no widget is needed."""
