"""One official file format per module: detect, preview, validate, import with a report."""
