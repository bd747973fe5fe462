"""Mail programs that people use: each reads the same letters, and what it changes is so for everybody."""

import os
from pathlib import Path

import pytest
from imapclient import IMAPClient

from interop.test_readers import BODY, COUNT, LETTER, run, trusting
from kit.inbox import empty, letters, mailbox
from kit.patience import PATIENCE_S
from kit.server import HOST, LEE, PASSWORD, Server
from kit.terminal import Terminal

pytestmark = pytest.mark.interop
MIME = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
TEXT = "다음 주에 만나요."


@pytest.fixture(autouse=True)
def three_letters(server: Server):
    empty(server, LEE)
    with mailbox(server, LEE) as client:
        for number in range(COUNT):
            client.append("INBOX", None, None, LETTER % number)


def certificate(server: Server) -> Path:
    return server.data / "tls" / "cert.pem"


def flags(server: Server) -> list[set[bytes]]:
    """Of the letters in lee's INBOX."""
    with IMAPClient(HOST, server.port("imap"), ssl=False) as client:
        client.login(LEE, PASSWORD)
        client.select_folder("INBOX", readonly=True)
        found = client.fetch(client.search(), ["FLAGS"]) if client.search() else {}
        return [set(found[uid][b"FLAGS"]) for uid in sorted(found)]


# ── mbsync: both sides change between two runs ──


def mbsync(server: Server, program, tmp_path: Path) -> Path:
    """A set-up that mirrors everything both ways; the local folder."""
    box = tmp_path / "mail"
    box.mkdir(exist_ok=True)
    (tmp_path / "rc").write_text(
        f"IMAPAccount a\nHost localhost\nPort {server.port('imap')}\nUser {LEE}\nPass {PASSWORD}\nSSLType STARTTLS\n"
        f"CertificateFile {certificate(server)}\n\nIMAPStore far\nAccount a\n\n"
        f"MaildirStore near\nPath {box}/\nInbox {box}/INBOX\nSubFolders Verbatim\n\n"
        "Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nRemove Both\nExpunge Both\nSyncState *\n"
    )
    run(program("mbsync"), "-c", tmp_path / "rc", "all")
    return box


def in_folder(folder: Path) -> list[Path]:
    return sorted(file for part in ("new", "cur") for file in (folder / part).iterdir())


def test_mbsync_brings_together_what_both_sides_changed(server, program, tmp_path):
    box = mbsync(server, program, tmp_path)
    files = in_folder(box / "INBOX")
    assert len(files) == COUNT
    # here: the first is flagged, a new one is written, a folder with a Korean name is made
    name = files[0].name.partition(":")[0]
    files[0].rename(box / "INBOX" / "cur" / f"{name}:2,FS")
    (box / "INBOX" / "new" / "9.here").write_bytes(b"From: lee@here.test\nSubject: from here\n\nx\n")
    for part in ("cur", "new", "tmp"):
        (box / "회의록" / part).mkdir(parents=True)
    (box / "회의록" / "cur" / "1.here:2,S").write_bytes(b"From: lee@here.test\nSubject: minutes\n\nx\n")
    # there: the same letter is answered, another one is expunged
    with IMAPClient(HOST, server.port("imap"), ssl=False) as client:
        client.login(LEE, PASSWORD)
        client.select_folder("INBOX")
        client.add_flags([client.search()[0]], [b"\\Answered"])
        client.delete_messages(client.search("SUBJECT 1"))
        client.expunge()
    mbsync(server, program, tmp_path)
    with IMAPClient(HOST, server.port("imap"), ssl=False) as client:
        client.login(LEE, PASSWORD)
        assert client.folder_exists("회의록")
        assert client.select_folder("회의록")[b"EXISTS"] == 1
        client.select_folder("INBOX")
        assert len(client.search()) == COUNT
        first = client.search("SUBJECT 0")
        assert {b"\\Flagged", b"\\Seen", b"\\Answered"} <= set(client.fetch(first, ["FLAGS"])[first[0]][b"FLAGS"])
        client.delete_folder("회의록")
    assert len(in_folder(box / "INBOX")) == COUNT
    assert any(file.name.endswith(":2,FRS") for file in in_folder(box / "INBOX"))


# ── other programs ──


def test_offlineimap_mirrors_both_ways(server, program, tmp_path):
    rc = tmp_path / "rc"
    rc.write_text(
        f"[general]\naccounts = a\nmetadata = {tmp_path}/meta\nui = quiet\n[Account a]\nlocalrepository = near\n"
        "remoterepository = far\n[Repository near]\ntype = Maildir\n"
        f"localfolders = {tmp_path}/mail\n[Repository far]\ntype = IMAP\nremotehost = localhost\n"
        f"remoteport = {server.port('imaps')}\nremoteuser = {LEE}\nremotepass = {PASSWORD}\nssl = yes\n"
        f"sslcacertfile = {certificate(server)}\nfolderfilter = lambda name: name == 'INBOX'\n"
    )
    run(program("offlineimap"), "-c", rc, "-o")
    folder = tmp_path / "mail" / "INBOX"
    files = in_folder(folder)
    assert len(files) == COUNT
    assert all(TEXT.encode() in file.read_bytes() for file in files)
    marked = files[0].name.partition(",S=")[0].partition(":2,")[0]
    files[0].rename(folder / "cur" / (files[0].name.partition(":2,")[0] + ":2,FS"))
    run(program("offlineimap"), "-c", rc, "-o")
    assert marked
    assert sum({b"\\Flagged", b"\\Seen"} <= one for one in flags(server)) == 1


@pytest.mark.parametrize("name", ["mutt", "neomutt"])
@pytest.mark.parametrize("tls", [False, True])
def test_mutt_copies_flags_and_deletes(server, program, tmp_path, name, tls):
    out = tmp_path / "out"
    rc = tmp_path / "rc"
    rc.write_text(
        f"set imap_user={LEE}\nset imap_pass={PASSWORD}\nset ssl_starttls={'yes' if tls else 'no'}\n"
        f"set ssl_force_tls={'yes' if tls else 'no'}\nset certificate_file={certificate(server)}\n"
        "set confirmcreate=no\nset confirmappend=no\nset auto_tag=yes\nset delete=yes\nset quit=yes\n"
        "set mbox_type=mbox\nset move=no\n"
        f"set folder={tmp_path}\nset header_cache={tmp_path}/cache\n"
    )
    keys = (
        f"<tag-pattern>~A<enter><copy-message>{out}<enter>"
        "<untag-pattern>~A<enter><first-entry><flag-message><last-entry><delete-message><quit>"
    )
    inbox = f"imap://localhost:{server.port('imap')}/INBOX"
    command = [program(name), "-n", "-F", rc, "-f", inbox, "-e", f'push "{keys}"']
    with Terminal(command, {"HOME": str(tmp_path)}) as terminal:
        terminal.ends()
    assert out.read_bytes().count(TEXT.encode()) == COUNT
    left = flags(server)
    assert len(left) == COUNT - 1
    assert b"\\Flagged" in left[0]


def test_alpine_shows_the_letters_and_deletes_one(server, program, tmp_path):
    (tmp_path / "rc").write_text(
        "user-domain=here.test\nlast-version-used=6.26\n"
        "feature-list=expunge-without-confirm,expunge-without-confirm-everywhere,quit-without-confirm\n"
    )
    with mailbox(server, LEE) as client:
        client.append("INBOX", None, None, MIME + LETTER % 3)
    folder = f"{{localhost:{server.port('imap')}/imap/notls/user={LEE}}}INBOX"
    with Terminal([program("alpine"), "-p", tmp_path / "rc", "-f", folder], {"HOME": str(tmp_path)}) as terminal:
        terminal.awaits("ENTER PASSWORD")
        terminal.types(f"{PASSWORD}\r")
        opened = ("opened with 4 messages", "  4 Messages")  # in passing at the bottom, or for good at the top
        if terminal.awaits("Preserve password", *opened) == "Preserve password":
            terminal.types("n")
            terminal.awaits(*opened)
        terminal.types("i")
        terminal.awaits("kim@here.test")
        terminal.types("\r")
        terminal.awaits(TEXT)
        terminal.types("dq")
        terminal.ends()
    assert len(flags(server)) == COUNT


@pytest.mark.parametrize("kind", ["SimpleIMAPRetriever", "SimpleIMAPSSLRetriever", "SimplePOP3Retriever"])
def test_getmail_takes_each_letter_once(server, program, tmp_path, kind):
    take = tmp_path / "take"  # a delivery program of its own: as root it does nothing itself
    take.write_text(f"#!/bin/sh\ncat >>{tmp_path}/taken\n")
    take.chmod(0o700)
    service = {"SimpleIMAPRetriever": "imap", "SimpleIMAPSSLRetriever": "imaps", "SimplePOP3Retriever": "pop3"}[kind]
    (tmp_path / "getmailrc").write_text(
        f"[retriever]\ntype = {kind}\nserver = localhost\nport = {server.port(service)}\nusername = {LEE}\n"
        f"password = {PASSWORD}\n[destination]\ntype = MDA_external\npath = {tmp_path}/take\n"
        "allow_root_commands = true\n"
        "[options]\nread_all = false\ndelete = false\nverbose = 0\n"
    )
    for _ in range(2):
        run(program("getmail"), "--getmaildir", tmp_path, env={**os.environ, "HOME": str(tmp_path)})
    assert (tmp_path / "taken").read_text().count(TEXT) == COUNT
    assert len(letters(server, LEE)) == COUNT


@pytest.mark.parametrize("tls", [False, True])
def test_imapclient_reads_what_it_asks_for(server, tls):
    context = trusting(server) if tls else None
    port = server.port("imaps" if tls else "imap")
    with IMAPClient("localhost", port, ssl=tls, ssl_context=context) as client:
        client.login(LEE, PASSWORD)
        client.select_folder("INBOX")
        found = client.fetch(client.search(), ["ENVELOPE", "BODYSTRUCTURE", "BODY.PEEK[TEXT]", "RFC822.SIZE"])
        assert [item[b"ENVELOPE"].subject for item in found.values()] == [b"0", b"1", b"2"]
        assert all(item[b"BODY[TEXT]"] == BODY for item in found.values())
        assert all(item[b"RFC822.SIZE"] == len(LETTER % 0) for item in found.values())
        client.idle()
        with mailbox(server, LEE) as other:
            other.append("INBOX", None, None, LETTER % 9)
        assert (COUNT + 1, b"EXISTS") in client.idle_check(timeout=PATIENCE_S)
        client.idle_done()
        client.move(client.search("SUBJECT 9"), "Archive")
        assert len(client.search()) == COUNT
