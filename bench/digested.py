"""digested.py DATA: wait until the indexer of a running server has made the digests of all letters."""

import sys
import time
from pathlib import Path

from pyeonji.store import digests
from pyeonji.store.home import open_home

LOOK_S = 2.0


def main(data: Path) -> None:
    home = open_home(data, create=False)
    while home.engine.read_now(digests.noted, 1, 1 << 62):
        time.sleep(LOOK_S)
    home.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
