"""Programs that read: the same letters by IMAP and POP3, with and without TLS, fetched and deleted or left."""

import imaplib
import poplib
import ssl
import subprocess
from pathlib import Path

import pytest

from kit.inbox import empty, letters, mailbox
from kit.patience import PATIENCE_S
from kit.server import HOST, KIM, LEE, PASSWORD, Server

pytestmark = pytest.mark.interop
BODY = "다음 주에 만나요.\r\n.한 점으로 시작하는 줄\r\n".encode()
LETTER = b"From: kim@here.test\r\nTo: lee@here.test\r\nSubject: %d\r\n\r\n" + BODY
COUNT = 3


@pytest.fixture(autouse=True)
def three_letters(server: Server):
    empty(server, LEE)
    with mailbox(server, LEE) as client:
        for number in range(COUNT):
            client.append("INBOX", None, None, LETTER % number)


def run(*command, stdin: str = "", good: tuple[int, ...] = (0,), **options) -> bytes:
    done = subprocess.run(
        [str(word) for word in command], input=stdin.encode(), capture_output=True, timeout=PATIENCE_S, **options
    )
    assert done.returncode in good, (done.stdout + done.stderr).decode(errors="replace")
    return done.stdout


def trusting(server: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.data / "tls" / "cert.pem"))


@pytest.mark.parametrize("scheme", ["imap", "imaps", "imap+tls", "pop3", "pop3s", "pop3+tls"])
def test_curl_reads(server, program, scheme):
    protocol, _, tls = scheme.partition("+")
    port = server.port(protocol)
    path = "1" if protocol.startswith("pop") else "INBOX;MAILINDEX=1"
    options = ["--ssl-reqd"] if tls else []
    found = run(
        program("curl"), "-sS", "--cacert", server.data / "tls" / "cert.pem", *options, "--user", f"{LEE}:{PASSWORD}",
        "--connect-to", f"localhost:{port}:{HOST}:{port}", f"{protocol}://localhost:{port}/{path}",
    )  # fmt: skip
    assert found == LETTER % 0


@pytest.mark.parametrize("protocol", ["POP3", "IMAP"])
@pytest.mark.parametrize("tls", ["none", "starttls", "tls"])
@pytest.mark.parametrize("keep", [True, False])
def test_fetchmail_takes_or_leaves(server, program, tmp_path, protocol, tls, keep):
    service = protocol.lower() + ("s" if tls == "tls" else "")
    secure = {"none": "sslproto ''", "starttls": "sslproto 'auto'", "tls": "ssl"}[tls]
    rc, taken = tmp_path / "rc", tmp_path / "taken"
    rc.write_text(
        f"poll {HOST} protocol {protocol} port {server.port(service)}\n"
        f"  user '{LEE}' password '{PASSWORD}' {secure} no sslcertck {'keep' if keep else 'nokeep'} fetchall\n"
        f"  mda 'cat >> {taken}'\n"
    )
    rc.chmod(0o600)
    run(program("fetchmail"), "-f", rc, "--nosyslog", "--pidfile", tmp_path / "pid", "-i", tmp_path / "ids")
    assert taken.read_text().count("다음 주에 만나요.") == COUNT
    assert len(letters(server, LEE)) == (COUNT if keep else 0)


@pytest.mark.parametrize("tls", ["None", "STARTTLS", "IMAPS"])
def test_mbsync_mirrors_both_ways(server, program, tmp_path, tls):
    box = tmp_path / "mail"
    box.mkdir()
    rc = tmp_path / "rc"
    service = "imaps" if tls == "IMAPS" else "imap"
    rc.write_text(
        f"IMAPAccount a\nHost localhost\nPort {server.port(service)}\nUser {LEE}\nPass {PASSWORD}\nSSLType {tls}\n"
        f"CertificateFile {server.data / 'tls' / 'cert.pem'}\nAuthMechs {'LOGIN' if tls == 'None' else '*'}\n\n"
        "IMAPStore far\nAccount a\n\n"
        f"MaildirStore near\nPath {box}/\nInbox {box}/INBOX\nSubFolders Verbatim\n\n"
        "Channel all\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nExpunge Both\nSyncState *\n"
    )
    run(program("mbsync"), "-c", rc, "all")
    files = mirrored(box)
    assert len(files) == COUNT
    assert all(BODY.replace(b"\r\n", b"\n") in file.read_bytes() for file in files)
    files[0].rename(box / "INBOX" / "cur" / f"{files[0].name.partition(':')[0]}:2,ST")
    run(program("mbsync"), "-c", rc, "all")
    assert len(letters(server, LEE)) == COUNT - 1


def mirrored(box: Path) -> list[Path]:
    return [file for folder in ("new", "cur") for file in (box / "INBOX" / folder).iterdir()]


@pytest.mark.parametrize("way", ["plain", "starttls", "tls"])
def test_imaplib_reads(server, way):
    if way == "tls":
        client = imaplib.IMAP4_SSL("localhost", server.port("imaps"), ssl_context=trusting(server), timeout=PATIENCE_S)
    else:
        client = imaplib.IMAP4("localhost", server.port("imap"), timeout=PATIENCE_S)
    with client:
        if way == "starttls":
            client.starttls(trusting(server))
        client.login(LEE, PASSWORD)
        assert client.select("INBOX")[1] == [b"%d" % COUNT]
        assert client.fetch("1", "(BODY[])")[1][0][1] == LETTER % 0
        assert client.search(None, "SUBJECT", "2")[1] == [b"3"]


@pytest.mark.parametrize("way", ["plain", "stls", "tls"])
def test_poplib_deletes_what_it_says_and_leaves_the_rest(server, way):
    if way == "tls":
        client = poplib.POP3_SSL("localhost", server.port("pop3s"), context=trusting(server), timeout=PATIENCE_S)
    else:
        client = poplib.POP3("localhost", server.port("pop3"), timeout=PATIENCE_S)
    if way == "stls":
        client.stls(trusting(server))
    client.user(LEE)
    client.pass_(PASSWORD)
    names = [line.split()[1] for line in client.uidl()[1]]
    assert b"\r\n".join(client.retr(2)[1]) + b"\r\n" == LETTER % 1
    client.dele(2)
    client.quit()
    with mailbox(server, LEE) as left:
        subjects = [part[1].strip() for part in left.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][::2]]
    assert subjects == [b"Subject: 0", b"Subject: 2"]
    again = poplib.POP3(HOST, server.port("pop3"), timeout=PATIENCE_S)
    again.user(LEE)
    again.pass_(PASSWORD)
    assert [line.split()[1] for line in again.uidl()[1]] == [names[0], names[2]]
    again.dele(1)
    again.close()  # no QUIT: nothing is deleted (RFC 1939 §3)
    assert len(letters(server, LEE)) == COUNT - 1


def test_what_kim_sees_is_not_lees(server):
    assert all(b"Subject: 0\r\n" not in letter for letter in letters(server, KIM))
