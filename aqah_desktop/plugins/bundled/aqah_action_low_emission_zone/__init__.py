"""Low emission zone: a first-party action, written against the plugin API only."""
