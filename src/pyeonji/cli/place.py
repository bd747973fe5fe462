"""A data folder as a command sees it: one server, or a lab with several.

Commands read and write the store themselves, so that they work while the server is down; afterwards they poke the
running one through its control socket, if there is one.
"""

import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from pyeonji.address import Address, NotADomain, NotAnAddress, parse_address, parse_domain
from pyeonji.cli.out import Problem
from pyeonji.cli.where import CONTROL, data_folder, socket_name
from pyeonji.config.values import WrongValue, read_time
from pyeonji.journey.receipt import NotAReceipt, Receipt, parse_receipt
from pyeonji.store.home import DATABASE, Home, open_home

LAB_FILE = "lab.json"
ANSWER_S = 35.0  # seconds; a little more than the server allows itself


class Place:
    """One data folder; `nodes` are (name, folder) of the servers in it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        try:
            self.is_lab = (data / LAB_FILE).exists() or (data / "nodes").is_dir()
        except PermissionError as error:
            raise Problem("cli.not_yours", data=str(data), owner=owner_of(data)) from error
        folders = sorted(path for path in (data / "nodes").glob("*") if (path / DATABASE).exists())
        self.nodes = [(path.name, path) for path in folders] if self.is_lab else [("", data)]

    @contextmanager
    def homes(self) -> Iterator[list[tuple[str, Home]]]:
        """All stores, opened; raises StoreError."""
        if not self.nodes:
            raise Problem("cli.no_data", data=str(self.data))
        opened: list[tuple[str, Home]] = []
        try:
            for name, folder in self.nodes:
                opened.append((name, open_home(folder, create=False)))
            yield opened
        finally:
            for _, home in opened:
                home.close()

    @contextmanager
    def home(self, domain: str = "") -> Iterator[Home]:
        """The store of a domain's server; without a lab, the only one."""
        folder = self.data
        if self.is_lab:
            folder = self.data / "nodes" / domain
            if domain not in dict(self.nodes):
                raise Problem("cli.no_lab_domain", domain=domain, known=", ".join(name for name, _ in self.nodes))
        home = open_home(folder, create=False)
        try:
            yield home
        finally:
            home.close()

    def ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """What the running server (or lab) answers; None when it does not run."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(ANSWER_S)
                connection.connect(socket_name(str(self.data / CONTROL)))
                connection.sendall(json.dumps(request).encode() + b"\n")
                answer = b""
                while b"\n" not in answer and (octets := connection.recv(65_536)):
                    answer += octets
            found = json.loads(answer)
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def now_us(self) -> int:
        """The instant by this place's clock: a lab's may have been pushed."""
        now = (self.ask({"do": "status"}) or {}).get("now") if self.is_lab else None
        if isinstance(now, str):
            with suppress(ValueError):
                return round(datetime.fromisoformat(f"{now}+00:00").timestamp() * 1_000_000)
        return now_us()

    def poke(self, mailboxes: Iterable[int] = (), trees: Iterable[int] = ()) -> None:
        """Tell a running server to look again, and who has these mailboxes open or looks at these accounts' trees."""
        self.ask({"do": "wake", "mailboxes": list(mailboxes), "trees": list(trees)})


def owner_of(path: Path) -> str:
    """The name of the user a folder belongs to; that of a folder above when it cannot be seen itself."""
    for one in (path, *path.parents):
        with suppress(OSError, KeyError):
            return one.owner()
    return "?"


def place(args: Any) -> Place:
    """The place that `--data`, the environment or the defaults name."""
    return Place(Path(data_folder(getattr(args, "data", ""))))


def address_of(text: str) -> Address:
    """Raises Problem with a sentence."""
    try:
        return parse_address(text)
    except NotAnAddress as error:
        raise Problem("cli.not_an_address", code=2, value=text) from error


def domain_of(text: str) -> str:
    try:
        return parse_domain(text)
    except NotADomain as error:
        raise Problem("cli.not_a_domain", code=2, value=text) from error


def receipt_of(text: str) -> Receipt:
    try:
        return parse_receipt(text)
    except NotAReceipt as error:
        raise Problem("cli.not_a_receipt", code=2, value=text) from error


def seconds_of(text: str) -> float:
    """ "20s", "5m", "20"; "" is 0.  Raises Problem."""
    if not text:
        return 0.0
    try:
        return read_time(text if not text.isdecimal() else f"{text}s").total_seconds()
    except WrongValue as error:
        raise Problem("send.no_time", code=2, value=text) from error


def local_zone() -> tzinfo:
    """The time zone of the reader."""
    return datetime.fromtimestamp(now_us() / 1_000_000, UTC).astimezone().tzinfo or UTC


def now_us() -> int:
    """The instant a command acts."""
    from pyeonji.net.clock import SystemClock

    return SystemClock().now_us()
