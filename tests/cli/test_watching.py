"""`pyeonji logs`, `top`, and `pyeonji` alone: looking at a server at work, here over its store."""

import contextlib
import fcntl
import json
import socket
import struct
import sys
import termios
from pathlib import Path

import pytest

from kit.stored import NOW, SECOND, filing, letter, person, relaying, session, take
from kit.terminal import CONTROL, Terminal
from pyeonji.cli import main, place
from pyeonji.daemon import following
from pyeonji.daemon.following import Follower
from pyeonji.journey.event import Connected, Deferred, Failed, LoginFailed
from pyeonji.journey.receipt import written
from pyeonji.net.established import established
from pyeonji.store import directory, usage
from pyeonji.store.accept import record
from pyeonji.store.home import open_home
from pyeonji.store.queue import hold

BIN = Path(sys.executable).parent


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(place, "now_us", lambda: NOW + 3_600 * SECOND)
    home = open_home(tmp_path / "data", create=True, synchronous="OFF")
    home.engine.write_now(directory.add_domain, "a.test", NOW)
    person(home)
    following.begin(home.data)
    yield home
    home.close()


@pytest.fixture
def run(capsys):
    def called(*words):
        code = main(list(words))
        said = capsys.readouterr()
        assert not said.err, said.err
        return code, said.out

    return called


def tell(home, *events, number=0, of=None):
    home.engine.write_now(record, of, number, NOW, events)


def troubled(home):
    """Two letters that wait because their DNS is silent, one that failed, one on hold; two mailboxes reached."""
    numbers = [take(home, letter(relaying(f"lee@{name}.test"))).number for name in ("b", "c", "d", "e")]
    for number in numbers[:2]:
        home.engine.write_now(
            lambda tx, n=number: tx.run("UPDATE recipient SET attempts = 3 WHERE message_id = :n", {"n": n})
        )
        tell(home, Deferred(NOW, 1, "451 4.4.3 no answer", "dns.temporary", NOW), number=number)
    home.engine.write_now(
        lambda tx: tx.run("UPDATE recipient SET state = 'done' WHERE message_id = :n", {"n": numbers[2]})
    )
    tell(home, Failed(NOW, 1, "550 5.7.26 not aligned", "dmarc.fail", "mx.d.test"), number=numbers[2])
    home.engine.write_now(hold, numbers[3], 1, "wait", NOW)
    take(home, letter(filing(home)))
    Follower(home, None, None).look()
    return numbers


# ── logs ──


def test_the_last_lines_are_shown_in_their_order(home, run):
    troubled(home)
    _, text = run("logs", "-n", "3")
    assert [line.split()[2] for line in text.splitlines()] == ["held", "accepted", "filed"]


def test_the_log_of_one_letter_is_all_of_it(home, run):
    numbers = troubled(home)
    _, text = run("logs", written(numbers[2]), "--level", "debug", "--json")
    events = [json.loads(line) for line in text.splitlines()]
    assert [one["event"] for one in events] == ["line", "accepted", "queued", "failed"]
    assert {one["id"].partition(".")[0] for one in events} == {written(numbers[2])}


def test_nobody_is_asked_for_a_letter_that_is_not_there(home, capsys):
    assert main(["logs", "K7M3-2QXD-9TAB"]) == 1
    assert "K7M3-2QXD-9TAB" in capsys.readouterr().err


def test_the_log_can_look_as_from_postfix(home, run):
    troubled(home)
    tell(home, Connected(NOW, "in", "smtp", "192.0.2.1:4321"), LoginFailed(NOW, "PLAIN", "", "", "wrong"), of=session())
    _, text = run("logs", "--style", "postfix", "-n", "2")
    assert "postfix/smtpd[8]: auth failed: ip=192.0.2.1" in text


# ── top ──


def test_top_tells_programs_all_it_knows(home, run):
    numbers = troubled(home)
    code, text = run("top", "--once", "--json")
    found = json.loads(text)
    assert code == 0
    assert found["queue"] == {"waiting": 2, "trying": 0, "held": 1, "failed": 0}
    assert found["oldest_undecided_seconds"] == 3_600
    assert [one["domain"] for one in found["slowest"]][:2] == ["b.test", "c.test"]
    assert found["waiting_because"] == [{
        "cause": "dns.temporary", "actor": found["waiting_because"][0]["actor"], "recipients": 2,
        "id": written(numbers[0], 1), "reply": "451 4.4.3 no answer", "domains": ["b.test", "c.test"],
    }]  # fmt: skip
    assert [(one["cause"], one["actor"]) for one in found["failed_because"]] == [("dmarc.fail", "dns_owner")]
    assert found["totals"]["accepted"] == 5 and found["totals"]["in_mailbox"] == 1


def test_top_shows_how_many_connections_are_open_by_protocol(home, run, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening, contextlib.ExitStack() as stack:
        port = listening.getsockname()[1]
        for _ in range(3):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        listeners = [{"service": "imap", "host": "127.0.0.1", "port": port}, {"service": "smtp", "host": "", "port": 1}]
        monkeypatch.setattr(place.Place, "ask", lambda self, request: {"listeners": listeners})
        found = json.loads(run("top", "--once", "--json")[1])
        if not found["connections_open"]:
            pytest.skip("this kernel has no list of connections")
        assert found["connections_open"] == {"imap": 3, "smtp": 0}
        assert "Connections open:  imap 3\n" in run("top", "--once", "--lang", "en")[1]


TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:0019 0200000A:C350 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
   2: 0100007F:0019 0200000A:C351 06 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1
   3: 0100007F:C350 0200000A:0019 01 00000000:00000000 00:00000000 00000000     0        0 4 1 0 20 4 30 10 -1
"""


def test_only_connections_that_are_open_and_ours_are_counted(tmp_path):
    (tmp_path / "tcp").write_text(TCP)
    assert established({25, 143}, [tmp_path / "tcp", tmp_path / "none"]) == {25: 1, 143: 0}
    assert established({25}, [tmp_path / "none"]) is None


@pytest.mark.parametrize(("language", "words"), [("ko", "하루 안에 그만둔 편지"), ("en", "Given up within a day")])
def test_top_names_who_can_mend_it(home, run, language, words):
    numbers = troubled(home)
    _, text = run("top", "--once", "--lang", language)
    assert words in text and written(numbers[2], 1) in text
    assert all(len(line) < 200 for line in text.splitlines())


def test_top_at_a_terminal_is_drawn_again_when_it_is_resized_and_ends_with_q(home):
    numbers = troubled(home)
    with Terminal([BIN / "pyeonji", "top", "--lang", "en"], {"COLUMNS": "", "LINES": ""}) as terminal:
        size(terminal, rows=40, columns=120)
        terminal.awaits(written(numbers[0], 1))
        size(terminal, rows=3, columns=20)
        terminal.awaits("pyeonji")
        terminal.awaits("pyeonji")  # at the latest this one is drawn for the new size
        last = CONTROL.sub(b"", terminal.shown.rpartition(b"\x1b[H")[2]).decode()
        assert last.splitlines()[0].startswith("pyeonji  ")
        assert len(last.splitlines()) <= 3 and all(len(line) <= 20 for line in last.splitlines())
        terminal.types("q")
        terminal.ends()
        assert terminal.shown.rstrip().endswith(b"\x1b[?1049l")  # the screen that was there before


def size(terminal, rows, columns):
    fcntl.ioctl(terminal._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


# ── pyeonji alone ──


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_program_alone_says_the_state_in_six_lines_and_three_things_to_do(home, run, language):
    numbers = troubled(home)
    _, text = run("--lang", language)
    lines = text.splitlines()
    assert len(lines) == 7
    assert [command.strip() for command in lines[6].partition(":")[2].split("  ·  ")][:2] == [
        "pyeonji serve", f"pyeonji trace {written(numbers[2], 1)}"
    ]  # fmt: skip


def test_an_old_backup_is_asked_for_and_a_new_one_is_not(home, run):
    _, text = run("--lang", "en", "--json")
    assert any("backup" in command for command in json.loads(text)["next"])
    home.engine.write_now(usage.note_backup, NOW // SECOND)
    _, text = run("--lang", "en", "--json")
    assert not any("backup" in command for command in json.loads(text)["next"])


def test_where_there_is_no_server_the_first_steps_are_said(tmp_path, run, monkeypatch):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "none"))
    _, text = run("--lang", "en")
    assert "pyeonji setup ADDRESS" in text
