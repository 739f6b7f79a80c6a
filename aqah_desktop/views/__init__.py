"""Qt only: windows, panels, drawing. The only room, with the wiring, that may import Qt."""
