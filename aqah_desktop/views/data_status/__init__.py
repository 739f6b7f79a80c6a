"""The state of the data, as a table one can filter, copy and export."""
