"""Bottom panel: table of an exposure run or of a layer."""
