"""HAProxy in front of a real server: its PROXY headers are read at every port, and its checks find us alive."""

import imaplib
import json
import shutil
import smtplib
import socket
import ssl
import subprocess
import urllib.request

import pytest

from kit.patience import PATIENCE_S
from kit.server import HOST, KIM, PASSWORD, Server, until

pytestmark = pytest.mark.interop

SERVICES = ("smtp", "imaps", "http")
CONFIG = """
global
  maxconn 100
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
"""
CLIENT = "127.0.0.77"  # HAProxy sees its client at this address


def free_port():
    with socket.socket() as one:
        one.bind((HOST, 0))
        return one.getsockname()[1]


@pytest.fixture(
    scope="module", params=["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id"]
)
def front(request, tmp_path_factory):
    """A server that believes HAProxy, and the ports of HAProxy by service."""
    if shutil.which("haproxy") is None:
        pytest.skip("haproxy is not installed")
    folder = tmp_path_factory.mktemp("front")
    with Server(folder / "d", (KIM,), f'[front]\nproxies = ["{HOST}/32"]\n') as server:
        ports = {service: free_port() for service in SERVICES}
        config = folder / "haproxy.cfg"
        config.write_text(
            CONFIG
            + "".join(
                f"listen {service}\n  bind {HOST}:{port}\n"
                f"  server one {HOST}:{server.port(service)} {request.param} check inter 200ms\n"
                for service, port in ports.items()
            )
        )
        process = subprocess.Popen(["haproxy", "-db", "-f", config], stderr=subprocess.DEVNULL)
        try:
            until(lambda: listens(ports["smtp"]))
            yield server, ports
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def listens(port):
    with socket.socket() as one:
        return one.connect_ex((HOST, port)) == 0


def test_a_letter_comes_from_the_client_and_not_from_the_balancer(front):
    server, ports = front
    with smtplib.SMTP(HOST, ports["smtp"], source_address=(CLIENT, 0), timeout=PATIENCE_S) as client:
        client.ehlo("c.test")
        client.mail("a@b.test")
        client.rcpt(KIM)
        code, words = client.data(b"Subject: x\r\n\r\nx\r\n")
    assert code == 250
    number = words.rpartition(b"queued as ")[2].decode()
    told = json.loads(server.run("trace", number, "--json").stdout)
    connected = next(step for step in told["steps"] if step["event"] == "connected")
    assert connected["text"].startswith(f"{CLIENT}:")
    assert [step["outcome"] for step in told["steps"] if step.get("rule") == "introduced"] == [connected["text"]]


def test_the_header_comes_before_tls(front):
    _, ports = front
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with imaplib.IMAP4_SSL(HOST, ports["imaps"], ssl_context=context, timeout=PATIENCE_S) as client:
        assert client.login(KIM, PASSWORD)[0] == "OK"


def test_pages_are_served_behind_it(front):
    _, ports = front
    with urllib.request.urlopen(f"http://{HOST}:{ports['http']}/livez", timeout=PATIENCE_S) as page:
        assert page.status == 200


def test_who_comes_without_it_is_not_served(front):
    server, _ = front
    with socket.create_connection((HOST, server.port("smtp")), timeout=PATIENCE_S) as client:
        client.sendall(b"EHLO x\r\n")
        assert client.recv(100) == b""
