"""A Postfix of the machine's package, in a folder of its own: on its port it takes, and by `relayhost` it gives on."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from kit.patience import PATIENCE_S

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}
myhostname = {hostname}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_security_level = may
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_tls_loglevel = 1
smtp_tls_loglevel = 1
smtputf8_enable = no
alias_maps =
{more}
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
scache unix - - n - 1 scache
"""


class Postfix:
    """`more` are further lines of main.cf.  Must be root: Postfix gives up its rights by itself."""

    def __init__(self, folder, *, domain, hostname, certificate, port=0, more=""):
        import pwd

        self.folder, self.port = Path(folder), port or free_port()
        for name in ("queue", "data", "mail", "log", "config"):
            (self.folder / name).mkdir(parents=True)
        owner = pwd.getpwnam("postfix")
        for path in (self.folder, self.folder / "queue"):
            path.chmod(0o755)
        for name in ("data", "mail"):
            os.chown(self.folder / name, owner.pw_uid, owner.pw_gid)
        cert, key = self.folder / "cert.pem", self.folder / "key.pem"
        certificate.private_key_pem.write_to_path(key)
        cert.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        facts = {"folder": self.folder, "domain": domain, "hostname": hostname, "cert": cert, "key": key, "more": more}
        config = self.folder / "config"
        (config / "main.cf").write_text(MAIN.format(uid=owner.pw_uid, gid=owner.pw_gid, **facts))
        (config / "master.cf").write_text(MASTER.format(port=self.port))
        self._run("start")
        await_port(self.port, self.log)

    def stop(self):
        self._run("stop")
        shutil.rmtree(self.folder)

    def log(self):
        path = self.folder / "log" / "mail.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def letters(self, wanted=1):
        """What lies in its maildirs, as soon as it is there."""
        return self._awaited(lambda: [path.read_bytes() for path in self.folder.glob("mail/all/new/*")], wanted)

    def logged(self, words):
        """A line of its log with these words, as soon as it is there."""
        return self._awaited(lambda: [line for line in self.log().splitlines() if words in line], 1)[0]

    def _awaited(self, look, wanted):
        end = time.monotonic() + PATIENCE_S
        while len(found := look()) < wanted:
            assert time.monotonic() < end, self.log()
            time.sleep(0.05)  # another program's folder: nothing tells us
        return found

    def _run(self, verb):
        # Its daemons keep what it prints to open for as long as they live: a file, not a pipe.
        said = self.folder / "said"
        with said.open("ab") as out:
            command = ["postfix", "-c", str(self.folder / "config"), verb]
            done = subprocess.run(command, stdout=out, stderr=out, timeout=PATIENCE_S)
        assert done.returncode == 0, said.read_text("utf-8", "replace") + self.log()


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def await_port(port, log):
    """Somebody listens there."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < end, log()
            time.sleep(0.05)
        else:
            return
