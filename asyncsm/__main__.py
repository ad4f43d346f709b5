"""``python -m asyncsm`` is the command line."""

import sys

from asyncsm.cli import main

if __name__ == "__main__":
    sys.exit(main())
