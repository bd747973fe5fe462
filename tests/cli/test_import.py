"""`pyeonji import` of files, over a real store without a server."""

import json
import os
import subprocess
import sys
import time

import pytest

from kit.examples import examples
from kit.imported import KIM, Moved
from pyeonji.journey.event import Accepted, Decided, Filed
from pyeonji.proto.imap.flags import ANSWERED, FLAGGED, SEEN, Flags
from pyeonji.store import entries, imported, mailboxes
from pyeonji.store.blobs import INLINE_LIMIT
from pyeonji.store.engine.base import Conflict
from pyeonji.store.verify import verify
from pyeonji.transfer import files, taker

DATE_US = 1_767_261_600_000_000  # 1 January 2026, 10:00 UTC
FROM = b"From lee@b.test Thu Jan  1 10:00:00 2026\n"


@pytest.fixture
def moved(tmp_path, capsys):
    moved = Moved(tmp_path / "data", capsys)
    yield moved
    assert verify(moved.home) == []
    moved.close()


def letter(n, body="hello"):
    return f"From: lee@b.test\nMessage-ID: <{n}@b.test>\nSubject: {n}\n\n{body}\n".encode()


def crlf(octets):
    return octets.replace(b"\n", b"\r\n")


def put(folder, name, octets, at_us=DATE_US):
    """A file of a Maildir, dated."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(octets)
    os.utime(folder / name, ns=(at_us * 1000, at_us * 1000))


def maildir(tmp_path):
    """A Maildir++ as Dovecot leaves it; its path."""
    root = tmp_path / "Maildir"
    put(root / "new", "1700000003.M1P1.host", letter("new"))
    put(root / "cur", "1700000001.M1P1.host:2,S", letter("seen"))
    put(root / "cur", "1700000002.M1P1.host:2,FRSa", letter("answered"), DATE_US + 5_000_007)
    (root / "dovecot-keywords").write_text("0 work\n")
    put(root / "tmp", "1700000004.M1P1.host", b"half a let")
    put(root / ".Sent" / "cur", "1700000001.M1P1.host:2,S", letter("sent"))
    put(root / ".&zlytbA-.2026" / "cur", "1700000001.M1P1.host:2,", letter("friend"))
    (root / ".Empty" / "cur").mkdir(parents=True)
    return root


def report(moved, *words):
    """(exit code, the last line of JSON)."""
    code, out, _ = moved.run(*words, "--json")
    return code, json.loads(out.splitlines()[-1])


def test_a_maildir_comes_with_folders_flags_keywords_and_dates(moved, tmp_path):
    code, found = report(moved, "import", "maildir", KIM, maildir(tmp_path))
    assert (code, found["total"]["taken"], found["unreadable"]) == (0, 5, 0)
    assert moved.letters() == [
        (crlf(letter("seen")), Flags(SEEN), DATE_US),
        (crlf(letter("answered")), Flags(SEEN | ANSWERED | FLAGGED, frozenset({"work"})), DATE_US + 5_000_007),
        (crlf(letter("new")), Flags(), DATE_US),
    ]
    assert moved.letters("Sent") == [(crlf(letter("sent")), Flags(SEEN), DATE_US)]
    assert moved.letters("친구/2026") == [(crlf(letter("friend")), Flags(), DATE_US)]


def test_folders_within_folders_are_a_maildir_too(moved, tmp_path):
    root = tmp_path / "mail"
    put(root / "INBOX" / "cur", "1:2,S", letter("inbox"))
    put(root / "Work" / "2026" / "new", "2", letter("work"))
    put(root / "보낸 편지함" / "cur", "3", letter("sent"))
    assert moved.run("import", "maildir", KIM, root)[0] == 0
    assert {name: len(found) for name, found in moved.all().items()} == {"INBOX": 1, "Work/2026": 1, "Sent": 1}


def test_what_was_taken_is_not_taken_again_and_what_is_new_is(moved, tmp_path):
    root = maildir(tmp_path)
    moved.run("import", "maildir", KIM, root)
    put(root / "new", "1700000009.M1P1.host", letter("newer"))
    (root / "new" / "1700000003.M1P1.host").rename(root / "cur" / "1700000003.M1P1.host:2,S")  # it was read meanwhile
    code, found = report(moved, "import", "maildir", KIM, root)
    assert (code, found["total"]["taken"], found["total"]["taken_before"]) == (0, 1, 5)
    assert len(moved.letters()) == 4


def test_what_its_owner_removed_meanwhile_stays_away_unless_it_is_asked_for(moved, tmp_path):
    root = maildir(tmp_path)
    moved.run("import", "maildir", KIM, root)
    box = moved.home.engine.read_now(mailboxes.mailbox, moved.kim.id, "INBOX")
    moved.home.engine.write_now(entries.expunge, box.id, [1, 2], now_us=DATE_US, account=KIM)
    moved.run("import", "maildir", KIM, root)
    assert len(moved.letters()) == 1
    _, found = report(moved, "import", "maildir", KIM, root, "--again")
    assert (found["total"]["taken"], found["total"]["duplicates"]) == (2, 3)
    assert len(moved.letters()) == 3


def test_a_letter_that_is_here_already_is_taken_only_when_duplicates_are_kept(moved, tmp_path):
    root, other = maildir(tmp_path), tmp_path / "other"
    moved.run("import", "maildir", KIM, root)
    put(other / "cur", "1:2,F", letter("seen"))
    put(other / "cur", "2:2,F", letter("seen", "another body"))
    put(other / "cur", "3:2,F", b"Subject: no id\n\nx\n")
    put(other / ".Work" / "cur", "1:2,", letter("seen"))  # the same letter in another folder is none
    assert report(moved, "import", "maildir", KIM, other)[1]["total"]["duplicates"] == 1
    assert (len(moved.letters()), len(moved.letters("Work"))) == (5, 1)
    third = tmp_path / "third"
    put(third / "cur", "9", letter("seen"))
    assert report(moved, "import", "maildir", KIM, third, "--keep-duplicates")[1]["total"]["taken"] == 1
    assert len(moved.letters()) == 6


def test_an_mbox_comes_with_its_flags_and_without_its_own_fields(moved, tmp_path):
    path = tmp_path / "mbox"
    one = b"Status: RO\nX-Status: F\nX-Keywords: work\n" + letter(1)
    two = letter(2).replace(b"\n\n", b"\nX-Mozilla-Status: 0003\nX-Mozilla-Status2: 00000000\n\n", 1)
    gone = letter(3).replace(b"\n\n", b"\nX-Mozilla-Status: 0009\n\n", 1)
    notes = b"Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\n\nx\n"
    quoted = letter(4, ">From here on\n>>From there")
    path.write_bytes(b"\n".join(FROM + text for text in (notes, one, two, gone, quoted)))
    code, found = report(moved, "import", "mbox", KIM, path)
    assert (code, found["total"]["taken"], found["total"]["skipped"]) == (0, 3, 2)
    assert moved.letters() == [
        (crlf(letter(1)), Flags(SEEN | FLAGGED, frozenset({"work"})), DATE_US),
        (crlf(letter(2)), Flags(SEEN | ANSWERED), DATE_US),
        (crlf(letter(4, "From here on\n>From there")), Flags(), DATE_US),
    ]


@pytest.mark.parametrize(
    ("dialect", "body"),
    [("auto", "From here on"), ("mboxo", "From here on"), ("mboxcl2", ">From here on")],
)
def test_what_was_quoted_depends_on_the_dialect(moved, tmp_path, dialect, body):
    path = tmp_path / "mbox"
    path.write_bytes(FROM + letter(1, ">From here on"))
    moved.run("import", "mbox", KIM, path, "--dialect", dialect)
    assert moved.letters()[0][0] == crlf(letter(1, body))


def test_a_letter_with_a_measure_is_taken_as_it_is(moved, tmp_path):
    body = "one\n\nFrom lee@b.test Thu Jan  1 10:00:00 2026\n>From x\n"
    path = tmp_path / "mbox"
    measured = letter(1, body).replace(b"\n\n", b"\nContent-Length: %d\n\n" % (len(body) + 1), 1)
    path.write_bytes(FROM + measured + b"\n" + FROM + letter(2))
    moved.run("import", "mbox", KIM, path)
    assert [found[0] for found in moved.letters()] == [crlf(letter(1, body)), crlf(letter(2))]


def test_a_folder_of_mbox_files_is_a_tree_of_mailboxes(moved, tmp_path):
    root = tmp_path / "Mail"
    for name in ("Inbox", "Sent", "Work", "Work.sbd/2026", "Apple.mbox/mbox", "Old.mbox"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(FROM + letter(name))
    (root / "Work.msf").write_bytes(b"// not mail")
    (root / "notes.txt").write_bytes(b"no mail either")
    code, found = report(moved, "import", "mbox", KIM, root)
    assert (code, found["unreadable"]) == (1, 1)
    assert moved.names() == {"INBOX", "Sent", "Work", "Work/2026", "Apple", "Old"}


def test_the_second_of_two_equal_letters_is_taken_when_duplicates_are_kept(moved, tmp_path):
    path, other = tmp_path / "one", tmp_path / "two"
    for file in (path, other):
        file.write_bytes(b"\n".join([FROM + letter(1)] * 3))
    moved.run("import", "mbox", KIM, path)
    assert len(moved.letters()) == 1
    for _ in range(2):
        moved.run("import", "mbox", KIM, other, "--keep-duplicates")
        assert len(moved.letters()) == 4


def test_single_files_are_dated_by_their_header(moved, tmp_path):
    received = b"Received: from a by b; Thu, 1 Jan 2026 19:00:00 +0900\n"
    (tmp_path / "a.eml").write_bytes(received + letter(1))
    (tmp_path / "b.eml").write_bytes(b"Date: Thu, 1 Jan 2026 10:00:01 +0000\n" + letter(2))
    put(tmp_path, "c.eml", letter(3), DATE_US + 2_000_000)
    assert moved.run("import", "eml", KIM, *sorted(tmp_path.glob("*.eml")))[0] == 0
    assert [found[2] - DATE_US for found in moved.letters()] == [0, 1_000_000, 2_000_000]


def test_folders_of_single_files_are_mailboxes(moved, tmp_path):
    put(tmp_path / "letters", "a.eml", letter(1))
    put(tmp_path / "letters" / "일" / "회의", "b.EML", letter(2))
    put(tmp_path / "letters", "readme.txt", b"x")
    moved.run("import", "eml", KIM, tmp_path / "letters", "--into", "옛편지")
    assert moved.names() == {"옛편지", "옛편지/일/회의"}


def test_a_dry_run_says_what_a_run_does_and_does_nothing(moved, tmp_path):
    root = maildir(tmp_path)
    put(root / "cur", "1700000005.M1P1.host:2,S", letter("seen"))  # twice in the source
    put(root / "cur", "1700000006.M1P1.host:2,S", b"\x00")
    code, before = report(moved, "import", "maildir", KIM, root, "--dry-run")
    assert code == 0 and moved.names() == set()
    assert moved.home.engine.read_now(mailboxes.mailbox, moved.kim.id, "친구") is None
    _, after = report(moved, "import", "maildir", KIM, root)
    assert before["total"] == after["total"]
    assert [one["taken"] for one in before["folders"]] == [one["taken"] for one in after["folders"]]
    assert before["total"]["duplicates"] == 1
    _, again = report(moved, "import", "maildir", KIM, root, "--dry-run")
    assert (again["total"]["taken"], again["total"]["taken_before"]) == (0, 7)


BROKEN = {
    "no header": b"hello\nhello\n",
    "nothing but an end": b"\n",
    "NUL": b"Subject: x\n\na\0b\n",
    "a header without end": b"Subject: x\n" + b"X-Y: z\n" * 60_000,
    "bare CR": b"Subject: x\r\rhello\r",
    "binary": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_letters_are_kept_as_they_are_and_counted(moved, tmp_path, name):
    put(tmp_path / "m" / "cur", "1", BROKEN[name])
    code, found = report(moved, "import", "maildir", KIM, tmp_path / "m")
    assert code == 0
    assert found["total"]["broken"] == (name != "bare CR")
    ((octets, _, _),) = moved.letters()
    assert octets.replace(b"\r\n", b"\n") == BROKEN[name].replace(b"\r\n", b"\n")


def test_large_letters_become_files_and_leave_nothing_behind(moved, tmp_path):
    big = letter(1, "x" * 70 + "\n") + b"0123456789\n" * (INLINE_LIMIT // 10)
    put(tmp_path / "m" / "cur", "1", big)
    put(tmp_path / "m" / "cur", "2", big)
    (tmp_path / "mbox").write_bytes(FROM + big)
    _, found = report(moved, "import", "maildir", KIM, tmp_path / "m")
    assert (found["total"]["taken"], found["total"]["duplicates"]) == (1, 1)
    assert report(moved, "import", "mbox", KIM, tmp_path / "mbox")[1]["total"]["duplicates"] == 1
    assert report(moved, "import", "mbox", KIM, tmp_path / "mbox")[1]["total"]["taken_before"] == 1
    assert moved.letters()[0][0] == crlf(big)
    assert len(list(moved.home.blobs.folder.glob("*/*"))) == 1
    assert list((moved.data / "spool").iterdir()) == []
    assert report(moved, "import", "maildir", KIM, tmp_path / "m", "--dry-run")[1]["total"]["taken_before"] == 2


def test_what_cannot_be_read_is_named_at_the_end(moved, tmp_path):
    root = maildir(tmp_path)
    (root / "cur" / "1700000008.M1P1.host:2,").symlink_to("/etc/passwd")
    os.mkfifo(root / "cur" / "1700000009.M1P1.host:2,")
    (root / "cur" / "1700000010.M1P1.host:2,").mkdir()
    code, out, err = moved.run("import", "maildir", KIM, root)
    assert code == 1
    assert err.count("could not be read") == 3
    assert "1700000008" in err and "root:" not in out + err
    assert len(moved.letters()) == 3


def test_without_the_guard_a_link_in_a_maildir_would_be_followed(moved, tmp_path, monkeypatch):
    """Negative control."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"the key")
    (tmp_path / "m" / "cur").mkdir(parents=True)
    (tmp_path / "m" / "cur" / "1").symlink_to(secret)
    monkeypatch.setattr(files.os, "O_NOFOLLOW", 0)
    moved.run("import", "maildir", KIM, tmp_path / "m")
    assert moved.letters()[0][0] == b"the key"


def test_a_folder_that_is_a_link_leads_nowhere(moved, tmp_path):
    root = maildir(tmp_path)
    other = tmp_path / "other"
    put(other / "cur", "1", letter("other"))
    (root / ".Other").symlink_to(other)
    moved.run("import", "maildir", KIM, root)
    assert "Other" not in moved.names()


def test_the_limit_of_the_mailboxes_stops_it_and_more_room_lets_it_go_on(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(taker, "BATCH", 3)
    moved = Moved(tmp_path / "data", capsys, quota_octets=len(crlf(letter("seen"))) * 2 + 20)
    root = maildir(tmp_path)
    code, _, err = moved.run("import", "maildir", KIM, root)
    assert code == 1 and "pyeonji account quota" in err
    assert sum(map(len, moved.all().values())) == 2
    moved.run("account", "quota", KIM, "0")
    assert moved.run("import", "maildir", KIM, root)[0] == 0
    assert sum(map(len, moved.all().values())) == 5
    moved.close()


def test_the_journey_of_a_letter_says_that_it_was_imported(moved, tmp_path):
    moved.run("import", "maildir", KIM, maildir(tmp_path))
    decided, accepted, filed = moved.events()[0]
    assert isinstance(decided, Decided) and (decided.rule, decided.outcome) == ("imported", "INBOX")
    assert str(tmp_path) in decided.value
    assert isinstance(accepted, Accepted) and (accepted.via, accepted.message_id) == ("import", "<seen@b.test>")
    assert isinstance(filed, Filed) and (filed.mailbox, filed.uid) == ("INBOX", 1)
    _, out, _ = moved.run("trace", "<seen@b.test>")
    assert "imported" in out


def test_folders_that_are_made_are_subscribed_to(moved, tmp_path):
    from pyeonji.store.subscriptions import subscribed

    moved.run("import", "maildir", KIM, maildir(tmp_path))
    assert {"친구/2026", "Empty"} <= set(moved.home.engine.read_now(subscribed, moved.kim.id))


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["maildir", KIM, "/nonexistent"], 1, "there is no such file or folder"),
        (["maildir", "nobody@a.test", "."], 1, "there is no such account"),
        (["maildir", "kim", "."], 2, "this is not an address"),
        (["mbox", KIM, ".", "--into", "a\nb"], 2, "no name of a mailbox"),
        (["mbox", KIM, ".", "--dialect", "mh"], 2, "cannot be chosen"),
    ],
)
def test_mistakes_are_one_sentence(moved, words, code, sentence):
    found, _, err = moved.run("import", *words)
    assert (found, sentence in err) == (code, True), err


def test_a_folder_without_letters_is_a_mistake(moved, tmp_path):
    (tmp_path / "empty").mkdir()
    for kind in ("maildir", "mbox", "eml"):
        code, _, err = moved.run("import", kind, KIM, tmp_path / "empty")
        assert code == 1 and "no letters were found" in err, kind


def test_two_imports_into_one_account_do_not_meet(moved, tmp_path):
    from pyeonji.store.lock import import_lock

    lock = import_lock(moved.data, moved.kim.id)
    code, _, err = moved.run("import", "maildir", KIM, maildir(tmp_path))
    assert code == 1 and "under way" in err
    lock.release()


# ── killed, and gone on ──


@pytest.mark.parametrize("stops_at", range(6))
def test_an_import_that_breaks_off_goes_on_and_takes_each_letter_once(moved, tmp_path, monkeypatch, stops_at):
    """As if the process died at any commit: before it, or just after."""
    monkeypatch.setattr(taker, "BATCH", 2)
    path = tmp_path / "mbox"
    path.write_bytes(b"\n".join(FROM + letter(n) for n in range(9)))
    commits, take = [], imported.take

    def dies(*args):
        if len(commits) == stops_at // 2 and stops_at % 2 == 0:
            raise KeyboardInterrupt
        commits.append(1)
        return take(*args)

    def dies_after(self, mailbox):
        if len(commits) == stops_at // 2 + 1 and stops_at % 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(imported, "take", dies)
    monkeypatch.setattr("pyeonji.cli.import._Word.say", dies_after)
    assert moved.run("import", "mbox", KIM, path)[0] == 130
    monkeypatch.undo()
    moved.run("import", "mbox", KIM, path)
    assert [found[0] for found in moved.letters()] == [crlf(letter(n)) for n in range(9)]


def test_a_killed_import_goes_on(moved, tmp_path):
    """kill -9 of the real command, again and again (with PYEONJI_EXAMPLES=10 until it has come to its end)."""
    path = tmp_path / "mbox"
    path.write_bytes(b"\n".join(FROM + letter(n, "x" * 2000) for n in range(4000)))
    command = [sys.executable, "-m", "pyeonji", "import", "mbox", KIM, str(path)]
    env = {**os.environ, "PYEONJI_DATA": str(moved.data)}
    kills = 0
    for _ in range(examples(10)):
        running = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = len(moved.letters_count())
        until = time.monotonic() + 20
        while running.poll() is None and len(moved.letters_count()) == before and time.monotonic() < until:
            time.sleep(0.002)
        if running.poll() is not None:
            break
        running.kill()
        running.wait()
        kills += 1
    assert kills >= 3
    assert moved.run("import", "mbox", KIM, path)[0] == 0
    assert [found[0] for found in moved.letters()] == [crlf(letter(n, "x" * 2000)) for n in range(4000)]


def test_a_receipt_number_that_is_taken_already_is_no_trouble(moved, tmp_path, monkeypatch):
    take, conflicts = imported.take, iter([True, True, False, False, False])

    def conflicting(*args):
        if next(conflicts, False):
            raise Conflict("message.id")
        return take(*args)

    monkeypatch.setattr(imported, "take", conflicting)
    assert moved.run("import", "maildir", KIM, maildir(tmp_path))[0] == 0
    assert len(moved.letters()) == 3
