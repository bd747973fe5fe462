"""A running server whose certificate is exchanged: by looking, by SIGHUP, and with one that is bad."""

import os
import signal
import socket
import ssl

import pytest
from cryptography import x509

from kit.certified import certified, put
from kit.patience import PATIENCE_S
from kit.server import HOST, KIM, Server, until

pytestmark = pytest.mark.system


@pytest.fixture
def path(tmp_path):
    return put(tmp_path / "a.pem", certified(["here.test"], serial=1))


@pytest.fixture
def server(tmp_path, path):
    config = f'workers = 2\n[tls]\ncert = "{path}"\nkey = "{path}"\n'
    with Server(tmp_path / "d", (KIM,), config) as server:
        until(lambda: len(server.workers()) == 2)
        yield server


def shown(server):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((HOST, server.port("imaps")), PATIENCE_S) as sock,
        context.wrap_socket(sock, server_hostname="here.test") as tls,
    ):
        return x509.load_der_x509_certificate(tls.getpeercert(True)).serial_number


def all_shown(server):
    """By both workers: each new connection may be taken by either."""
    return {shown(server) for _ in range(8)}


def problems(server):
    """What the workers say is wrong."""
    return {(server.status()["certificate_problem"] or {}).get("key") for _ in range(8)}


def test_a_new_certificate_is_shown_without_being_told(server, path):
    assert all_shown(server) == {1}
    put(path, certified(["here.test"], serial=2))
    until(lambda: all_shown(server) == {2})


def test_a_bad_one_is_refused_at_a_reload_and_the_old_one_stays(server, path):
    workers = server.workers()
    put(path, (certified(["here.test"])[0], certified(["here.test"])[1]))
    os.kill(server.process.pid, signal.SIGHUP)
    until(lambda: "is not the key of the certificate" in server.log.read_text())
    assert server.workers() == workers
    assert all_shown(server) == {1}
    until(lambda: problems(server) == {"tls.other_key"})
    put(path, certified(["here.test"], serial=3))
    os.kill(server.process.pid, signal.SIGHUP)
    until(lambda: len(server.workers()) == 2 and not server.workers() & workers)
    until(lambda: all_shown(server) == {3})


def test_a_server_does_not_start_with_a_bad_one_and_says_why(tmp_path, path):
    server = Server(tmp_path / "d", (KIM,), f'[tls]\ncert = "{path}"\nkey = "{path}"\n')
    path.write_bytes(b"nothing")
    said = server._start()
    assert server.process.wait(PATIENCE_S) == 1
    assert "holds no certificate" in said or "인증서가 없어요" in said
    assert said.count("Traceback") == 0
    server.process = None


def test_a_worker_that_dies_while_a_bad_one_lies_there_comes_back(server, path):
    workers = server.workers()
    path.write_bytes(b"nothing")
    until(lambda: problems(server) == {"tls.no_certificate"})
    os.kill(min(workers), signal.SIGKILL)
    until(lambda: len(server.workers()) == 2 and server.workers() != workers)
    until(lambda: all_shown(server) == {1})
    assert problems(server) == {"tls.no_certificate"}
