"""``python -m aqah_desktop``: the same as the command ``aqah``."""

from aqah_desktop.cli import main

if __name__ == "__main__":
    main()
