"""Core algorithms by family, thin over :mod:`aqah_desktop.science`."""
