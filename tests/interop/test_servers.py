"""Other mail servers: a letter each way, encrypted, with the certificate proved."""

import os
import smtplib
import subprocess
from pathlib import Path

import pytest

from kit.exim import Exim
from kit.inbox import arrived
from kit.opensmtpd import OpenSmtpd
from kit.postfix import Postfix
from kit.sending import run
from kit.server import HOST, KIM
from pyeonji.journey.event import Decided, Delivered, TlsStarted
from stations.test_relay_trust import CERTIFICATES, DOMAIN, GOOD, decisions, sent
from stations.test_relay_trust import HOST as MX

pytestmark = pytest.mark.interop


@pytest.fixture
def postfix(program):
    """`postfix(certificate=..., more=...)` starts one."""
    program("postfix")
    if os.geteuid():
        pytest.skip("Postfix is started by root")
    started = []

    def start(certificate=GOOD, more=""):
        folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
        started.append(Postfix(folder, domain=DOMAIN, hostname=MX, certificate=certificate, more=more))
        return started[-1]

    yield start
    for one in started:
        one.stop()


class Listening:
    """Like a FakeMx, but somebody else's."""

    def __init__(self, port):
        self.port = port

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc):
        pass


ROWS = [
    ("nothing", "good", True),
    ("nothing", "expired", True),
    ("sts enforce", "good", True),
    ("sts enforce", "wrong name", False),
    ("sts testing", "unknown", True),
    ("dane good", "good", True),
    ("dane good", "unknown", False),
    ("dane unknown", "unknown", True),
]


@pytest.mark.parametrize(("promise", "kind", "taken"), ROWS)
def test_postfix_gets_a_letter_if_it_keeps_its_promise(tmp_path, postfix, promise, kind, taken):
    other = postfix(CERTIFICATES[kind])
    states, events, _, _ = run(sent(tmp_path, promise, Listening(other.port)))
    assert states == ["done" if taken else "waiting"]
    assert [event.version for event in events if isinstance(event, TlsStarted)] == ["TLSv1.3"]
    assert len(decisions(events, "tls.proof")) == 1
    if taken:
        assert [event.host for event in events if isinstance(event, Delivered)] == [MX]
        assert b"Subject: hi" in other.letters()[0]


def test_postfix_without_tls_gets_nothing_where_a_policy_forbids_it(tmp_path, postfix):
    other = postfix(more="smtpd_tls_security_level = none")
    states, events, _, _ = run(sent(tmp_path, "sts enforce", Listening(other.port)))
    assert states == ["waiting"]
    assert [event.outcome for event in events if isinstance(event, Decided)] == ["sts-enforce"]
    assert run(sent(tmp_path / "2", "nothing", Listening(other.port)))[0] == ["done"]


def test_postfix_sends_to_us_and_verifies_our_certificate(server, postfix, tmp_path):
    trusted = server.data / "tls" / "cert.pem"
    roots = tmp_path / "roots.pem"
    roots.write_bytes(trusted.read_bytes())
    tmp_path.chmod(0o755)
    more = f"""
relayhost = [{HOST}]:{server.port("smtp")}
virtual_mailbox_domains =
smtp_tls_security_level = secure
smtp_tls_secure_cert_match = localhost
smtp_tls_CAfile = {roots}
"""
    other = postfix(more=more)
    with smtplib.SMTP("127.0.0.1", other.port) as client:
        letter = f"From: lee@one.example\r\nTo: {KIM}\r\nSubject: from-postfix\r\n\r\nhi\r\n"
        client.sendmail("lee@one.example", [KIM], letter)
    assert "Verified TLS connection established" in other.logged("TLS connection established")
    assert "status=sent (250 2.0.0" in other.logged("status=")
    assert b"hi" in arrived(server, KIM, "from-postfix")


# ── Exim ──


@pytest.fixture
def exim(program):
    """`exim(certificate=..., tls=...)` starts one."""
    path = program("exim4", large=True)
    if os.geteuid():
        pytest.skip("Exim is started by root")
    started = []

    def start(certificate=GOOD, **facts):
        folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
        started.append(Exim(path, folder, domain=DOMAIN, hostname=MX, certificate=certificate, **facts))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.mark.parametrize(("promise", "kind", "taken"), ROWS)
def test_exim_gets_a_letter_if_it_keeps_its_promise(tmp_path, exim, promise, kind, taken):
    other = exim(CERTIFICATES[kind])
    states, events, _, _ = run(sent(tmp_path, promise, Listening(other.port)))
    assert states == ["done" if taken else "waiting"]
    assert [event.version for event in events if isinstance(event, TlsStarted)] == ["TLSv1.3"]
    if taken:
        assert b"Subject: hi" in other.letters()[0]


def test_exim_without_tls_gets_nothing_where_a_policy_forbids_it(tmp_path, exim):
    other = exim(tls=False)
    assert run(sent(tmp_path, "sts enforce", Listening(other.port)))[0] == ["waiting"]
    assert run(sent(tmp_path / "2", "nothing", Listening(other.port)))[0] == ["done"]


def test_exim_sends_to_us_and_verifies_our_certificate(server, exim, tmp_path):
    other = exim(relay_port=server.port("smtp"), roots="/dev/null")
    roots = other.folder / "roots.pem"
    roots.write_bytes((server.data / "tls" / "cert.pem").read_bytes())
    config = other.folder / "exim.conf"
    config.write_text(
        config.read_text().replace("tls_verify_certificates = /dev/null", f"tls_verify_certificates = {roots}")
    )
    with smtplib.SMTP("127.0.0.1", other.port) as client:
        letter = f"From: lee@one.example\r\nTo: {KIM}\r\nSubject: from-exim\r\n\r\nhi\r\n"
        client.sendmail("lee@one.example", [KIM], letter)
    assert "CV=yes" in other.logged("=> ")
    assert b"hi" in arrived(server, KIM, "from-exim")


# ── OpenSMTPD ──


@pytest.fixture
def opensmtpd(program):
    """`opensmtpd(certificate=..., tls=...)` starts one."""
    path = program("smtpd", large=True)
    if os.geteuid() or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("OpenSMTPD is started by root, in a mount namespace")
    started = []

    def start(certificate=GOOD, **facts):
        folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
        started.append(OpenSmtpd(path, folder, domain=DOMAIN, hostname=MX, certificate=certificate, **facts))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.mark.parametrize(("promise", "kind", "taken"), ROWS)
def test_opensmtpd_gets_a_letter_if_it_keeps_its_promise(tmp_path, opensmtpd, promise, kind, taken):
    """One that offers to encrypt and cannot gets only what may go in clear, and the journey says so."""
    other = opensmtpd(CERTIFICATES[kind])
    encrypts = other.can_encrypt
    states, events, _, _ = run(sent(tmp_path, promise, Listening(other.port)))
    taken = taken and (encrypts or promise in ("nothing", "sts testing"))
    assert states == ["done" if taken else "waiting"]
    assert [event.version for event in events if isinstance(event, TlsStarted)] == ["TLSv1.3"] * encrypts
    assert len(decisions(events, "tls.proof")) == encrypts
    assert decisions(events, "tls.fallback") == ["clear"] * (taken and not encrypts)
    if taken:
        assert b"Subject: hi" in other.letters()[0]


def test_opensmtpd_without_tls_gets_nothing_where_a_policy_forbids_it(tmp_path, opensmtpd):
    other = opensmtpd(tls=False)
    assert run(sent(tmp_path, "sts enforce", Listening(other.port)))[0] == ["waiting"]
    assert run(sent(tmp_path / "2", "nothing", Listening(other.port)))[0] == ["done"]


def test_opensmtpd_sends_to_us_and_verifies_our_certificate(server, opensmtpd):
    roots = (server.data / "tls" / "cert.pem").read_bytes()
    other = opensmtpd(relay_port=server.port("smtp"), roots=roots)
    with smtplib.SMTP("127.0.0.1", other.port) as client:
        letter = f"From: lee@one.example\r\nTo: {KIM}\r\nSubject: from-opensmtpd\r\n\r\nhi\r\n"
        client.sendmail("lee@one.example", [KIM], letter)
    assert 'result="Ok"' in other.logged("mta delivery")
    assert 'result="success"' in other.logged("server-cert-check")
    assert b"hi" in arrived(server, KIM, "from-opensmtpd")
