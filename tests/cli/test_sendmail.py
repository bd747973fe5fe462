"""sendmail(8) from argv to exit code, against a server on a local socket, and without one."""

import io
import os
import re
import resource
import select
import shlex
import socket
import subprocess
import sys
import threading

import pytest

from pyeonji.cli import sendmail
from pyeonji.cli.sendmail_pipe import CHUNK, Lines, Turns
from pyeonji.net.local_name import local_name
from pyeonji.store.home import open_home
from pyeonji.submission.maildrop import read_drop

GREETING = b"220 mx.example.com ESMTP\r\n"
HELLO = b"250-mx.example.com\r\n250-SMTPUTF8\r\n250 XDOMAIN example.com\r\n"
TAKEN = b"250 2.0.0 Ok: queued as K7M32QXD9TAB\r\n"


def more(connection):
    """Has the client said more already?"""
    return bool(select.select([connection], [], [], 0)[0])


class Server:
    """Answers one dialogue from a table of first words; what it heard is kept."""

    def __init__(self, folder, answers=None, *, impatient=False):
        self.impatient = impatient  # whoever says something before DATA is answered is cut off
        self.answers = {b"MAIL": b"250 2.1.0 Ok\r\n", b"DATA": b"354 go\r\n", b".": TAKEN} | (answers or {})
        self.commands: list[bytes] = []
        self.letters: list[bytes] = []
        (folder / "run").mkdir(parents=True)
        self._socket = socket.socket(socket.AF_UNIX)
        with local_name(folder / "run" / "submit.sock") as name:
            self._socket.bind(name)
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def done(self):
        self._thread.join(5)
        self._socket.close()

    def _serve(self):
        connection, _ = self._socket.accept()
        with connection, connection.makefile("rb", buffering=0 if self.impatient else -1) as lines:
            connection.sendall(self.answers.get(b"", GREETING))
            for line in lines:
                self.commands.append(line)
                verb = line[:4]
                if verb == b"EHLO":
                    connection.sendall(self.answers.get(b"EHLO", HELLO))
                elif verb == b"RCPT":
                    connection.sendall(self.answers.get(line.strip(), b"250 2.1.5 Ok\r\n"))
                elif verb == b"QUIT" or (
                    self.impatient and verb == b"DATA" and select.select([connection], [], [], 0)[0]
                ):
                    return
                else:
                    connection.sendall(self.answers[verb])
                    if verb == b"DATA" and self.answers[verb][:1] == b"3":
                        self.letters.append(b"".join(iter(lines.readline, b".\r\n")))
                        if not self.answers[b"."]:
                            return
                        connection.sendall(self.answers[b"."])


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    return tmp_path / "data"


@pytest.fixture
def call(data, monkeypatch):
    def called(octets: bytes, *argv: str) -> int:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))
        return sendmail.main(["sendmail", *argv])

    return called


def dropped(data):
    return [read_drop(path, "here.example") for path in sorted((data / "maildrop").glob("*.drop"))]


LETTER = b"From: a@example.com\nTo: kim@example.com\nBcc: hidden@example.org\nSubject: x\n\nhello\n.dot\n"


def test_a_letter_goes_to_the_server_with_every_recipient_and_without_bcc(data, call):
    server = Server(data)
    assert call(LETTER, "-t", "-i", "-f", "a@example.com", "-N", "failure", "-V", "id+1", "-R", "full") == 0
    server.done()
    assert server.commands[1:4] == [
        b"MAIL FROM:<a@example.com> SIZE=69 RET=FULL ENVID=id+2B1\r\n",
        b"RCPT TO:<kim@example.com> NOTIFY=FAILURE\r\n",
        b"RCPT TO:<hidden@example.org> NOTIFY=FAILURE\r\n",
    ]
    assert server.letters == [b"From: a@example.com\r\nTo: kim@example.com\r\nSubject: x\r\n\r\nhello\r\n..dot\r\n"]
    assert not (data / "maildrop").exists()


def test_a_name_without_a_domain_belongs_to_the_server(data, call):
    server = Server(data)
    assert call(b"Subject: backup\n\ndone\n", "-FCronDaemon", "-i", "-B8BITMIME", "-oem", "-f", "root", "root") == 0
    server.done()
    assert server.commands[1:3] == [
        b"MAIL FROM:<root@example.com> SIZE=64\r\n",
        b"RCPT TO:<root@example.com>\r\n",
    ]
    assert server.letters[0].startswith(b'From: "CronDaemon" <root@example.com>\r\n')


def test_a_server_without_a_domain_says_what_to_do(data, call, capsys):
    server = Server(data, {b"EHLO": b"250 mx.example.com\r\n"})
    assert call(LETTER, "-f", "a@example.com", "root") == 78
    server.done()
    assert "root: the server has no domain for names without one" in capsys.readouterr().err
    assert not (data / "maildrop").exists()


def test_whole_addresses_need_no_domain_of_the_server(data, call):
    """Negative control of the one above."""
    server = Server(data, {b"EHLO": b"250 mx.example.com\r\n"})
    assert call(LETTER, "-f", "a@example.com", "kim@example.com") == 0
    server.done()


def test_a_bare_name_that_nobody_has_is_told_with_what_to_do(data, call, capsys):
    server = Server(data, {b"RCPT TO:<root@example.com>": b"550 5.1.1 no\r\n", b"DATA": b"554 5.5.1 no\r\n"})
    assert call(LETTER, "root") == 67
    server.done()
    assert "pyeonji alias add root@example.com" in capsys.readouterr().err


def test_without_a_server_a_bare_name_is_kept_as_it_is(data, call):
    assert call(b"Subject: backup\n\ndone\n", "-FCronDaemon", "-f", "root", "root") == 0
    (drop,) = dropped(data)
    assert (str(drop.reverse_path), drop.name) == ("root@here.example", "CronDaemon")


def test_text_and_addresses_in_any_script_say_so(data, call):
    server = Server(data)
    assert call("Subject: 안녕\n\n점심\n".encode(), "-f", "", "철수@한글.example") == 0
    server.done()
    assert server.commands[1].startswith(b"MAIL FROM:<> SIZE=")
    assert server.commands[1].endswith(b" BODY=8BITMIME SMTPUTF8\r\n")


def test_a_letter_that_may_only_travel_encrypted_says_so_to_the_server_and_in_the_maildrop(data, call):
    assert call(LETTER, "-O", "requiretls=yes", "kim@example.com") == 0
    assert call(LETTER, "kim@example.com") == 0
    assert [drop.requiretls for drop in dropped(data)] == [True, False]
    server = Server(data)
    assert call(LETTER, "-O", "requiretls=yes", "kim@example.com") == 0
    server.done()
    assert server.commands[1].endswith(b" REQUIRETLS\r\n")


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (b"550 5.1.1 No such mailbox here\r\n", 67),
        (b"550 5.1.2 no such domain\r\n", 68),
        (b"501 5.1.3 bad address\r\n", 65),
        (b"550 5.7.1 not allowed\r\n", 77),
        (b"452 4.2.2 full\r\n", 75),
        (b"554 no\r\n", 69),
    ],
)
def test_a_refused_recipient_has_the_exit_code_of_its_reason(data, call, capsys, reply, code):
    answers = {b"RCPT TO:<kim@example.com>": reply, b"DATA": b"554 5.5.1 no valid recipients\r\n"}
    server = Server(data, answers)
    assert call(LETTER, "kim@example.com") == code
    server.done()
    assert "kim@example.com: refused: " in capsys.readouterr().err
    assert not (data / "maildrop").exists()


def test_a_refused_writer_is_named_not_the_recipients_that_had_to_be_refused_with_it(data, call, capsys):
    after = b"503 5.5.1 Need MAIL first\r\n"
    answers = {b"MAIL": b"501 5.1.7 Bad reverse-path syntax\r\n", b"RCPT TO:<kim@example.com>": after, b"DATA": after}
    server = Server(data, answers)
    assert call(LETTER, "-f", "a@b -X", "kim@example.com") == 65
    server.done()
    said = capsys.readouterr().err
    assert "a@b -X: refused" in said and "501 5.1.7" in said and "kim@example.com" not in said


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_a_caller_that_closed_its_streams_gets_the_true_exit_code(data, closed):
    server = Server(data)
    command = shlex.join([sys.executable, "-m", "pyeonji.cli.sendmail", "-v", "kim@example.com"])
    done = subprocess.run(["sh", "-c", f"{command} {closed}"], input=LETTER, capture_output=True, check=False)
    server.done()
    assert (done.returncode, len(server.letters)) == (0, 1), done.stderr
    assert not any(line.startswith(b"sendmail") for line in server.commands)


def test_the_others_still_get_it_when_one_recipient_is_refused(data, call):
    server = Server(data, {b"RCPT TO:<nobody@example.com>": b"550 5.1.1 no\r\n"})
    assert call(LETTER, "nobody@example.com", "kim@example.com") == 67
    server.done()
    assert len(server.letters) == 1


@pytest.mark.parametrize(("reply", "code"), [(b"451 4.3.1 disk full\r\n", 75), (b"552 5.3.4 too big\r\n", 65)])
def test_a_letter_that_is_not_taken_is_never_exit_code_zero(data, call, reply, code):
    server = Server(data, {b".": reply})
    assert call(LETTER, "kim@example.com") == code
    server.done()


def test_without_a_server_the_letter_is_kept_on_disk(data, call):
    assert call(LETTER, "-t", "-f", "a@example.com") == 0
    (drop,) = dropped(data)
    assert str(drop.reverse_path) == "a@example.com"
    assert [str(wanted.address) for wanted in drop.recipients] == ["kim@example.com", "hidden@example.org"]
    assert b"hidden" not in drop.content


@pytest.mark.parametrize(
    "answers", [{b"": b"421 4.3.2 going down\r\n"}, {b".": b""}], ids=["it is stopping", "it dies after the final dot"]
)
def test_a_server_that_goes_away_loses_nothing(data, call, answers):
    server = Server(data, answers)
    assert call(LETTER, "kim@example.com") == 0
    server.done()
    assert len(dropped(data)) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_without_server_and_disk_the_caller_is_told_to_try_again(data, call):
    data.mkdir(mode=0o500)
    assert call(LETTER, "kim@example.com") == 75


def test_a_full_disk_is_exit_code_75(data, call, monkeypatch, capsys):
    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert call(LETTER, "kim@example.com") == 75
    assert "No space left on device" in capsys.readouterr().err
    assert dropped(data) == []


def test_no_recipient_is_a_mistake_of_the_caller(data, call):
    assert call(b"Subject: x\n\n") == 64
    assert call(b"Subject: x\n\n", "-t") == 65
    assert call(b"To: " + b"a@b.example, " * 1 + b"\n\n", "-t") == 0
    many = ", ".join(f"a{n}@b.example" for n in range(1_001)).encode()
    assert call(b"To: " + many + b"\n\n", "-t") == 65


def test_an_envelope_with_line_breaks_from_a_header_is_refused(data, call):
    assert call(b'To: "a\n b"@example.com\n\n', "-t") == 65
    assert call(b"To: -oQ@example.com\n\n", "-t") == 65
    assert dropped(data) == []


def test_flags_that_name_files_touch_no_file(data, call, tmp_path):
    named = tmp_path / "named"
    flags = (
        "-X",
        str(named),
        f"-C{named}",
        "-D",
        str(named),
        "-O",
        f"QueueDirectory={named}",
        f"-oQ{named}",
        "-A",
        str(named),
    )
    assert call(LETTER, *flags, "kim@example.com") == 0
    assert not named.exists()
    assert len(dropped(data)) == 1  # the negative control: the letter itself was written


def test_no_option_hides_in_a_list_of_recipients(data, call, tmp_path):
    assert call(LETTER, f"kim@example.com, -X{tmp_path}/log") == 65
    assert not (tmp_path / "log").exists()


def test_a_letter_that_is_too_big_is_not_blamed_on_its_writer(data, call, capsys):
    after = b"503 5.5.1 Need MAIL first\r\n"
    answers = {b"MAIL": b"552 5.3.4 Message size exceeds the limit\r\n", b"RCPT": after, b"DATA": after}
    server = Server(data, answers)
    assert call(LETTER, "-f", "a@b.example", "kim@example.com") == 65
    server.done()
    said = capsys.readouterr().err
    assert "552 5.3.4" in said and "a@b.example" not in said and "kim" not in said


def test_smtp_on_standard_input_is_the_servers_own_dialogue(data, tmp_path):
    server = Server(data)
    dialogue = b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nhi\r\n.\r\nQUIT\r\n"
    done = subprocess.run([sys.executable, "-m", "pyeonji.cli.sendmail", "-bs"], input=dialogue, capture_output=True)
    server.done()
    assert done.returncode == 0
    assert done.stdout == GREETING + HELLO + b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go\r\n" + TAKEN


def test_smtp_on_standard_input_may_be_typed_with_the_line_ends_of_a_terminal(data):
    server = Server(data)
    dialogue = b"EHLO x\nMAIL FROM:<a@b.example>\nRCPT TO:<c@d.example>\nDATA\nhi\n.\nQUIT\n"
    done = subprocess.run([sys.executable, "-m", "pyeonji.cli.sendmail", "-bs"], input=dialogue, capture_output=True)
    server.done()
    assert done.stdout == GREETING + HELLO + b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go\r\n" + TAKEN
    assert server.letters == [b"hi\r\n"]


COMMANDS = [b"EHLO x\r\n", b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<c@d.example>\r\n", b"DATA\r\n"]
CONTENT = b"Subject: x\r\n\r\nDATA\r\n..\r\nQUIT\r\n.\r\n"


def spoken(dialogue, replies, size=1):
    """What is said before each reply; the first is the greeting."""
    turns, said = Turns(), []
    for at in range(0, len(dialogue), size):
        assert turns.say(dialogue[at : at + size]) == b""  # the server has not greeted yet
    for reply in replies:
        turns.hear(reply[:5])
        turns.hear(reply[5:])
        said.append(turns.say(b""))
    return said


def test_a_dialogue_that_is_piped_whole_is_said_in_turns():
    dialogue = b"".join(COMMANDS) + CONTENT + b"QUIT\r\n"
    replies = [b"220 hi\r\n", b"250-mx\r\n250 SIZE\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"250 taken\r\n"]
    assert spoken(dialogue, replies) == [*COMMANDS, CONTENT, b"QUIT\r\n"]


def test_where_data_is_refused_what_follows_are_commands():
    dialogue = b"".join(COMMANDS) + CONTENT
    said = spoken(dialogue, [b"220 hi\r\n", *[b"250 ok\r\n"] * 3, b"554 no\r\n", b"500 what\r\n"])
    assert said == [*COMMANDS, b"Subject: x\r\n", b"\r\n"]


def test_a_chunk_follows_its_command_at_once():
    chunk = b"a\r\nDATA\r\nb"
    dialogue = b"BDAT %d\r\n" % len(chunk) + chunk + b"BDAT 0 LAST\r\nQUIT\r\n"
    said = spoken(dialogue, [b"220 hi\r\n", b"250 ok\r\n", b"250 taken\r\n"])
    assert said == [b"BDAT %d\r\n" % len(chunk) + chunk, b"BDAT 0 LAST\r\n", b"QUIT\r\n"]


def test_lines_without_end_do_not_wait_for_ever():
    turns = Turns()
    turns.hear(b"220 hi\r\n")
    assert turns.say(b"x" * CHUNK) == b""
    assert turns.say(b"x") == b"x" * (CHUNK + 1)
    assert not turns.is_full and turns.is_over


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_whole_dialogue_may_be_piped_into_a_server_that_takes_nothing_behind_data(data, end):
    server = Server(data, impatient=True)
    dialogue = (b"".join(COMMANDS) + CONTENT + b"QUIT\r\n").replace(b"\r\n", end)
    done = subprocess.run([sys.executable, "-m", "pyeonji.cli.sendmail", "-bs"], input=dialogue, capture_output=True)
    server.done()
    assert done.stdout.endswith(TAKEN)
    assert server.letters == [CONTENT.removesuffix(b".\r\n")]


def carried(*pieces):
    lines = Lines()
    return b"".join([lines.feed(piece) for piece in (*pieces, b"")])


@pytest.mark.parametrize("dialogue", [b"EHLO x\r\nDATA\r\na\n.\nb\rc\r\n.\r\n", b"EHLO x", b"", b"EHLO x\r"])
def test_a_dialogue_with_the_line_ends_of_smtp_is_carried_octet_for_octet(dialogue):
    assert carried(dialogue) == carried(*[dialogue[at : at + 1] for at in range(len(dialogue))]) == dialogue


@pytest.mark.parametrize("end", [b"\r\n.\r\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\r", b"\r.\r"])
def test_where_lines_end_with_lf_the_other_kind_ends_no_letter(end):
    dialogue = b"EHLO x\nDATA\nhello" + end + b"MAIL FROM:<evil@example.org>\n.\n"
    carry = carried(*[dialogue[at : at + 1] for at in range(len(dialogue))])
    assert carry.count(b"\r\n.\r\n") == 1
    assert carry.endswith(b"<evil@example.org>\r\n.\r\n")


def test_a_carrier_that_took_both_kinds_would_end_it():
    """Negative control."""
    dialogue = b"DATA\nhello\r\n.\r\nMAIL FROM:<evil@example.org>\n.\n"
    assert re.sub(rb"\r?\n", b"\r\n", dialogue).count(b"\r\n.\r\n") == 2


def test_a_number_that_does_not_wait_has_an_exit_code_of_sysexits(data, call):
    open_home(data, create=True).close()
    assert call(b"", "-qIK7M32QXD9TAB") == 69
    assert call(b"", "-qInonsense") == 64
    assert call(b"", "-q") == 0


def test_smtp_on_standard_input_without_a_server_says_try_again(data):
    done = subprocess.run([sys.executable, "-m", "pyeonji.cli.sendmail", "-bs"], input=b"", capture_output=True)
    assert (done.returncode, done.stdout[:3]) == (75, b"421")


def test_help_and_version_are_said_in_the_readers_language(call, capsys):
    assert call(b"", "--help", "--lang=ko") == 0
    assert "받는 사람" in capsys.readouterr().out
    assert call(b"", "--version") == 0


def test_the_command_starts_almost_as_fast_as_the_interpreter(data):
    """A cron job with a hundred letters starts it a hundred times (80 ms each, docs/figures.md)."""
    letter = "-m", "pyeonji.cli.sendmail", "a@b.example"
    assert least_processor_time(*letter) < 6 * least_processor_time("-c", "pass")


def least_processor_time(*arguments: str) -> float:
    """Seconds, of the best of seven runs of Python: the others shared the processor's caches with somebody."""
    took = []
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], input=b"hi\n", check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(took)


def test_the_command_imports_nothing_heavy():
    code = (
        "import sys; from pyeonji.cli import sendmail, sendmail_letter, handover, maildrop;"
        "print([name for name in ('argparse', 'asyncio', 'dataclasses', 'apsw', 'ssl', 'pathlib', 'pyeonji.store')"
        " if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
