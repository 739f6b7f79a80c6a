"""Paths in, arrays and tables out: every file the program reads or writes."""
