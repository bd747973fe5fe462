"""A zone that is really signed, and an unbound that really checks it, on ports of their own."""

import shutil
import subprocess
from pathlib import Path

from kit.patience import PATIENCE_S
from kit.postfix import await_port, free_port

ZONE = """$ORIGIN {domain}.
$TTL 300
@ IN SOA ns.{domain}. admin.{domain}. 1 3600 600 86400 60
@ IN NS ns.{domain}.
@ IN MX 10 {host}.
ns IN A 127.0.0.1
{host}. IN A 127.0.0.1
{more}
"""
UNBOUND = """server:
  interface: 127.0.0.1
  port: {port}
  directory: "{folder}"
  do-daemonize: no
  use-syslog: no
  logfile: ""
  username: ""
  chroot: ""
  pidfile: ""
  do-not-query-localhost: no
  module-config: "{modules}"
  trust-anchor-file: "{folder}/anchor"
remote-control:
  control-enable: no
auth-zone:
  name: "{domain}."
  zonefile: "{folder}/zone.signed"
  for-downstream: no
  for-upstream: yes
"""


def key_of(folder, domain):
    """A key that signs all of a zone; its name."""
    command = ["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", f"{domain}."]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def signed_zone(folder, domain, host, more, *times):
    """The octets of the zone with signatures; `times` as ldns-signzone wants them.  The anchor lies beside it."""
    key = key_of(folder, domain)
    (folder / "zone").write_text(ZONE.format(domain=domain, host=host, more=more))
    subprocess.run(["ldns-signzone", *times, "zone", key], cwd=folder, check=True, capture_output=True)
    shutil.copyfile(folder / f"{key}.key", folder / "anchor")
    return (folder / "zone.signed").read_text()


class Validating:
    """`unsigned` serves the zone without signatures, `checks` False asks nobody to check them, `broken` is text of the
    signed zone that is changed after it was signed, (old, new)."""

    def __init__(self, folder, domain, host, more, *, unsigned=False, checks=True, broken=None, times=()):
        self.folder, self.port = Path(folder), free_port()
        text = signed_zone(self.folder, domain, host, more, *times)
        if unsigned:
            text = (self.folder / "zone").read_text()
            (self.folder / "anchor").write_text("")
        if broken is not None:
            assert broken[0] in text, text
            text = text.replace(*broken)
        (self.folder / "zone.signed").write_text(text)
        (self.folder / "unbound.conf").write_text(
            UNBOUND.format(
                port=self.port,
                folder=self.folder,
                domain=domain,
                modules="validator iterator" if checks else "iterator",
            )
        )
        with self.said.open("ab") as out:
            command = ["unbound", "-d", "-c", self.folder / "unbound.conf"]
            self._daemon = subprocess.Popen(command, stdout=out, stderr=out)
        await_port(self.port, self.said.read_text)

    @property
    def said(self):
        return self.folder / "said"

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        self._daemon.terminate()
        self._daemon.wait(PATIENCE_S)
