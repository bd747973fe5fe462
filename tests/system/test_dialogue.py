"""The dialogue every textbook prints, typed by hand at a real server."""

import imaplib
import json
import re
import socket

import httpx
import pytest

from kit.patience import PATIENCE_S
from kit.server import HOST, PASSWORD, Server
from pyeonji.journey.receipt import parse_receipt
from pyeonji.store.home import open_home
from pyeonji.store.journey import of_message

pytestmark = pytest.mark.system
LETTER = b"From: jerry@example.com\r\nTo: john@test.com\r\nSubject: Hello\r\n\r\nHow are you?\r\n"
JOHN = "john@test.com"


def typed(port: int, greeting: bytes) -> list[str]:
    """What the server answers to each line, one line typed at a time."""
    lines = [
        greeting, b"MAIL FROM:<jerry@example.com>", b"RCPT TO:<john@test.com>", b"DATA", LETTER + b".", b"QUIT",
    ]  # fmt: skip
    with socket.create_connection((HOST, port), PATIENCE_S) as client, client.makefile("rb") as answers:
        heard = [reply(answers)]
        for line in lines:
            client.sendall(line + b"\r\n")
            heard.append(reply(answers))
        assert answers.read() == b""
    return heard


def reply(answers) -> str:
    """The last line of one reply."""
    while True:
        line = answers.readline().decode()
        if line[3:4] != "-":
            return line.rstrip("\r\n")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("dialogue") / "d", (JOHN,)) as server:
        yield server


@pytest.mark.parametrize("greeting", [b"HELO example.com", b"EHLO example.com"])
def test_the_dialogue_of_the_textbook_brings_the_letter_to_the_mailbox(server: Server, greeting: bytes):
    heard = typed(server.port("smtp"), greeting)
    assert [line[:3] for line in heard] == ["220", "250", "250", "250", "354", "250", "221"]
    receipt = re.search(r"queued as (\S+)", heard[5])[1]
    with imaplib.IMAP4(HOST, server.port("imap"), timeout=PATIENCE_S) as john:
        john.login(JOHN, PASSWORD)
        john.select("INBOX")
        found = john.search(None, "ALL")[1][0].split()
        content = john.fetch(found[-1], "(BODY.PEEK[])")[1][0][1]
    assert content.endswith(LETTER)
    assert receipt.encode() in content

    told = server.run("trace", receipt, "--lang", "en")
    assert told.returncode == 0
    assert receipt in told.stdout.decode()
    assert JOHN in told.stdout.decode()
    home = open_home(server.data, create=False)
    events = [event for row in home.engine.read_now(of_message, parse_receipt(receipt).number) for event in row.events]
    home.close()
    said = " ".join(str(event) for event in events)
    assert greeting.decode() in said
    assert "Filed" in said


def test_a_link_that_signs_somebody_in_leads_to_the_pages_of_this_server(server: Server):
    said = server.run("account", "login-link", JOHN, "--json")
    link = json.loads(said.stdout)["url"]
    assert link.startswith(f"http://localhost:{server.port('http')}/signin/link/")
    page = httpx.get(link.replace("localhost", HOST))
    assert page.status_code == 200 and "<form" in page.text
