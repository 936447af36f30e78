"""`python -m slothbox` is the command `slothbox`."""

import sys

from slothbox.cli import main

if __name__ == "__main__":
    sys.exit(main())
