"""A running server: what comes back late is in its writer's trace, and what was sent on comes back to its writer."""

import json
import re
import smtplib

import pytest

from kit.patience import PATIENCE_S
from kit.reports import status_report
from kit.server import HOST, KIM, Server, until
from kit.sink import Sink

pytestmark = pytest.mark.system


@pytest.fixture
def world(tmp_path):
    """A server whose mail for others goes to a sink."""
    with Sink() as sink:
        config = f'hostname = "mx.here.test"\n[relay]\nsmart_host = "{HOST}:{sink.port}"\nallow_loopback = true\n'
        with Server(tmp_path / "d", (KIM,), config) as server:
            yield server, sink


def post(server, reverse_path, to, content):
    """Whoever sends here as a stranger does; the receipt number."""
    with smtplib.SMTP(HOST, server.port("smtp"), timeout=PATIENCE_S) as client:
        client.ehlo("mx.far.test")
        client.mail(reverse_path)
        assert client.rcpt(to)[0] == 250
        code, words = client.data(content)
        assert code == 250, words
        return words.rpartition(b"queued as ")[2].decode()


def traced(server, number):
    return json.loads(server.run("trace", number, "--json").stdout)


def header_of(content):
    return content.replace(b"\r\n..", b"\r\n.").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def test_what_comes_back_late_is_in_its_writers_trace(world):
    server, sink = world
    sent = server.run(
        "-f", KIM, "lee@far.test", stdin=b"From: kim@here.test\nSubject: hi\n\nHello\n", program="pyeonji-sendmail"
    )
    assert sent.returncode == 0, sent.stderr
    until(lambda: sink.letters)
    header = header_of(sink.letters[0])
    number = re.search(rb"by mx\.here\.test with \S+ id (\S+)", header)[1].decode().rstrip(";")
    until(lambda: traced(server, number)["recipients"][0]["state"] == "delivered")
    report = post(server, "", KIM, status_report(header))
    (recipient,) = traced(server, number)["recipients"]
    assert (recipient["state"], recipient["cause"], recipient["bounce"]) == ("bounced", "addr.no_such_user", report)
    assert "되돌려보냈어요" in server.run("--lang", "ko", "trace", number).stdout.decode()


def test_what_is_sent_on_comes_back_to_its_writer(world):
    server, sink = world
    assert server.run("alias", "add", "team@here.test", "park@far.test").returncode == 0
    number = post(server, "writer@other.test", "team@here.test", b"From: writer@other.test\r\nSubject: hi\r\n\r\nx\r\n")
    until(lambda: sink.letters)
    mail = next(line for line in sink.commands if line.startswith(b"MAIL"))
    address = re.search(rb"<(SRS0=[^>]*=other\.test=writer@here\.test)>", mail)[1].decode()
    until(lambda: traced(server, number)["recipients"][0]["state"] == "delivered")
    post(server, "", address, status_report(header_of(sink.letters[0]), to=address, final="park@far.test"))
    until(lambda: len(sink.letters) == 2)
    assert any(line.startswith(b"RCPT TO:<writer@other.test>") for line in sink.commands)
    assert traced(server, number)["recipients"][0]["state"] == "bounced"
