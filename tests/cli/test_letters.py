"""Commands that show and decide about letters, over a store that holds some."""

import io
import json
import sys
from typing import ClassVar

import pytest

from kit.stored import filing, letter, person, relaying, take
from pyeonji.address import parse_address
from pyeonji.cli import main
from pyeonji.cli.handover import Handed
from pyeonji.journey.event import Connected, Content, Delivered, Line, Refused, pack
from pyeonji.journey.receipt import written
from pyeonji.store import journey, queue
from pyeonji.store.accept import SessionRef
from pyeonji.store.home import open_home

NUMBER = 0x1_0000_0000_0001
ID = written(NUMBER)
CONTENT = (
    b"From: =?euc-kr?B?sei/tcjx?= <lee@b.test>\r\nTo: kim@a.test\r\nSubject: =?utf-8?B?7KCQ7Ius?=\r\n"
    b"Content-Type: text/plain; charset=euc-kr\r\n\r\n"
) + "같이 먹자\r\n".encode("euc-kr")


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    home = open_home(tmp_path, create=True)
    person(home)
    ways = (filing(home), relaying("lee@b.test", 2), relaying("park@c.test", 3))
    take(home, letter(*ways, content=CONTENT, number=NUMBER, message_id="<m@b.test>", subject="점심"))
    home.close()
    return tmp_path


@pytest.fixture
def run(data, monkeypatch, capsys):
    def called(*words, stdin=""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return called


@pytest.mark.parametrize(
    "name", [ID, ID.replace("-", "").lower(), "<m@b.test>", "m@b.test", "park@c.test", "lee@b.test"]
)
def test_a_letter_is_found_by_number_message_id_and_address(run, name):
    code, out, _ = run("trace", name, "--json")
    found = json.loads(out)
    assert (code, found["display_id"], found["message_id"]) == (0, ID, f"<{NUMBER}@b.test>")
    assert [one["state"] for one in found["recipients"]] == ["delivered", "queued", "queued"]
    assert {"address", "state", "final", "certainty", "cause", "actor", "next_attempt_at", "reply", "attempts"} <= set(
        found["recipients"][0]
    )
    assert all({"at", "kind"} <= set(step) for step in found["steps"])


def test_one_recipient_can_be_asked_for(run):
    for words in ((f"{ID}.3",), (ID, "--recipient", "3")):
        found = json.loads(run("trace", *words, "--json")[1])
        assert [one["address"] for one in found["recipients"]] == ["park@c.test"]
    assert run("trace", f"{ID}.9", "--json")[0] == 1


def test_a_reader_sees_nobody_whom_the_header_does_not_name(run):
    assert "park@c.test" in run("trace", ID)[1]  # the negative control: the administrator does
    for words in (("--as", "kim@a.test"), ("--as", "kim@a.test", "--json"), ("--as", "kim@a.test", "--raw")):
        assert "park@c.test" not in run("trace", ID, *words)[1]


def test_a_letter_is_shown_decoded_and_its_octets_as_they_are(run, monkeypatch):
    code, out, _ = run("show", ID)
    assert code == 0
    assert "Subject: 점심" in out
    assert "김영희" in out
    assert out.endswith("같이 먹자\n")
    found = json.loads(run("show", ID, "--json")[1])
    assert found["text"] == "같이 먹자\n"
    taken = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(taken))
    assert main(["show", ID, "--source"]) == 0
    assert taken.getvalue() == CONTENT


def test_control_octets_of_a_stranger_do_not_reach_the_terminal(run, data):
    home = open_home(data, create=False)
    evil = b"From: lee@b.test\r\nSubject: \x1b]0;owned\x07\r\n\r\n\x1b[2J\r\n"
    take(home, letter(filing(home), content=evil, number=NUMBER + 5))
    home.close()
    assert "\x1b" not in run("show", written(NUMBER + 5))[1]


def test_the_queue_is_listed_held_released_retried_and_cancelled(run, data):
    rows = json.loads(run("queue", "list", "--json")[1])
    assert [(row["id"], row["state"]) for row in rows] == [(f"{ID}.2", "waiting"), (f"{ID}.3", "waiting")]
    assert run("queue", "hold", f"{ID}.2")[0] == 0
    assert [row["id"] for row in json.loads(run("queue", "list", "--state", "held", "--json")[1])] == [f"{ID}.2"]
    assert run("queue", "hold", f"{ID}.2")[0] == 1  # there was nothing left to hold
    assert run("queue", "release", "--all")[0] == 0
    assert run("queue", "retry", "c.test")[0] == 0
    home = open_home(data, create=False)
    assert {row.n: row.due_us for row in home.engine.read_now(queue.show, NUMBER)}[3] == queue.AT_ONCE
    home.close()
    code, _, err = run("queue", "cancel", ID)
    assert (code, "--yes" in err) == (1, True)
    assert run("queue", "cancel", ID, "--yes")[0] == 0
    assert json.loads(run("queue", "list", "--json")[1]) == []
    states = [one["state"] for one in json.loads(run("queue", "show", ID, "--json")[1])]
    assert states == ["done", "cancelled", "cancelled"]


def test_refused_mail_is_found_by_the_address_it_was_refused_for(run, data):
    home = open_home(data, create=False)
    session = SessionRef(9, 5, "smtp", "192.0.2.9:1234")
    events = (
        Connected(5, "in", "smtp", "192.0.2.9:1234"),
        Refused(6, "550 5.1.1 No such mailbox here", "nobody is called so", "nobody@a.test"),
    )
    home.engine.write_now(journey.close_all, [journey.Ending(session, 7, pack(events))])
    home.close()
    code, out, _ = run("trace", "nobody@a.test", "--json")
    assert (code, json.loads(out)["recipients"][0]["reply"]["code"]) == (0, 550)


DIALOGUE = [
    ("in", "MAIL FROM:<lee@far.test>"), ("out", "250 2.1.0 Ok"), ("in", "RCPT TO:<kim@a.test>"), ("out", "250 2.1.5 Ok")
]  # fmt: skip


@pytest.mark.parametrize("who", ["lee@far.test", "kim@a.test"])
def test_a_letter_refused_for_what_is_in_it_is_found_by_its_writer_and_its_recipient(run, data, who):
    home = open_home(data, create=False)
    session = SessionRef(9, 5, "smtp", "192.0.2.9:1234")
    events = (
        Connected(5, "in", "smtp", "192.0.2.9:1234"),
        *(Line(5, way, False, text) for way, text in DIALOGUE),
        Content(6, "in", False, 20, 2), Refused(6, "550 5.5.2 Bare LF", "content"),
    )  # fmt: skip
    home.engine.write_now(journey.close_all, [journey.Ending(session, 7, pack(events))])
    home.engine.write_now(lambda tx: tx.run("DELETE FROM recipient"))
    home.close()
    code, out, _ = run("trace", who, "--json")
    (one,) = json.loads(out)["recipients"]
    assert (code, one["address"], one["state"], one["reply"]["code"]) == (0, "kim@a.test", "failed", 550)


def test_several_letters_of_an_address_are_named(run, data):
    home = open_home(data, create=False)
    take(home, letter(filing(home), number=NUMBER + 9, subject="둘째"))
    home.close()
    code, out, _ = run("trace", "kim@a.test")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[-2:]] == [written(NUMBER + 9), ID]
    assert json.loads(run("trace", "kim@a.test", "--json")[1])["others"] == [ID.replace("-", "")]


class Door:
    """Stands in for the server's socket."""

    taken: ClassVar[list] = []

    def __init__(self, path):
        pass

    def greet(self):
        return "a.test"

    def close(self):
        pass

    def hand_over(self, envelope, content):
        self.taken.append((envelope.reverse_path, [address for address, _ in envelope.recipients], content))
        return Handed([], f"250 2.0.0 Ok: queued as {ID.replace('-', '')}")


@pytest.mark.parametrize(
    ("outcome", "code"), [("delivered", 0), ("cancelled", 1), ("waiting", 75)], ids=["delivered", "not", "not yet"]
)
def test_send_waits_and_says_how_it_ended(run, data, monkeypatch, outcome, code):
    monkeypatch.setattr("pyeonji.cli.send.Connection", Door)
    Door.taken.clear()
    home = open_home(data, create=False)
    if outcome == "cancelled":
        home.engine.write_now(queue.cancel, NUMBER, 0, "test", 5)
    elif outcome == "delivered":
        jobs = home.engine.write_now(queue.claim, 2**60, 2**61, 10, {}, 10)
        for job in jobs:
            told = [queue.Conclusion(one, Delivered(9, one.n, "mx", "250 ok")) for one in job.recipients]
            home.engine.write_now(queue.conclude, NUMBER, told, (), 9)
    home.close()
    found, out, _ = run("send", "--to", "lee@b.test", "--bcc", "park@c.test", "--subject", "점심", "--text", "-",
                        "--wait", "100ms", "--json", stdin="같이 먹자")  # fmt: skip
    assert (found, json.loads(out)["display_id"]) == (code, ID)
    ((reverse_path, recipients, content),) = Door.taken
    assert (reverse_path, recipients) == ("kim@a.test", ["lee@b.test", "park@c.test"])
    assert b"park" not in content
    assert parse_address(reverse_path)


def test_a_letter_with_more_recipients_than_one_slice_is_listed_whole(run, monkeypatch):
    monkeypatch.setattr("pyeonji.cli.queue.SLICE", 1)
    assert [row["id"] for row in json.loads(run("queue", "list", "--json")[1])] == [f"{ID}.2", f"{ID}.3"]


def test_verify_finds_what_does_not_agree(run, data):
    assert run("verify")[0] == 0
    home = open_home(data, create=False)
    home.engine.write_now(lambda tx: tx.run("UPDATE mailbox SET messages = 7 WHERE name = 'INBOX'"))
    home.close()
    code, out, _ = run("verify", "--json")
    assert code == 1
    assert json.loads(out)[0]["fix"] == "run: pyeonji verify --rebuild"
    assert run("verify", "--rebuild")[0] == 0
    assert run("verify")[0] == 0


def test_following_a_letter_ends_after_the_time_that_was_given(run):
    code, out, _ = run("trace", ID, "--follow", "--raw", "--wait", "10ms")
    assert code == 75
    assert "MAIL FROM:<lee@b.test>" in out
    run("queue", "cancel", ID, "--yes")
    assert run("trace", ID, "--follow")[0] == 1


@pytest.mark.parametrize("command", [("status",), ("queue", "list")])
def test_what_sendmail_left_is_seen(run, data, command):
    (data / "maildrop" / "1.drop").write_text("x")
    (data / "maildrop" / "quarantine").mkdir()
    (data / "maildrop" / "quarantine" / "2.drop").write_text("x")
    _, out, _ = run(*command)
    assert "1 letters left by sendmail wait" in out
    assert "1 files left by sendmail are no letters" in out
