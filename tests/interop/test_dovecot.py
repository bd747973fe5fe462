"""Letters from a Dovecot, and Maildirs that a Dovecot reads: what others wrote is what we take and give."""

import imaplib
import time

import pytest

from kit.dovecot import HOST, LAYOUTS, PASSWORD, USER
from kit.imported import KIM, Moved
from pyeonji.proto.imap.flags import ANSWERED, FLAGGED, SEEN, Flags

pytestmark = pytest.mark.interop
DATE = '"17-Jul-2024 02:44:25 +0900"'
DATE_US = 1_721_151_865_000_000
LETTER = b"From: lee@b.test\r\nMessage-ID: <%b@b.test>\r\nSubject: %b\r\n\r\n.\xea\xb0\x80\r\nFrom here\r\n"


@pytest.fixture
def moved(tmp_path, capsys):
    moved = Moved(tmp_path / "data", capsys)
    yield moved
    moved.close()


def letter(name):
    return LETTER % (name.encode(), name.encode())


def filled(server, separator, prefix):
    with server.client() as client:
        client.append("INBOX", r"(\Seen $work)", DATE, letter("one"))
        client.append("INBOX", r"(\Flagged \Answered)", DATE, letter("two"))
        for name in ("&zlytbA-", f"Work{separator}2024"):
            client.create(prefix + name)
            client.append(prefix + name, "", DATE, letter("three"))
        client.append(f"{prefix}Gesendet", r"(\Seen)", DATE, letter("sent"))


def run(moved, server, secret, *words):
    return moved.run(
        "import", "imap", KIM, HOST, "--login", USER, "--password-file", secret, "--port",
        server.imaps if "--tls" not in words else server.imap, *words,
    )  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("tls", ["tls", "starttls", "none"])
def test_a_dovecots_letters_are_taken_and_the_next_run_takes_what_is_new(
    dovecot, moved, tmp_path, monkeypatch, layout, tls
):
    server = dovecot(LAYOUTS[layout])
    filled(server, *LAYOUTS[layout])
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)
    monkeypatch.setenv("SSL_CERT_FILE", str(server.cert))  # the certificate is checked, and good
    words = () if tls == "tls" else ("--tls", tls)
    code, _, err = run(moved, server, secret, *words)
    assert (code, err) == (0, "")
    assert moved.all() == {
        "INBOX": [
            (letter("one"), Flags(SEEN, frozenset({"$work"})), DATE_US),
            (letter("two"), Flags(FLAGGED | ANSWERED), DATE_US),
        ],
        "친구": [(letter("three"), Flags(), DATE_US)],
        "Work/2024": [(letter("three"), Flags(), DATE_US)],
        "Sent": [(letter("sent"), Flags(SEEN), DATE_US)],
    }
    with server.client() as client:
        client.append("INBOX", "", DATE, letter("new"))
        client.select("INBOX", readonly=True)
        assert client.search(None, "UNSEEN")[1] == [b"2 3"]  # nothing was changed over there
    assert run(moved, server, secret, *words)[0] == 0
    assert len(moved.letters()) == 3


def test_a_certificate_nobody_vouches_for_is_refused(dovecot, moved, tmp_path):
    server = dovecot()
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)
    code, _, err = run(moved, server, secret)
    assert code == 1 and "certificate" in err
    assert run(moved, server, secret, "--any-certificate")[0] == 0


def test_many_letters_come_in_pieces_of_a_mailbox(dovecot, moved, tmp_path):
    server = dovecot()
    big = letter("big") + b"0123456789\r\n" * 100_000
    with server.client() as client:
        for n in range(250):
            client.append("INBOX", "", DATE, big if n == 120 else letter(str(n)))
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)
    assert run(moved, server, secret, "--any-certificate")[0] == 0
    expected = [big if n == 120 else letter(str(n)) for n in range(250)]
    assert [octets for octets, _, _ in moved.letters()] == expected


def test_a_dovecot_reads_the_maildir_we_export(dovecot, moved, tmp_path):
    first = dovecot()
    filled(first, "/", "")
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)
    run(moved, first, secret, "--any-certificate")
    assert moved.run("export", "maildir", KIM, tmp_path / "out")[0] == 0
    second = dovecot(maildir=tmp_path / "out")
    with second.client() as client:
        names = {line.rpartition(b" ")[2].strip(b'"') for line in client.list()[1]}
        assert {b"INBOX", b"&zlytbA-", b"Work/2024", b"Sent"} <= names
        client.select("INBOX", readonly=True)
        answers = client.fetch("1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")[1]
        heads = [answer[0] for answer in answers if isinstance(answer, tuple)]
        assert [answer[1] for answer in answers if isinstance(answer, tuple)] == [letter("one"), letter("two")]
        assert b"$work" in heads[0] and b"\\Seen" in heads[0]
        assert b"\\Flagged" in heads[1] and b"\\Answered" in heads[1]
        assert all(imaplib.Internaldate2tuple(head) == time.localtime(DATE_US // 1_000_000) for head in heads)


def test_a_dovecot_and_we_agree_on_a_maildir_it_wrote(dovecot, moved):
    server = dovecot()
    filled(server, "/", "")
    assert moved.run("import", "maildir", KIM, server.mail)[0] == 0
    assert {(octets, flags) for octets, flags, _ in moved.letters()} == {
        (letter("one"), Flags(SEEN, frozenset({"$work"}))),
        (letter("two"), Flags(FLAGGED | ANSWERED)),
    }
    assert {"친구", "Work/2024", "Gesendet"} <= moved.names()
