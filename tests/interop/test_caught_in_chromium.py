"""A letter's HTML in a real browser: on the page of what was caught it fetches nothing and runs nothing."""

import http.server
import smtplib
import subprocess
import threading
from email.message import EmailMessage

import pytest

from kit.patience import PATIENCE_S
from lab.opened import Opened
from pyeonji.journey.receipt import written
from pyeonji.lab import roster
from pyeonji.lab.caught import numbers_of

pytestmark = pytest.mark.interop


class Spy(http.server.BaseHTTPRequestHandler):
    """Notes what is fetched from outside."""

    asked: list[str]

    def do_GET(self):
        self.asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *said):
        pass


@pytest.fixture
def spy():
    asked: list[str] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("One", (Spy,), {"asked": asked}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1], asked
    server.shutdown()
    server.server_close()


def look(chromium, url, folder):
    """Open a page and wait until it has loaded; what the browser made of it."""
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--dump-dom",
        "--virtual-time-budget=3000", f"--user-data-dir={folder}", url,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True).stdout


def evil(port):
    there = f"http://127.0.0.1:{port}"
    return (
        f"<html><head><link rel=stylesheet href='{there}/style'>"
        f"<meta http-equiv=refresh content='0;url={there}/refresh'></head><body><h1>hello</h1>"
        f"<img src='{there}/img'><script src='{there}/script'></script>"
        f"<script>fetch('{there}/fetch')</script><iframe src='{there}/frame'></iframe>"
        f"<p style=\"background:url('{there}/background')\">x</p><object data='{there}/object'></object></body></html>"
    )


def test_a_letter_fetches_nothing_and_would_without_its_box(tmp_path, spy, program):
    chromium, (port, asked) = program("chromium", large=True), spy
    opened = Opened(tmp_path / "lab", catch=True)
    try:
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = "a@b.example", "c@d.example", "evil"
        letter.set_content("hello")
        letter.add_alternative(evil(port), subtype="html")
        with smtplib.SMTP("127.0.0.1", roster.SMTP + opened.world.offset, timeout=PATIENCE_S) as client:
            client.send_message(letter)
        (number,) = opened.world.gateway.home.engine.read_now(numbers_of)
        base = f"http://127.0.0.1:{roster.HTTP + opened.world.offset}/caught/{written(number)}"
        assert "<iframe" in look(chromium, base, tmp_path / "one")
        assert "hello" in look(
            chromium, f"{base}.html", tmp_path / "two"
        )  # the box alone, as the address bar would open it
        assert asked == []
    finally:
        opened.close()
    (tmp_path / "evil.html").write_text(evil(port))
    look(chromium, (tmp_path / "evil.html").as_uri(), tmp_path / "three")
    assert {"/img", "/style", "/script", "/frame"} <= set(asked)  # the negative control: the same without a box
