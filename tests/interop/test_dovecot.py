"""Letters from a Dovecot, and Maildirs that a Dovecot reads: what others wrote is what we take and give."""

import contextlib
import getpass
import imaplib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from kit.imported import KIM, Moved
from pyeonji.net.tls import self_signed
from pyeonji.proto.imap.flags import ANSWERED, FLAGGED, SEEN, Flags

pytestmark = pytest.mark.interop
NOBODY = 65_534
HOST, USER, PASSWORD = "localhost", "kim", "pw"
DATE = '"17-Jul-2024 02:44:25 +0900"'
DATE_US = 1_721_151_865_000_000
LETTER = b"From: lee@b.test\r\nMessage-ID: <%b@b.test>\r\nSubject: %b\r\n\r\n.\xea\xb0\x80\r\nFrom here\r\n"
LAYOUTS = {"slash": ("/", ""), "dot below INBOX": (".", "INBOX.")}

CONFIG = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
mail_location = maildir:{mail}
first_valid_uid = 1
{users}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/home
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
  mailbox Gesendet {{
    auto = create
    special_use = \\Sent
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service anvil {{
  chroot =
}}
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Dovecot:
    """One server on a Maildir of its own, or on a copy of another."""

    def __init__(self, binary: str, base: Path, layout: tuple[str, str], maildir: Path | None) -> None:
        separator, prefix = layout
        self.mail = base / "mail"
        self.imap, self.imaps = free_port(), free_port()
        for folder in (base / "run", base / "state", base / "home"):
            folder.mkdir(parents=True)
        if maildir is None:
            self.mail.mkdir()
        else:
            shutil.copytree(maildir, self.mail)
        uid = os.getuid() or NOBODY  # mail is never root's
        if uid == NOBODY:
            for path in (base / "home", self.mail, *self.mail.rglob("*")):
                os.chown(path, uid, uid)
        self.cert, key = self_signed(base / "tls", ("localhost",), time.time_ns() // 1000)
        me = getpass.getuser()
        users = "" if os.getuid() == 0 else f"default_internal_user = {me}\ndefault_login_user = {me}\n"
        config = base / "dovecot.conf"
        config.write_text(
            CONFIG.format(
                base=base, mail=self.mail, cert=self.cert, key=key, uid=uid, gid=uid, users=users,
                password=PASSWORD, separator=separator, prefix=prefix, imap=self.imap, imaps=self.imaps,
            )
        )  # fmt: skip
        self._process = subprocess.Popen([binary, "-F", "-c", config])
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.imaps), 1):
                return
            time.sleep(0.05)
        raise AssertionError((base / "log").read_text())

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    @contextlib.contextmanager
    def client(self):
        with imaplib.IMAP4(HOST, self.imap, timeout=20) as client:
            client.login(USER, PASSWORD)
            yield client


@pytest.fixture
def dovecot(program):
    """`dovecot(layout, maildir)` starts one."""
    # A path of its own and a short one: Dovecot's sockets must fit into 108 octets.
    started, folder = [], Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    folder.chmod(0o755)

    def start(layout=LAYOUTS["slash"], maildir=None):
        started.append(Dovecot(program("dovecot"), folder / str(len(started)), layout, maildir))
        return started[-1]

    yield start
    for one in started:
        one.stop()
    shutil.rmtree(folder)


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
