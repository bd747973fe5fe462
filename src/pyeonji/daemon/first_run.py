"""What a server needs before its first letter: its folders, a domain, one account."""

import getpass
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyeonji.config.model import Settings
from pyeonji.daemon.certificate import shown_by
from pyeonji.daemon.following import begin
from pyeonji.directory.login import make_credentials, random_password
from pyeonji.net.clock import SystemClock
from pyeonji.store import directory, leases
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import NotUsable, open_home
from pyeonji.store.queue import nobody_carries

PASSWORD_FILE = "first-password.txt"
DOMAIN = directory.LOCALHOST


def make_folder(settings: Settings) -> None:
    """The data folder with an empty store, unless it is there; raises StoreError, BadCertificate."""
    open_home(settings.data, create=True).close()
    begin(settings.data)
    try:
        shown_by(settings, SystemClock().now_us())
    except OSError as error:  # one of our own is made where there is none
        raise NotUsable(settings.data / "tls", error) from error


def first_account(settings: Settings, say: Callable[[str], Any]) -> None:
    """In an empty store, make an account.  Raises StoreError.

    `say` gets the sentence for people.  The password is shown once to a terminal, else written to a 0600 file, and that
    first: the account is made once, and nobody would know its password.
    """
    home = open_home(settings.data, create=False)
    try:
        if not home.engine.read_now(_is_empty):
            return
        address, password = f"{_name()}@{DOMAIN}", random_password()
        told = password if sys.stdout.isatty() else f"→ {_written(settings.data / PASSWORD_FILE, address, password)}"
        home.engine.write_now(_first_account, address, make_credentials(password), SystemClock().now_us())
    finally:
        home.close()
    say(f"{address}  {told}")


def _written(path: Path, address: str, password: str) -> Path:
    """For nobody else's eyes, and on the disk."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "w") as stream:
            stream.write(f"{address}\n{password}\n")
            stream.flush()
            os.fsync(fd)
    except OSError as error:
        raise NotUsable(path, error) from error
    return path


def take_over(settings: Settings) -> None:
    """What a killed server was doing is done on at once, not when its leases run out."""
    home = open_home(settings.data, create=False)
    try:
        home.engine.write_now(nobody_carries)
        home.engine.write_now(leases.all_are_over)
    finally:
        home.close()


def _is_empty(tx: Tx) -> bool:
    return not (directory.domains(tx) or directory.accounts(tx))


def _first_account(tx: Tx, address: str, credentials: dict[str, str], now_us: int) -> None:
    directory.add_domain(tx, DOMAIN, now_us)
    directory.add_account(tx, address, name="", language="ko", quota_octets=0, credentials=credentials, now_us=now_us)
    if not address.startswith("root@"):
        directory.add_alias(tx, f"root@{DOMAIN}", address)


def _name() -> str:
    """The name of whoever started us, as a local part."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "me"
    return re.sub(r"[^a-z0-9._-]", "", name.lower()).strip(".-") or "me"
