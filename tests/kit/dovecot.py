"""A Dovecot, which many know: what it says is compared with what we say."""

import contextlib
import getpass
import imaplib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from kit.patience import PATIENCE_S
from pyeonji.net.tls import self_signed

NOBODY = 65_534
HOST, USER, PASSWORD = "localhost", "kim", "pw"
LAYOUTS = {"slash": ("/", ""), "dot below INBOX": (".", "INBOX.")}

CONFIG = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
mail_location = maildir:{mail}
first_valid_uid = 1
{users}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/home
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
  mailbox Gesendet {{
    auto = create
    special_use = \\Sent
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service anvil {{
  chroot =
}}
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Dovecot:
    """One server on a Maildir of its own, or on a copy of another."""

    def __init__(self, binary: str, base: Path, layout: tuple[str, str], maildir: Path | None) -> None:
        separator, prefix = layout
        self.mail = base / "mail"
        self.imap, self.imaps = free_port(), free_port()
        for folder in (base / "run", base / "state", base / "home"):
            folder.mkdir(parents=True)
        if maildir is None:
            self.mail.mkdir()
        else:
            shutil.copytree(maildir, self.mail)
        uid = os.getuid() or NOBODY  # mail is never root's
        if uid == NOBODY:
            for path in (base / "home", self.mail, *self.mail.rglob("*")):
                os.chown(path, uid, uid)
        self.cert, key = self_signed(base / "tls", ("localhost",), time.time_ns() // 1000)
        me = getpass.getuser()
        users = "" if os.getuid() == 0 else f"default_internal_user = {me}\ndefault_login_user = {me}\n"
        config = base / "dovecot.conf"
        config.write_text(
            CONFIG.format(
                base=base, mail=self.mail, cert=self.cert, key=key, uid=uid, gid=uid, users=users,
                password=PASSWORD, separator=separator, prefix=prefix, imap=self.imap, imaps=self.imaps,
            )
        )  # fmt: skip
        self._process = subprocess.Popen([binary, "-F", "-c", config])
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.imaps), 1):
                return
            time.sleep(0.05)
        raise AssertionError((base / "log").read_text())

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_S)

    @contextlib.contextmanager
    def client(self):
        with imaplib.IMAP4(HOST, self.imap, timeout=PATIENCE_S) as client:
            client.login(USER, PASSWORD)
            yield client
