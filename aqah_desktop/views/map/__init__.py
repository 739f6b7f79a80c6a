"""The map: a scene as data, painted off the GUI thread, shown by a canvas that never waits for it."""
