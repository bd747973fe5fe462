"""An Exim of the machine's package, in a folder of its own: on its port it takes, and by `relayhost` it gives on."""

import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

from kit.patience import PATIENCE_S
from kit.postfix import await_port, free_port

MAIN = """
exim_user = mail
exim_group = mail
exim_path = {program}
keep_environment =
primary_hostname = {hostname}
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
acl_smtp_rcpt = rcpt
tls_advertise_hosts = {tls}
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
log_selector = +tls_certificate_verified
begin acl
rcpt:
  accept
begin routers
here:
  driver = accept
  domains = {domain}
  transport = files
on:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = on
begin transports
files:
  driver = appendfile
  directory = {folder}/mail
  create_directory = true
on:
  driver = smtp
  port = {relay_port}
  allow_localhost = true
  hosts_require_tls = *
  tls_verify_hosts = *
  tls_verify_cert_hostnames =
  tls_verify_certificates = {roots}
"""


class Exim:
    """`tls` False offers no STARTTLS; `relay_port` and `roots` are where it gives letters on to, and whom it trusts."""

    def __init__(self, program, folder, *, domain, hostname, certificate, tls=True, relay_port=25, roots="system"):
        self.folder, self.port = Path(folder), free_port()
        (self.folder / "spool").mkdir()
        certificate.private_key_pem.write_to_path(self.folder / "key.pem")
        (self.folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        self.folder.chmod(0o755)
        owner = pwd.getpwnam("mail")
        for path in (self.folder, *self.folder.iterdir()):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        config = self.folder / "exim.conf"
        config.write_text(
            MAIN.format(
                program=program, folder=self.folder, port=self.port, domain=domain, hostname=hostname,
                tls="*" if tls else "", relay_port=relay_port, roots=roots,
            )
        )  # fmt: skip
        with (self.folder / "said").open("ab") as out:
            self._daemon = subprocess.Popen([program, "-C", config, "-bdf"], stdout=out, stderr=out)
        await_port(self.port, self.log)

    def stop(self):
        self._daemon.terminate()
        self._daemon.wait(PATIENCE_S)
        shutil.rmtree(self.folder)

    def log(self):
        return "".join(path.read_text("utf-8", "replace") for path in (*self.folder.glob("*log"), self.folder / "said"))

    def letters(self):
        """What it has put into files, as soon as it is there."""
        return self._awaited(lambda: [path.read_bytes() for path in self.folder.glob("mail/q*")])

    def logged(self, words):
        """A line of its log with these words, as soon as it is there."""
        return self._awaited(lambda: [line for line in self.log().splitlines() if words in line])[0]

    def _awaited(self, look):
        end = time.monotonic() + PATIENCE_S
        while not (found := look()):
            assert time.monotonic() < end, self.log()
            time.sleep(0.05)  # another program's folder: nothing tells us
        return found
