"""First-party plugins: each imports :mod:`aqah_desktop.plugin_api` and nothing else of the program."""
