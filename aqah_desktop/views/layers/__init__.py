"""The layers side of the window: tree, properties, adding files, watching them."""
