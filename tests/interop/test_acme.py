"""Certificates from a real authority: Debian's pebble looks at our names as Let's Encrypt does."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest
from cryptography import x509

from kit.certified import certified
from kit.patience import PATIENCE_S
from kit.server import BIN, HOST, KIM, PASSWORD, Server, until

pytestmark = pytest.mark.interop
NAMES = ("mail.here.test", "imap.here.test")
EAB_KID, EAB_KEY = "kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"


def free_port():
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return sock.getsockname()[1]


class Authority:
    """pebble, and the name server it asks (pebble-challtestsrv), on ports of their own."""

    def __init__(self, folder: Path, programs, http: int, tls: int, port: int, dns: int, *, outside: bool = False):
        self.folder, self.programs = folder, programs
        self.port, self.dns, self.management, self.dns_management = port, dns, free_port(), free_port()
        chain, key = certified(["ca.test"])
        (folder / "ca.pem").write_bytes(chain)
        (folder / "ca.key").write_bytes(key)
        config = {
            "listenAddress": f"{HOST}:{port}", "managementListenAddress": f"{HOST}:{self.management}",
            "certificate": str(folder / "ca.pem"), "privateKey": str(folder / "ca.key"), "httpPort": http,
            "tlsPort": tls,
            "ocspResponderURL": "", "externalAccountBindingRequired": outside,
            "externalAccountMACKeys": {EAB_KID: EAB_KEY}, "certificateValidityPeriod": 90 * 86_400,
        }  # fmt: skip
        (folder / "pebble.json").write_text(json.dumps({"pebble": config}))
        self.running = []

    def start_dns(self):
        self._start(
            self.programs[1], "-dns01", f"{HOST}:{self.dns}", "-management", f"{HOST}:{self.dns_management}",
            "-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv4", HOST, "-defaultIPv6", "",
        )  # fmt: skip
        until(lambda: answers(self.dns_management))

    def start(self):
        self._start(
            self.programs[0], "-config", str(self.folder / "pebble.json"), "-dnsserver", f"{HOST}:{self.dns}", "-strict"
        )
        until(lambda: answers(self.port))

    def _start(self, *words):
        log = (self.folder / f"{Path(words[0]).name}.log").open("ab")
        environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "20"}
        self.running.append(subprocess.Popen(words, stdout=log, stderr=log, env=environment))
        log.close()

    def root(self) -> str:
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        context.check_hostname = False
        url = f"https://{HOST}:{self.management}/roots/0"
        with urllib.request.urlopen(url, context=context) as answer:
            return answer.read().decode()

    def status_of(self, serial: int) -> str:
        """ "Valid" or "Revoked"."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        context.check_hostname = False
        url = f"https://{HOST}:{self.management}/cert-status-by-serial/{serial:x}"
        with urllib.request.urlopen(url, context=context) as answer:
            return json.load(answer)["Status"]

    def stop(self):
        while self.running:
            process = self.running.pop()
            process.terminate()
            process.wait(PATIENCE_S)


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
        return True
    return False


class Here:
    """A real server, and an authority that was not started so far."""

    def __init__(
        self, folder: Path, programs, more: str = "", *, outside: bool = False, answers_alpn: str = "acme-tls"
    ):
        ca, dns, alpn = free_port(), free_port(), free_port()
        self.data = folder / "d"
        self.server = Server(self.data, (KIM,))
        offset = self.server.offset
        hook = folder / "hook"
        (self.data / "pyeonji.toml").write_text(f"""
            hostname = "mail.here.test"
            workers = 2
            [listeners]
            http = "{HOST}:8025"
            imaps = "{HOST}:1993"
            {answers_alpn} = "{HOST}:{alpn - offset}"
            [dns]
            nameservers = ["{HOST}:{dns}"]
            [acme]
            directory = "https://ca.test:{ca}/dir"
            agreed = true
            certificates = ["{" ".join(NAMES)}"]
            roots = "{folder / "ca.pem"}"
            {more.format(hook=hook)}
        """)
        self.authority = Authority(folder, programs, self.server.port("http"), alpn, ca, dns, outside=outside)
        hook.write_text(f"#!{sys.executable}\n{HOOK.format(port=self.authority.dns_management)}")
        hook.chmod(0o700)

    @property
    def path(self):
        return self.data / "tls" / "acme" / f"{NAMES[0]}.pem"

    def wait_for_it(self):
        """Until there is a certificate; a first try that failed is told."""
        state = self.path.parent / "state.json"
        until(lambda: self.path.exists() or state.exists())
        assert self.path.exists(), state.read_text()

    def serial(self):
        return x509.load_pem_x509_certificate(self.path.read_bytes()).serial_number

    def shown(self, name=NAMES[1]):
        """The serial number of what a client is shown, which has to be one it believes."""
        context = ssl.create_default_context(cadata=self.authority.root())
        with (
            contextlib.suppress(ssl.SSLError),
            socket.create_connection((HOST, self.server.port("imaps")), PATIENCE_S) as sock,
            context.wrap_socket(sock, server_hostname=name) as tls,
        ):
            return x509.load_der_x509_certificate(tls.getpeercert(True)).serial_number
        return None

    def is_shown(self):
        """By both workers: each new connection may be taken by either."""
        return all(self.shown() == self.serial() for _ in range(8))

    def command(self, *words):
        found = subprocess.run(
            [BIN / "pyeonji", "tls", *words, "--data", self.data, "--json"], capture_output=True, text=True, check=False
        )
        assert not found.stderr, found.stderr
        return found.returncode, json.loads(found.stdout)


HOOK = """
import json, sys, urllib.request
verb, name, value = sys.argv[1:]
what = {{"add": "set-txt", "remove": "clear-txt"}}[verb]
body = json.dumps({{"host": name + ".", "value": value}}).encode()
urllib.request.urlopen("http://127.0.0.1:{port}/" + what, body)
"""


@pytest.fixture
def here(tmp_path, program):
    """`here(settings)` is a server with an authority; both are stopped afterwards."""
    made = []

    def make(more="", **how):
        one = Here(tmp_path, (program("pebble"), program("pebble-challtestsrv")), more, **how)
        made.append(one)
        one.authority.start_dns()
        return one

    yield make
    for one in made:
        if one.server.process is not None:
            one.server.stop()
        one.authority.stop()


WAYS = {
    "http-01": ('challenge = "http-01"', "acme-tls"),
    "tls-alpn-01": ('challenge = "tls-alpn-01"', "acme-tls"),
    "tls-alpn-01, beside pages": ('challenge = "tls-alpn-01"', "https"),
    "dns-01": ('challenge = "dns-01"\ndns_hook = "{hook}"', "acme-tls"),
}


@pytest.mark.parametrize(("way", "answers_alpn"), WAYS.values(), ids=WAYS)
def test_a_server_gets_its_certificate_by_itself_and_shows_it(here, way, answers_alpn):
    one = here(way, answers_alpn=answers_alpn)
    one.authority.start()
    one.server.start()
    one.wait_for_it()
    assert one.path.stat().st_mode & 0o777 == 0o600
    assert (one.path.parent / "account.json").stat().st_mode & 0o777 == 0o600
    until(one.is_shown)
    assert [*(one.path.parent / "challenges").glob("*")] == []  # nothing of it is left
    code, told = one.command("status")
    (row,) = told["certificates"]
    assert (code, set(row["names"]), row["days"], row["problem"]) == (0, set(NAMES), 89, None)


def test_an_authority_that_is_down_is_told_and_asked_again(here):
    one = here()
    one.server.start()
    state = one.path.parent / "state.json"
    until(state.exists)
    code, told = one.command("status")
    (waiting,) = [row for row in told["certificates"] if row["names"] == [*NAMES]]
    assert (code, waiting["problem"]["kind"], waiting["days"]) == (1, "unreachable", None)
    assert waiting["tried_at"]
    one.authority.start()
    assert one.command("renew")[0] == 0
    until(one.is_shown)
    assert one.command("status")[0] == 0


def test_a_wrong_answer_is_told_in_plain_words(here, tmp_path):
    """Somebody else answers at port 80: the certificate is not given, and nothing of ours is harmed."""
    one = here('challenge = "http-01"')
    one.authority.start()
    data = tmp_path / "d"
    text = (data / "pyeonji.toml").read_text().replace("8025", str(8025 + 900))
    (data / "pyeonji.toml").write_text(text)  # where pebble looks, nobody is
    code, told = one.command("renew")
    assert (code, told["problem"]["kind"]) == (1, "connection")
    impostor = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(one.server.port("http")), "--bind", HOST, "-d", tmp_path],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: answers(one.server.port("http")))
        code, told = one.command("renew")
    finally:
        impostor.terminate()
        impostor.wait(PATIENCE_S)
    assert (code, told["problem"]["kind"], told["problem"]["name"] in NAMES) == (1, "unauthorized", True)
    assert not one.path.exists()


def test_a_certificate_that_is_taken_back_is_replaced_with_another_key(here):
    one = here()
    one.authority.start()
    one.server.start()
    one.wait_for_it()
    old = x509.load_pem_x509_certificate(one.path.read_bytes())
    assert one.command("renew")[0] == 0
    renewed = x509.load_pem_x509_certificate(one.path.read_bytes())
    assert (renewed.serial_number != old.serial_number, renewed.public_key()) == (True, old.public_key())
    assert one.command("revoke", NAMES[0], "--reason", "key", "--yes")[0] == 0
    assert one.authority.status_of(renewed.serial_number) == "Revoked"
    new = x509.load_pem_x509_certificate(one.path.read_bytes())
    assert new.public_key() != renewed.public_key()
    assert one.authority.status_of(new.serial_number) == "Valid"


def test_an_authority_that_wants_an_account_with_it_is_given_one(here, tmp_path):
    one = here(outside=True)
    one.authority.start()
    assert one.command("renew")[1]["problem"]["kind"] == "externalAccountRequired"
    (tmp_path / "eab").write_text(EAB_KEY + "\n")
    config = one.data / "pyeonji.toml"
    config.write_text(config.read_text() + f'eab_kid = "{EAB_KID}"\neab_key_file = "{tmp_path / "eab"}"\n')
    one.server.start()
    assert one.command("renew")[0] == 0
    assert one.path.exists()


def test_a_renewal_under_load_loses_no_connection(here):
    """Clients come and go, and some stay, while certificates are exchanged three times."""
    one = here()
    one.authority.start()
    one.server.start()
    one.wait_for_it()
    until(one.is_shown)
    load = Load(one)
    stays = load.connect()
    load.start()
    try:
        for _ in range(3):
            assert one.command("renew")[0] == 0
            until(one.is_shown)
        before = load.count
        until(lambda: load.count > before + 20)
    finally:
        load.stop()
    assert load.failures == []
    assert len(load.serials) >= 4  # all of them were shown
    assert load.say(stays, b"z NOOP\r\n").startswith(b"z OK")  # under the first certificate still


class Load(threading.Thread):
    """One client after the other: a handshake, a login, a NOOP, goodbye."""

    def __init__(self, one: Here) -> None:
        super().__init__()
        self.context = ssl.create_default_context(cadata=one.authority.root())
        self.port, self.ends = one.server.port("imaps"), threading.Event()
        self.count, self.failures, self.serials = 0, [], set()

    def connect(self):
        sock = socket.create_connection((HOST, self.port), PATIENCE_S)
        tls = self.context.wrap_socket(sock, server_hostname=NAMES[0])
        self.serials.add(x509.load_der_x509_certificate(tls.getpeercert(True)).serial_number)
        file = tls.makefile("rwb")
        file.readline()
        tls.close()  # `file` keeps it open
        assert self.say(file, f"a LOGIN {KIM} {PASSWORD}\r\n".encode()).startswith(b"a OK")
        return file

    @staticmethod
    def say(file, line):
        file.write(line)
        file.flush()
        while not (answer := file.readline()).startswith(line[:2]):
            assert answer, "hung up"
        return answer

    def run(self):
        while not self.ends.is_set():
            try:
                file = self.connect()
                self.say(file, b"b NOOP\r\n")
                self.say(file, b"c LOGOUT\r\n")
                file.close()
                self.count += 1
            except (OSError, AssertionError) as error:
                self.failures.append(error)

    def stop(self):
        self.ends.set()
        self.join(30)
