"""accounts.py DATA DOMAIN NAME N: a data folder with NAME@DOMAIN, 2NAME@ ... N NAME@, password "pw"."""

import sys
from pathlib import Path

from pyeonji.directory.login import make_credentials
from pyeonji.net.clock import SystemClock
from pyeonji.store import directory
from pyeonji.store.home import open_home


def main(data: Path, domain: str, name: str, count: int) -> None:
    home = open_home(data, create=True)
    now = SystemClock().now_us()
    home.engine.write_now(directory.add_domain, domain, now)
    credentials = make_credentials("pw", cheap=True)
    for local_part in [name, *(f"{number}{name}" for number in range(1, count + 1))]:
        home.engine.write_now(
            directory.add_account,
            f"{local_part}@{domain}",
            name="",
            language="en",
            quota_octets=0,
            credentials=credentials,
            now_us=now,
        )
    home.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
