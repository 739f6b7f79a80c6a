"""Right panel: identity sheet of what was clicked; light card under the mouse."""
