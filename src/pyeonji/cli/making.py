"""What `pyeonji setup` makes: a configuration of a few lines, the data folder, one account, keys, units."""

import contextlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pyeonji.address import Address
from pyeonji.store import directory
from pyeonji.store.engine.base import Tx
from pyeonji.store.home import open_home
from pyeonji.store.keys import OwnKey, keys_of
from pyeonji.zone.wanted import AUTOCONFIG, AUTODISCOVER, STS

USER = "pyeonji"
ROLES = ("postmaster", "abuse")  # RFC 2142: addresses that everybody expects
OPENED = {"smtp": 25, "submission": 587, "submissions": 465, "imaps": 993, "http": 80, "https": 443}
LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
CONFIG_DIR = Path("/etc/pyeonji")


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that was found out and answered."""

    address: Address
    hostname: str
    data: Path
    config: Path
    ipv6: bool
    relay: str = ""  # "host:port" of the server that carries our letters, when we may not
    nameservers: tuple[str, ...] = ()
    acme: str = LETS_ENCRYPT  # directory of who gives us certificates; "" for nobody
    acme_roots: str = ""  # whom to believe there, when it is an authority of one's own
    agreed: bool = False  # to its terms

    @property
    def certified(self) -> tuple[str, ...]:
        """The names of our certificates, each by itself: one that is not in the DNS keeps the others not waiting."""
        domain = self.address.domain
        labels = (AUTOCONFIG, AUTODISCOVER, STS) if self.agreed else (AUTOCONFIG, AUTODISCOVER)
        return (self.hostname, *(f"{label}.{domain}" for label in labels))

    @property
    def text(self) -> str:
        """pyeonji.toml: fifteen lines, with those that only some need."""
        lines = [f'hostname = "{self.hostname}"', f'domain = "{self.address.domain}"', "[listeners]"]
        for service, port in OPENED.items():
            places = [f'"0.0.0.0:{port}"'] + ([f'"[::]:{port}"'] if self.ipv6 else [])
            lines.append(f"{service} = [{', '.join(places)}]")
        if self.relay:
            lines += ["[relay]", f'smart_host = "{self.relay}"']
        if self.nameservers:
            quoted = ", ".join(f'"{server}"' for server in self.nameservers)
            lines += ["[dns]", f"nameservers = [{quoted}]"]
        if self.acme:
            quoted = ", ".join(f'"{name}"' for name in self.certified)
            lines += ["[acme]", f'directory = "{self.acme}"', f"agreed = {'true' if self.agreed else 'false'}"]
            lines += [f"certificates = [{quoted}]"] + ([f'roots = "{self.acme_roots}"'] if self.acme_roots else [])
        if self.acme and self.agreed:  # a page that others believe can say that we encrypt; "enforce" is for later
            lines += ["[sts]", 'mode = "testing"']
        return "\n".join(lines) + "\n"


def make_user() -> bool:
    """The user the server runs as; False when it is there, or we are not root."""
    with contextlib.suppress(KeyError):
        pwd.getpwnam(USER)
        return False
    program = shutil.which("useradd")
    if os.geteuid() != 0 or program is None:
        return False
    subprocess.run(
        [program, "--system", "--user-group", "--no-create-home", "--home-dir", "/var/lib/pyeonji", "--shell",
         "/usr/sbin/nologin", USER],
        check=True, capture_output=True,
    )  # fmt: skip
    return True


def write_config(plan: Plan) -> bool:
    """False when there is one already: it is left as it is."""
    plan.config.parent.mkdir(parents=True, exist_ok=True)
    try:
        with plan.config.open("x", encoding="utf-8") as stream:
            stream.write(plan.text)
    except FileExistsError:
        return False
    return True


def make_store(plan: Plan, credentials: dict[str, str], language: str, now_us: int) -> tuple[bool, list[OwnKey]]:
    """Domain, account, the addresses everybody expects, and keys; whether the account is new, and all keys."""
    from pyeonji.submission import keys

    home = open_home(plan.data, create=True)
    try:
        lacking = home.engine.read_now(lambda tx: not keys_of(tx, plan.address.domain))
        made = keys.make_all() if lacking else []

        def make(tx: Tx) -> tuple[bool, list[OwnKey]]:
            name = plan.address.domain
            if not directory.domain_exists(tx, name):
                directory.add_domain(tx, name, now_us)
            address = directory.fold(plan.address)
            new = directory.account(tx, address) is None
            if new:
                directory.add_account(
                    tx, address, name="", language=language, quota_octets=0, credentials=credentials, now_us=now_us
                )
            for role in ROLES:
                if f"{role}@{name}" != address and not directory.targets(tx, f"{role}@{name}"):
                    directory.add_alias(tx, f"{role}@{name}", address)
            keys.add(tx, name, made, now_us)
            return new, keys_of(tx, name)

        return home.engine.write_now(make)
    finally:
        home.close()


def give_away(folder: Path) -> None:
    """To the user the server runs as, when we are root and there is one."""
    with contextlib.suppress(KeyError):
        user = pwd.getpwnam(USER)
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def stop_unit(unit: str) -> bool:
    """Stop a service for good, so that its ports are ours."""
    program = shutil.which("systemctl")
    if program is None or not unit.endswith(".service"):
        return False
    return subprocess.run([program, "disable", "--now", unit], capture_output=True, timeout=60).returncode == 0
