"""Right panel: who is exposed, sites and farms."""
