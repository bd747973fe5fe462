"""`pyeonji account logins`, `pyeonji account app-password` and `pyeonji guard` over a real store and a real server."""

import asyncio
import json

import pytest

from cli.test_commands import kims, run  # noqa: F401
from kit.patience import PATIENCE_S
from kit.server import KIM, Server, until
from pyeonji.directory.attempts import Attempts
from pyeonji.directory.login import app_digest
from pyeonji.net.clock import SystemClock
from pyeonji.store.home import open_home
from pyeonji.store.logins import IN, SCOPE, WRONG


def note(data, *attempts):
    async def noted():
        home = open_home(data, create=False)
        kept = Attempts(home, SystemClock())
        for attempt in attempts:
            kept.note(*attempt)
        await kept.flush()
        home.close()

    asyncio.run(noted())


def test_an_owner_sees_who_came_in_and_who_tried(kims, tmp_path):  # noqa: F811
    assert "No attempts" in kims("account", "logins", "kim@example.com", "--lang", "en")[1]
    note(
        tmp_path / "data",
        ("kim@example.com", "192.0.2.1", "imap", "PLAIN", WRONG, ""),
        ("kim@example.com", "192.0.2.1", "imap", "PLAIN", WRONG, ""),
        ("kim@example.com", "2001:db8::/64", "imap", "PLAIN", IN, ""),
        ("kim@example.com", "192.0.2.1", "pop3", "USER", SCOPE, "printer"),
        ("nobody@example.com", "192.0.2.9", "imap", "LOGIN", WRONG, ""),
    )
    code, said, _ = kims("account", "logins", "KIM@example.com", "--lang", "en")
    assert code == 0
    assert "wrong password" in said
    assert "came in" in said
    assert "app password not for this service (printer)" in said
    assert "비밀번호가 틀렸어요" in kims("account", "logins", "kim@example.com", "--lang", "ko")[1]
    rows = json.loads(kims("account", "logins", "kim@example.com", "--json")[1])
    assert {(row["place"], row["outcome"], row["attempts"], row["app_password"]) for row in rows} == {
        ("192.0.2.1", "wrong", 2, ""),
        ("2001:db8::/64", "in", 1, ""),
        ("192.0.2.1", "scope", 1, "printer"),
    }
    said = kims("account", "logins", "nobody@example.com", "--lang", "en")[1]
    assert said.startswith("Nobody here is called nobody@example.com")
    assert "192.0.2.9" in said


def test_an_app_password_is_shown_once_listed_and_taken_back(kims, tmp_path):  # noqa: F811
    verbs = ("account", "app-password")
    code, said, _ = kims(*verbs, "add", "kim@example.com", "phone", "--scopes", "imap,smtp", "--json")
    made = json.loads(said)
    assert code == 0
    assert made["scopes"] == ["smtp", "imap"]
    listed = kims(*verbs, "list", "kim@example.com", "--json")[1]
    assert made["password"] not in listed
    assert [(one["name"], one["last_used"]) for one in json.loads(listed)] == [("phone", None)]
    home = open_home(tmp_path / "data", create=False)
    rows = home.engine.read_now(lambda tx: tx.all("SELECT digest FROM app_password"))
    home.close()
    assert rows == [(app_digest(made["password"].upper().replace("-", " ")),)]  # however its groups are typed
    assert "phone" in kims(*verbs, "list", "kim@example.com", "--lang", "ko")[1]
    assert kims(*verbs, "remove", "kim@example.com", "phone")[0] == 0
    assert json.loads(kims(*verbs, "list", "kim@example.com", "--json")[1]) == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "kim@example.com", "phone", "--scopes", "web"), 2, "web"),
        (("add", "kim@example.com", "phone", "--scopes", ""), 2, "smtp, imap, pop3, api"),
        (("add", "kim@example.com", " "), 2, "60"),
        (("add", "kim@example.com", "a\x1b[2Jb"), 2, "60"),
        (("add", "lee@example.com", "phone"), 1, "lee@example.com"),
        (("add", "kim@example.com", "old"), 1, "app-password remove kim@example.com old"),
        (("remove", "kim@example.com", "phone"), 1, "app-password list"),
        (("list", "lee@example.com"), 1, "lee@example.com"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(kims, words, code, said):  # noqa: F811
    kims("account", "app-password", "add", "kim@example.com", "old")
    for language in ("ko", "en"):
        found, _, complaint = kims("account", "app-password", *words, "--lang", language)
        assert (found, complaint.count("\n")) == (code, 1)
        assert said in complaint


def test_without_a_server_nobody_knows_who_is_barred(kims):  # noqa: F811
    for words in (("list",), ("unban", "192.0.2.1")):
        code, _, complaint = kims("guard", *words, "--lang", "en")
        assert code == 1
        assert "pyeonji serve" in complaint


@pytest.mark.system
def test_who_is_barred_is_listed_and_let_in_again(tmp_path):
    """By a server of several workers: whichever is asked."""
    import smtplib

    config = "workers = 2\n[guard]\nexempt = []\nfailed_logins = 2\n"
    with Server(tmp_path / "d", (KIM,), config) as server:
        until(lambda: len(list((server.data / "run").glob("worker-[0-9]-*.sock"))) == 2)
        for _ in range(2):
            with smtplib.SMTP("127.0.0.1", server.port("submission"), timeout=PATIENCE_S) as client:
                client.ehlo()
                assert client.docmd("AUTH", "PLAIN AGtpbUBoZXJlLnRlc3QAd3Jvbmc=")[0] == 535
        listed = json.loads(server.run("guard", "list", "--json").stdout)
        assert [(one["who"], one["what"], one["times"]) for one in listed] == [("127.0.0.1", "logins", 1)]
        assert "127.0.0.1" in server.run("guard", "list", "--lang", "ko").stdout.decode()
        assert server.run("guard", "unban", "127.0.0.1").returncode == 0
        assert server.run("guard", "unban", "127.0.0.1").returncode == 1
        for _ in range(4):  # whichever worker takes the connection
            with smtplib.SMTP("127.0.0.1", server.port("submission"), timeout=PATIENCE_S) as client:
                client.ehlo()
                assert client.docmd("AUTH", "PLAIN AGtpbUBoZXJlLnRlc3QAcHc=")[0] == 235

        def outcomes():
            return {row["outcome"] for row in json.loads(server.run("account", "logins", KIM, "--json").stdout)}

        until(lambda: outcomes() == {"wrong", "in"})
