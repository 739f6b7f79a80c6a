"""The frame of the window: selectors, foot, palette, notifications."""
