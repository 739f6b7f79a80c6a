"""Manifest, loader and isolation of plugins; ``bundled/`` holds the first-party ones."""
