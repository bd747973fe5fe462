"""An OpenSMTPD of the machine's package: on its port it takes, and by `relay_port` it gives on.

Its spool, its socket and whom it trusts have places of their own that cannot be moved: it gets a mount namespace.
"""

import os
import pwd
import shutil
import smtplib
import ssl
import subprocess
import time
from pathlib import Path

from kit.patience import PATIENCE_S
from kit.postfix import await_port, free_port

CONFIG = """
pki ours cert "{folder}/cert.pem"
pki ours key "{folder}/key.pem"
table people {{ "@" = mail }}
listen on 127.0.0.1 port {port} {tls} hostname {hostname}
action "here" maildir "{folder}/mail/box" virtual <people>
action "on" relay host "smtp+tls://localhost:{relay_port}" tls helo {hostname}
match from any for domain "{domain}" action "here"
match from any for any action "on"
"""
# What it has in fixed places lies on a file system of its own; names are looked up in /etc/hosts alone.
ALONE = """
set -e
mount -t tmpfs none /var/spool
mount -t tmpfs none /run
mkdir -m 711 /var/spool/smtpd
mount --bind {folder}/resolv.conf "$(readlink -f /etc/resolv.conf)"
[ ! -e {folder}/roots.pem ] || mount --bind {folder}/roots.pem "$(readlink -f /etc/ssl/certs/ca-certificates.crt)"
exec "$0" "$@"
"""


class OpenSmtpd:
    """`tls` False offers no STARTTLS; `relay_port` and `roots` are where it gives letters on to, and whom it trusts."""

    def __init__(self, program, folder, *, domain, hostname, certificate, tls=True, relay_port=25, roots=b""):
        self.folder, self.port = Path(folder), free_port()
        (self.folder / "mail").mkdir()
        certificate.private_key_pem.write_to_path(self.folder / "key.pem")
        (self.folder / "key.pem").chmod(0o600)
        (self.folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        (self.folder / "resolv.conf").write_text("lookup file\nnameserver 127.0.0.1\n")
        if roots:
            (self.folder / "roots.pem").write_bytes(roots)
        config = self.folder / "smtpd.conf"
        config.write_text(
            CONFIG.format(
                folder=self.folder, port=self.port, domain=domain, hostname=hostname, relay_port=relay_port,
                tls="tls pki ours" if tls else "",
            )
        )  # fmt: skip
        config.chmod(0o600)
        self.folder.chmod(0o755)
        owner = pwd.getpwnam("mail")
        os.chown(self.folder / "mail", owner.pw_uid, owner.pw_gid)
        script = ALONE.format(folder=self.folder)
        with (self.folder / "said").open("ab") as out:
            command = ["unshare", "-m", "sh", "-c", script, program, "-d", "-v", "-f", config]
            self._daemon = subprocess.Popen(command, stdout=out, stderr=out)
        await_port(self.port, self.log)

    @property
    def can_encrypt(self):
        """That of Debian 12 (6.8) offers STARTTLS and cannot do it: its keys are out of reach for OpenSSL 3."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with smtplib.SMTP("127.0.0.1", self.port) as client:
                client.starttls(context=context)
        except (OSError, smtplib.SMTPException):
            return False
        return True

    def stop(self):
        self._daemon.terminate()
        self._daemon.wait(PATIENCE_S)
        shutil.rmtree(self.folder)

    def log(self):
        return (self.folder / "said").read_text("utf-8", "replace")

    def letters(self):
        """What lies in its maildir, as soon as it is there."""
        return self._awaited(lambda: [path.read_bytes() for path in self.folder.glob("mail/box/new/*")])

    def logged(self, words):
        """A line of its log with these words, as soon as it is there."""
        return self._awaited(lambda: [line for line in self.log().splitlines() if words in line])[0]

    def _awaited(self, look):
        end = time.monotonic() + PATIENCE_S
        while not (found := look()):
            assert time.monotonic() < end, self.log()
            time.sleep(0.05)  # another program's folder: nothing tells us
        return found
