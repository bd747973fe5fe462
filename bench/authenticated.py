"""authenticated.py make FOLDER DOMAIN | check HOST:PORT USER PASSWORD: what `authenticated.sh` needs.

`make` writes a signed letter of 10 KiB from kim@sender.example (opendkim answers .test by itself) and the settings of
unbound, with the zone that vouches for it, and of the filters.  `check` looks into a mailbox: was the newest letter
really judged?
"""

import imaplib
import sys
import textwrap
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from pyeonji.message.header import parse_header
from pyeonji.msgauth.dkim.bodies import Body
from pyeonji.msgauth.dkim.sign import SigningKey, record, signature
from pyeonji.net.clock import SystemClock

OCTETS = 10_240
LINE = b"Let us have lunch together, what about half past twelve at the usual place?\r\n"
UNBOUND = """server:
  interface: 127.0.0.1
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "." static
"""
OPENDKIM = """Mode v
UserID opendkim
Socket inet:8891@127.0.0.1
PidFile {folder}/opendkim.pid
InternalHosts {folder}/nobody
ExternalIgnoreList {folder}/nobody
Nameservers 127.0.0.1
AuthservID mx.{domain}
Syslog no
"""
OPENDMARC = """UserID opendmarc
Socket inet:8893@127.0.0.1
PidFile {folder}/opendmarc.pid
IgnoreHosts {folder}/nobody
AuthservID mx.{domain}
TrustedAuthservIDs mx.{domain}
SPFSelfValidate true
SPFIgnoreResults true
RejectFailures true
RequiredHeaders false
PublicSuffixList /usr/share/publicsuffix/public_suffix_list.dat
Syslog false
"""
OURS = """hostname = "mx.{domain}"

[front]
exempt = ["192.0.2.0/24"]        # nobody: this machine's letters are looked at as anybody's
greet_pause = "never"

[rates]
connections = 10000000
letters = 10000000
errors = 10000000

[dns]
nameservers = ["127.0.0.1:53"]
"""


def main(what: str, *words: str) -> None:
    {"make": make, "check": check}[what](*words)


def make(text: str, domain: str) -> None:
    folder = Path(text)
    key = SigningKey("sender.example", "s", rsa.generate_private_key(public_exponent=65537, key_size=2048))
    (folder / "letter").write_bytes(signed(key, domain).replace(b"\r\n", b"\n"))
    records = {
        "sender.example. TXT": "v=spf1 ip4:127.0.0.1 -all",
        "_dmarc.sender.example. TXT": "v=DMARC1; p=reject",
        "s._domainkey.sender.example. TXT": record(key.private),
        "1.0.0.127.in-addr.arpa. PTR": "mail.sender.example.",
        "mail.sender.example. A": "127.0.0.1",
        "sender.example. A": "127.0.0.1",
    }
    lines = [
        f"  local-data: '{name.replace(' ', ' 3600 IN ')} {quoted(name, value)}'" for name, value in records.items()
    ]
    (folder / "unbound.conf").write_text(UNBOUND + "\n".join(lines) + "\n")
    (folder / "nobody").write_text("192.0.2.1\n")
    for name, lines_of in {"opendkim.conf": OPENDKIM, "opendmarc.conf": OPENDMARC, "pyeonji.toml": OURS}.items():
        (folder / name).write_text(lines_of.format(folder=folder, domain=domain))


def quoted(name: str, value: str) -> str:
    return " ".join(f'"{piece}"' for piece in textwrap.wrap(value, 200)) if name.endswith("TXT") else value


def signed(key: SigningKey, domain: str) -> bytes:
    now_s = SystemClock().now_us() // 1_000_000
    head = (
        f"From: Kim <kim@sender.example>\r\nTo: u@{domain}\r\nSubject: lunch\r\n"
        "Date: Fri, 27 Nov 2026 08:00:00 +0000\r\nMessage-ID: <1@sender.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
    ).encode()
    letter = head + LINE * ((OCTETS - len(head)) // len(LINE))
    body = Body("relaxed")
    body.feed(letter[len(head) :])
    body.finish()
    digest = body.digest()
    assert digest is not None
    return signature(parse_header(letter), digest.digest, key, now_s) + letter


def check(where: str, user: str, password: str) -> None:
    host, _, port = where.partition(":")
    with imaplib.IMAP4(host, int(port)) as client:
        client.login(user, password)
        client.select("INBOX", readonly=True)
        _, found = client.fetch("*", "(BODY.PEEK[HEADER])")
    header = b" ".join(found[0][1].split())  # type: ignore[index]
    assert b"dkim=pass" in header, header
    assert b"spf=pass" in header, header
    assert b"dmarc=pass" in header, header


if __name__ == "__main__":
    main(*sys.argv[1:])
