"""The examples as people start them, against a real server; simulator.test answers as its addresses say."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from kit.patience import PATIENCE_S
from kit.server import BIN, HOST, PASSWORD, Server, until
from pyeonji_client import Pyeonji, Unauthorized
from pyeonji_client.webhook import PREFIX

ROOT = Path(__file__).resolve().parent.parent.parent
WRITER = "noreply@board.test"
SECRET = PREFIX + base64.b64encode(b"a secret of forty octets, as ours have them").decode()
FULL = "받는 분의 우편함이 꽉 찼어요."


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("mail") / "d", (WRITER,), "workers = 1\n") as server:
        yield server


@pytest.fixture(scope="module")
def key(server):
    said = server.run("app", "add", "board", "--account", WRITER, "--json")
    return json.loads(said.stdout)["key"]


@pytest.fixture(scope="module")
def url(server):
    return f"http://{HOST}:{server.port('http')}"


@pytest.fixture(scope="module")
def environment(server, url, key):
    return os.environ | {
        "PYEONJI_URL": url, "PYEONJI_KEY": key, "PYEONJI_WEBHOOK_SECRET": SECRET, "BOARD_FROM": WRITER,
        "SHOP_FROM": WRITER, "PYEONJI_DATA": str(server.data), "PYTHONWARNINGS": "default",
    }  # fmt: skip


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, environment, port=0):
    """An application that listens on {port}; gives its address."""
    port = port or free_port()
    process = subprocess.Popen(
        [str(word).format(port=port) for word in command], cwd=ROOT, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        until(lambda: process.poll() is not None or answers(port))
        assert process.poll() is None, process.stdout.read().decode()
        yield f"http://{HOST}:{port}"
    finally:
        process.terminate()
        process.communicate()


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
        return True
    return False


def get(address):
    return httpx.get(address, timeout=PATIENCE_S).raise_for_status().text


def post(address, fields=None, *, body=None, headers=None):
    answer = httpx.post(address, data=fields, content=body, headers=headers, timeout=PATIENCE_S)
    return answer.status_code, answer.text


def number_in(page):
    return re.search(r"/status/(\w+)", page)[1]


def hook(number, cause="mbox.full"):
    """The request of a webhook, signed now."""
    body = json.dumps({
        "type": "email.final", "timestamp": "2026-11-23T10:12:02Z",
        "data": {"message": number, "recipient": 1, "address": "full@simulator.test", "outcome": "failed",
                 "cause": cause, "sequence": 2, "revision": 1, "reply": {"code": 552, "enhanced": "5.2.2", "text": "x"},
                 "explanation": {"ko": FULL, "en": "It is full."}},
    }).encode()  # fmt: skip
    at = int(datetime.now(UTC).timestamp())  # noqa: TID251 - the application's clock
    mac = hmac.new(base64.b64decode(SECRET[len(PREFIX) :]), f"evt_1.{at}.".encode() + body, hashlib.sha256).digest()
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(at), "content-type": "application/json"}
    return {"body": body, "headers": headers | {"webhook-signature": "v1," + base64.b64encode(mac).decode()}}


def test_django(environment):
    board = (sys.executable, "examples/django/board.py", "runserver", f"{HOST}:{{port}}", "--noreload")
    with running(board, environment) as page:
        status, said = post(f"{page}/", {"email": "full@simulator.test"})
        number = number_in(said)
        assert status == 200
        assert FULL in get(f"{page}/status/{number}?wait=20")
        _, said = post(f"{page}/", {"email": "delivered@simulator.test"})
        assert "보냈어요" in get(f"{page}/status/{number_in(said)}?wait=20")
        assert post(f"{page}/hooks/mail/", **hook(number)) == (204, "")
        assert get(f"{page}/told/{number}") == "bounced"
        assert post(f"{page}/hooks/mail/", **hook(number) | {"body": b"{}"})[0] == 400
    with Pyeonji(environment["PYEONJI_URL"], environment["PYEONJI_KEY"]) as mail:
        found = mail.find(ref="reset-1")
    assert [one.recipients[0].address for one in found] == ["delivered@simulator.test", "full@simulator.test"]


def test_django_commands(environment):
    with Pyeonji(environment["PYEONJI_URL"], environment["PYEONJI_KEY"]) as mail:
        number = mail.send(from_=WRITER, to="full@simulator.test", subject="x", text="x").id
        mail.wait(number)
    trace = (sys.executable, "examples/django/board.py", "pyeonji_trace")
    said = subprocess.run([*trace, number], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert "552" in said.stdout
    said = subprocess.run([*trace, "1AAAAAAAAAAA"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert said.returncode == 1 and "Traceback" not in said.stderr


SHOP = (sys.executable, "-m", "flask", "--app", "examples/flask/shop.py", "run", "-h", HOST, "-p", "{port}")


def test_the_server_tells_a_shop_by_itself(server, environment):
    """A webhook of the server's own: nobody polls."""
    port = free_port()
    said = server.run("webhook", "add", "board", f"http://{HOST}:{port}/hooks/mail", "--inside", "--json")
    secret = json.loads(said.stdout)["secret"]
    with running(SHOP, environment | {"PYEONJI_WEBHOOK_SECRET": secret}, port) as page:
        _, number = post(f"{page}/orders", {"email": "full@simulator.test"})
        until(lambda: get(f"{page}/orders/{number}") != "ok")
        assert get(f"{page}/orders/{number}") == FULL


def test_flask(environment):
    with running(SHOP, environment) as page:
        status, number = post(f"{page}/orders", {"email": "full@simulator.test"})
        assert status == 201
        assert get(f"{page}/orders/{number}") == "ok"
        assert post(f"{page}/hooks/mail", **hook(number)) == (204, "")
        assert get(f"{page}/orders/{number}") == FULL
        assert post(f"{page}/hooks/mail", **hook(number) | {"body": b"{}"})[0] == 400
        assert post(f"{page}/orders", {"email": "no address"})[0] == 502


def test_plain_smtp(server, environment, key):
    """The key is the password of the app's account, and the number in the reply leads to the outcome."""
    said = subprocess.run(
        [sys.executable, "examples/smtp/reset.py", "full@simulator.test"], cwd=ROOT, capture_output=True, text=True,
        env=environment | {"SMTP_PORT": str(server.port("submission")), "SMTP_USER": WRITER, "SMTP_KEY": key},
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    number = said.stdout.split()[-1]
    with Pyeonji(environment["PYEONJI_URL"], key) as mail:
        outcome = mail.wait(number, timeout=PATIENCE_S)
    assert outcome.failed and outcome.cause == "mbox.full"
    assert outcome.data["ref"] == "reset-91827"


def test_what_else_the_client_can_ask_and_do(environment):
    with Pyeonji(environment["PYEONJI_URL"], environment["PYEONJI_KEY"]) as mail:
        _, before = mail.events(types=["email.final"])
        letter = mail.send(
            from_=WRITER, to=["hold@simulator.test", "full@simulator.test"], subject="한글", text="x", tags=["t"],
            metadata={"user": "9"}, attachments=[("편지.txt", "안녕")],
        )  # fmt: skip
        until(lambda: mail.outcome(letter.id).recipients[0].status == "held")
        mail.cancel(letter.id)
        outcome = letter.wait(timeout=PATIENCE_S)
        assert [one.status for one in outcome.recipients] == ["cancelled", "failed"]
        events, after = mail.events(before, types=["email.final"])
        found = {one.recipient: one for one in events if one.message == letter.id}
        assert (found[1].outcome, found[2].cause, found[2].metadata) == ("cancelled", "mbox.full", {"user": "9"})
        assert mail.events(after, types=["email.final"])[0] == []
        assert [one.id for one in mail.find(tag="t", to="full@simulator.test")] == [letter.id]
        assert mail.journey(letter.id)["steps"] and "552 5.2.2" in mail.journey_text(letter.id)
        assert mail.explain("550 5.1.1 no such user").cause == "addr.no_such_user"
        again = mail.send_raw(b"From: noreply@board.test\r\nTo: delivered@simulator.test\r\n\r\nx", ref="raw")
        assert again.wait(timeout=PATIENCE_S).certainty == "handed_over" and again.ref == "raw"


@pytest.mark.skipif(shutil.which("php") is None, reason="php is not here")
def test_php(server, environment):
    """mail() hands it to sendmail; which app it is says a setting; the reference finds it again."""
    (server.data / "pyeonji.toml").write_text('workers = 1\n[submission]\nsendmail_app = "board"\n')
    server.stop()
    server.start()
    sendmail = f"sendmail_path={BIN / 'pyeonji-sendmail'} -t -i"
    with running(("php", "-S", f"{HOST}:{{port}}", "-d", sendmail, "examples/php/reset.php"), environment) as page:
        status, reference = post(f"{page}/", {"email": "full@simulator.test"})
        assert (status, reference[:6]) == (200, "reset-")
        until(lambda: "failed" in get(f"{page}/?ref={reference}"))
        assert FULL in get(f"{page}/?ref={reference}")


def test_the_password_of_the_account_is_no_key(environment):
    with Pyeonji(environment["PYEONJI_URL"], PASSWORD) as mail, pytest.raises(Unauthorized, match="key"):
        mail.find(ref="x")
