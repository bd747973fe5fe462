"""Probes of a real server: nothing relayed for strangers, nothing behind STARTTLS obeyed, nothing smuggled in."""

import smtplib
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kit.patience import PATIENCE_S
from kit.server import HOST, KIM, PASSWORD, Server

SMUGGLE = Path(__file__).resolve().parents[3] / "shared" / "suites" / "smuggle.py"
REVERSE_PATHS = ("<a@elsewhere.test>", "<>", f"<{KIM}>")
FORWARD_PATHS = (
    "<user%other.test@here.test>", "<other.test!user@here.test>", "<@here.test:user@other.test>",
    '<"user@other.test"@here.test>', '<"user%other.test">', "<user@here.test@other.test>", "<user@other.test>",
    "<user@[127.0.0.1]>", "<user@[127.0.0.2]>", "<user@OTHER.TEST.>", "<user@[IPv6:::1]>", "<@a,@b:user@other.test>",
    "<user@other.test%here.test>", "<-x@here.test>", '<""@here.test>', "<../../x@here.test>", "<|/bin/sh@here.test>",
)  # fmt: skip
INJECTIONS = {
    "smtp": (b"EHLO x\r\n", b"STARTTLS\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<kim@here.test>\r\n", b"250 2.1"),
    "imap": (b"", b"a STARTTLS\r\nb LOGIN kim@here.test pw\r\n", b"b OK"),
    "pop3": (b"", b"STLS\r\nUSER kim@here.test\r\nPASS pw\r\n", b"maildrop ready"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("probed"), (KIM,)) as running:
        yield running


def accepted(server: Server) -> list[str]:
    """The probes to which a stranger's RCPT got a 250."""
    found = []
    for reverse_path in REVERSE_PATHS:
        for forward_path in FORWARD_PATHS:
            with smtplib.SMTP(HOST, server.port("smtp"), timeout=PATIENCE_S) as client:
                client.ehlo("probe.test")
                client.docmd("MAIL", f"FROM:{reverse_path}")
                if client.docmd("RCPT", f"TO:{forward_path}")[0] == 250:
                    found.append(f"{reverse_path} {forward_path}")
    return found


def test_nothing_is_relayed_for_strangers(server):
    assert len(REVERSE_PATHS) * len(FORWARD_PATHS) >= 40
    assert accepted(server) == []


def test_the_probes_would_find_an_open_relay(tmp_path):
    with Server(tmp_path / "open", (KIM,), config='trusted_networks = ["127.0.0.0/8"]\n') as open_relay:
        assert len(accepted(open_relay)) >= 6


@pytest.mark.parametrize("service", INJECTIONS)
def test_what_stands_behind_starttls_is_never_obeyed(server, service):
    before, injection, obeyed = INJECTIONS[service]
    with socket.create_connection((HOST, server.port(service)), timeout=5) as client:
        client.recv(4096)
        if before:
            client.sendall(before)
            client.recv(4096)
        client.sendall(injection)
        said = b""
        while octets := client.recv(4096):  # the connection is closed, or this times out
            said += octets
    assert obeyed not in said
    assert b"othing may follow" in said or b"Octets behind" in said


@pytest.mark.parametrize("service", INJECTIONS)
def test_the_same_commands_are_obeyed_without_starttls(server, service):
    """Or the test above would prove nothing."""
    before, injection, obeyed = INJECTIONS[service]
    with socket.create_connection((HOST, server.port(service)), timeout=5) as client:
        client.recv(4096)
        if before:
            client.sendall(before)
            client.recv(4096)
        client.sendall(injection.partition(b"\r\n")[2].replace(b"pw", PASSWORD.encode()))
        said = b""
        while obeyed not in said:
            octets = client.recv(4096)
            assert octets, said
            said += octets


def test_no_end_of_data_but_the_true_one_is_honoured(server):
    if not SMUGGLE.exists():
        pytest.skip("the published prober is not here")
    probe = subprocess.run(
        [sys.executable, SMUGGLE, f"{HOST}:{server.port('smtp')}", "--rcpt", KIM, "--wait", "0.1"],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert probe.returncode == 0, probe.stdout
    assert "setup:" not in probe.stdout
