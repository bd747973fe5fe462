"""`python -m pyeonji`."""

import sys

from pyeonji.cli import main

if __name__ == "__main__":
    sys.exit(main())
