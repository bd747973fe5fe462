"""The commands over a real store, without a server."""

import errno
import io
import json
import os
import subprocess
import sys
import tomllib
import types
from pathlib import Path

import pytest

from kit.stored import filing, letter, take
from pyeonji import cli
from pyeonji.cli import main, where
from pyeonji.journey.event import Failed
from pyeonji.journey.receipt import written
from pyeonji.net.clock import SystemClock
from pyeonji.net.listener import PortTaken
from pyeonji.store.accept import record
from pyeonji.store.home import open_home


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """run("domain", "add", "example.com") -> (exit code, what was printed, what was complained about)."""
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr("pyeonji.directory.login.MEMORY_KIB", 64)

    def called(*words, stdin=""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = main(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return called


@pytest.fixture
def kims(run):
    run("domain", "add", "example.com")
    run("account", "add", "kim@example.com", "--password-stdin", stdin="secret\n")
    return run


def test_a_domain_and_an_account_are_made_without_a_server(run, tmp_path):
    assert run("domain", "add", "example.com")[0] == 0
    assert run("account", "add", "Kim@Example.com", "--password-stdin", "--quota", "1 MiB", stdin="secret\n")[0] == 0
    code, out, _ = run("account", "list", "--json")
    assert code == 0
    (account,) = json.loads(out)
    assert (account["address"], account["quota_octets"]) == ("kim@example.com", 1 << 20)
    home = open_home(tmp_path / "data", create=False)
    kinds = home.engine.read_now(lambda tx: {kind for (kind,) in tx.all("SELECT kind FROM credential")})
    home.close()
    assert kinds == {"argon2id", "scram-sha-256", "scram-sha-1"}


def test_a_password_nobody_gave_is_made_up_and_shown_once(run):
    run("domain", "add", "example.com")
    code, out, _ = run("account", "add", "kim@example.com")
    assert code == 0
    assert "Password: " in out


SENTENCES = [
    # what is typed, exit code, the sentence
    (("account", "add", "kim@example.com", "--password-stdin"), 1, "kim@example.com: this account exists."),
    (("account", "add", "kim@other.example"), 1, "Run first: pyeonji domain add other.example"),
    (("account", "add", "kim"), 2, "kim: this is not an address."),
    (("account", "passwd", "lee@example.com"), 1, "lee@example.com: there is no such account."),
    (("account", "quota", "kim@example.com", "much"), 2, "much: this is not a size."),
    (("account", "remove", "kim@example.com"), 1, "To do it, add --yes."),
    (("domain", "add", "example.com"), 1, "this domain is here already"),
    (("domain", "add", "not a domain"), 2, "not a domain: this is not a domain name."),
    (("domain", "remove", "example.com", "--yes"), 1, "it still has accounts"),
    (("domain", "show", "other.example"), 1, "this domain is not here"),
    (("alias", "remove", "info@example.com"), 1, "there is no such alias"),
    (("alias", "add", "info@other.example", "kim@example.com"), 1, "this domain is not here"),
    (("alias", "add", "l@example.com", "kim@example.com", "--owner", "nobody@example.com"), 1, "account add nobody@"),
    (("alias", "add", "l@example.com", "kim@example.com", "--owner", "l@example.com"), 1, "account add l@"),
    (("queue", "show", "K7M3-2QXD-9TAB"), 1, "there is no such letter"),
    (("queue", "show", "K7M3"), 2, "not a receipt number"),
    (("queue", "cancel", "K7M3-2QXD-9TAB"), 1, "nothing was changed"),
    (("dial", "127.0.0.1:1"), 1, "does not answer (Connection refused)"),
    (("queue", "retry"), 2, "receipt numbers or domains"),
    (("queue", "retry", "K7M3-2QXD-9TAB"), 1, "nothing was changed"),
    (("explain", "blah"), 1, "blah: no reply of a mail server"),
    (("status", "--lang", "fr"), 2, "--lang fr: there is no such word here. Say one of: ko, en"),
    (("--lang=fr", "account", "list"), 2, "Say one of: ko, en"),
    (("trace", "K7M3-2QXD-9TAB", "--as", "kim"), 2, "kim: this is not an address."),
    (("dkim", "list", "other.example"), 1, "other.example: no keys."),
    (("send", "--to", "kim@example.com", "--file", "a.eml", "--text", "b"), 2, "--file is a whole letter"),
    (("nonsense",), 2, "nonsense: there is no such command. All commands"),
    (("domain", "catch-all", "example.com", "nobody@example.com"), 1, "nobody is called that"),
    (("config", "set", "workers", "99"), 2, "workers: 99 is out of range"),
    (("queue", "retry", "other.example"), 2, "neither a receipt number nor a domain"),
    (("trace", "K7M3-2QXD-9TAB"), 1, "no such letter was seen here"),
    (("trace", "nobody@other.example"), 1, "no such letter was seen here"),
    (("show", "<x@y.example>"), 1, "no such letter was seen here"),
    (("send", "--to", "kim@example.com"), 1, "the server does not run"),
    (("send", "--to", "kim"), 2, "this is not an address"),
    (("send", "--to", "kim@example.com", "--wait", "soon"), 2, "this is not a time"),
    (("lab", "warp", "30m"), 1, "the lab is not open"),
    (("lab", "warp", "later"), 2, "this is not a time"),
    (("lab", "--once"), 1, "the folder of a real server"),
    (("config", "set", "hostnam", "x"), 2, "Did you mean hostname?"),
    (("config", "set", "queue.give_up_after", "soon"), 2, "is not a time"),
    (("config", "test", "/nonexistent.toml"), 1, "cannot be read"),
    (("acount",), 2, "Did you mean account?"),
    (("account",), 2, "missing: VERB"),
    (("account", "frob"), 2, "frob: there is no such word here"),
    (("account", "add"), 2, "missing: ADDRESS How it is used: pyeonji account add"),
    (("status", "--frob"), 2, "Not understood: --frob"),
    (("send", "--to"), 2, "--to needs a value"),
    (("serve", "--port-offset", "x"), 2, "no usable value"),
    (("serve", "--port-offset", "70000"), 2, "there is no port 71025"),
    (("serve", "--port-offset", "-2000"), 2, "there is no port -975"),
    (("trace", "\udcff\udcfe"), 2, "not UTF-8"),
    (("explain", "550 \udcff"), 2, "not UTF-8"),
]


@pytest.mark.parametrize(
    ("words", "code", "sentence"), SENTENCES, ids=[ascii(" ".join(words)) for words, _, _ in SENTENCES]
)
def test_what_is_wrong_is_one_clear_sentence(kims, words, code, sentence):
    found, out, err = kims(*words, stdin="secret\n")
    assert found == code
    assert sentence in " ".join((out + err).split())
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "words",
    [words for words, _, _ in SENTENCES[:32] if "--lang" not in words[0] and "--lang" not in words],
    ids=" ".join,
)
def test_the_same_is_said_in_korean(kims, words):
    _, out, err = kims(*words, "--lang", "ko", stdin="secret\n")
    assert any("가" <= char <= "힣" for char in out + err)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EADDRINUSE, "192.0.2.1:25: the port cannot be opened: Address already in use. Is it running already"),
        (errno.EADDRNOTAVAIL, "192.0.2.1:25: this machine does not have that address"),
        (errno.EACCES, "Ports below 1024 are opened by systemd"),
    ],
)
def test_why_a_port_cannot_be_opened_is_told_with_what_to_do(run, monkeypatch, number, sentence):
    def taken(*_):
        raise PortTaken(number, os.strerror(number), "192.0.2.1:25")

    monkeypatch.setattr("pyeonji.daemon.supervisor.main", taken)
    code, _, err = run("serve")
    assert code == 1 and sentence in " ".join(err.split())


def test_who_may_not_use_the_folder_is_not_told_that_the_server_is_down(kims, monkeypatch):
    def refused(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("socket.socket.connect", refused)
    code, _, err = kims("send", "--to", "kim@example.com", "--from", "kim@example.com", "--text", "x")
    assert code == 1 and "cannot be used: Permission denied" in err


@pytest.mark.parametrize("stdin", ["", "\n"])
def test_a_password_that_did_not_come_is_told_as_such(kims, stdin):
    code, _, err = kims("account", "passwd", "kim@example.com", "--password-stdin", stdin=stdin)
    assert (code, err) == (2, "No password came. Write one into the first line of standard input.\n")


SPOKEN = [sys.executable, "-m", "pyeonji", "explain", "550 5.1.1 No such user", "--lang", "ko"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "euc-kr"])
def test_a_terminal_that_lacks_some_marks_gets_the_rest(encoding):
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    done = subprocess.run([*SPOKEN, "--json"], capture_output=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["cause"] == "addr.no_such_user"
    told = subprocess.run(SPOKEN, capture_output=True, check=False, env=environment)
    assert (told.returncode, told.stderr) == (0, b"") and b"5.1.1" in told.stdout
    assert encoding != "euc-kr" or "주소".encode("euc-kr") in told.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_an_answer_that_cannot_be_written_is_one_sentence():
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(SPOKEN, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("대답을 쓸 수 없어요") and done.stderr.count(b"\n") == 1


def test_a_database_that_is_none_is_one_sentence(run, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mail.db").write_bytes(b"no database " * 4_000)
    for words in (("account", "list"), ("trace", "K7M3-2QXD-9TAB"), ("verify",), ("status",)):
        code, _, err = run(*words)
        assert code == 1
        assert "Restore the folder from a backup" in err


def test_a_data_folder_that_is_a_file_is_one_sentence(run, tmp_path):
    (tmp_path / "data").write_text("a file")
    for words, sentence in (
        (("account", "list"), "no folder of a mail server"),
        (("status", "--json"), "no folder of a mail server"),
        (("domain", "add", "example.com"), "cannot be used: File exists"),
        (("serve",), "cannot be used: File exists"),
    ):
        code, _, err = run(*words)
        assert code == 1
        assert sentence in err


def test_without_a_data_folder_people_are_told_how_to_begin(run):
    for words in (("account", "list"), ("trace", "K7M3-2QXD-9TAB"), ("queue", "list"), ("verify",)):
        code, _, err = run(*words)
        assert code == 1
        assert "pyeonji serve" in err


def test_global_options_are_taken_before_and_after_the_verb(kims, tmp_path):
    data = str(tmp_path / "data")
    wanted = kims("domain", "list", "--json", "--data", data)[1]
    assert json.loads(wanted) == [{"name": "example.com", "catch_all": "", "accounts": 1}]
    assert kims("--json", "--data", data, "domain", "list")[1] == wanted
    assert kims(f"--data={data}", "domain", "--json", "list")[1] == wanted


def test_a_list_has_an_owner_who_is_not_the_list(kims):
    assert kims("alias", "add", "team@example.com", "lee@example.net", "--owner", "kim@example.com")[0] == 0
    assert "team@example.com: its bounces go to kim@example.com" in kims("alias", "test", "team@example.com")[1]
    assert kims("alias", "add", "boss@example.com", "team@example.com")[0] == 0
    code, _, said = kims("alias", "add", "team@example.com", "kim@example.com", "--owner", "boss@example.com")
    assert code == 1
    assert "leads to team@example.com itself" in said


def test_alias_test_goes_step_by_step(kims):
    assert kims("alias", "add", "info@example.com", "kim@example.com", "lee@example.net")[0] == 0
    code, out, _ = kims("alias", "test", "info+shop@example.com", "--json")
    found = json.loads(out)
    assert code == 0
    assert [step["rule"] for step in found["steps"]] == ["alias", "account", "elsewhere"]
    assert found["ends"] == [{"mailbox": "kim@example.com"}, {"relay": "lee@example.net"}]
    assert kims("alias", "test", "nobody@example.com")[0] == 1
    kims("domain", "catch-all", "example.com", "kim@example.com")
    assert kims("alias", "test", "nobody@example.com")[0] == 0


def test_an_account_is_stopped_started_and_removed(kims):
    assert kims("account", "disable", "kim@example.com")[0] == 0
    assert json.loads(kims("account", "list", "--json")[1])[0]["disabled"] is True
    assert kims("account", "enable", "kim@example.com")[0] == 0
    assert kims("account", "passwd", "kim@example.com", "--password-stdin", stdin="another\n")[0] == 0
    assert kims("account", "remove", "kim@example.com", "--yes")[0] == 0
    assert json.loads(kims("account", "list", "--json")[1]) == []
    assert kims("domain", "remove", "example.com", "--yes")[0] == 0


def test_the_state_is_told_also_while_the_server_is_down(kims):
    code, out, _ = kims("status", "--json")
    found = json.loads(out)
    assert code == 1
    assert (found["running"], found["listeners"], found["queue"]["waiting"]) == (False, [], 0)
    assert kims("status", "--ready")[0] == 1
    assert kims("queue", "list", "--json")[1].strip() == "[]"
    assert kims("verify", "--json")[:2] == (0, "[]\n")


def test_a_setting_is_changed_and_the_rest_of_the_file_stays(kims, tmp_path):
    path = tmp_path / "data" / "pyeonji.toml"
    path.write_text('# mine\nhostname = "mail.example.com"  # the name\n')
    assert kims("config", "set", "queue.give_up_after", "2d")[0] == 0
    assert kims("config", "set", "dns.nameservers", "192.0.2.1", "192.0.2.2")[0] == 0
    assert path.read_text().startswith('# mine\nhostname = "mail.example.com"  # the name\n')
    found = json.loads(kims("config", "show", "--json")[1])["settings"]
    assert (found["queue.give_up_after"], found["dns.nameservers"]) == ("2d", ["192.0.2.1", "192.0.2.2"])
    assert kims("config", "test")[0] == 0


def test_a_reply_is_explained_without_a_server(run):
    code, out, _ = run("explain", "550 5.1.1 User unknown", "--json")
    assert (code, json.loads(out)["cause"]) == (0, "addr.no_such_user")
    assert run("explain", "-", stdin="452 4.2.2 mailbox full")[0] == 0
    assert run("explain", "250 2.1.5 Ok")[0] == 0
    assert run("explain", "550 xyzzy")[0] == 1


@pytest.mark.parametrize(
    ("pasted", "cause"),
    [
        # They begin as the header of a letter does.
        ("Diagnostic-Code: smtp; 552 5.2.2 Over quota\n", "mbox.full"),
        (
            "smtplib.SMTPRecipientsRefused: {'a@b.example': (454, b'4.7.1 <a@b.example>: Relay access denied')}",
            "relay.denied",
        ),
        (
            "Hi. This is the qmail-send program.\n<a@b.example>:\nRemote host said: 550 No such user\n",
            "addr.no_such_user",
        ),
        ("552-5.2.2 The account is\n552 5.2.2 over quota\n", "mbox.full"),
        ("mailbox is full", "mbox.full"),
    ],
)
def test_what_people_paste_is_explained(run, pasted, cause):
    code, out, _ = run("explain", "-", "--json", stdin=pasted)
    assert (code, json.loads(out)["cause"]) == (0, cause)


def test_replies_that_nobody_can_explain_are_listed_with_their_hosts(kims, tmp_path):
    assert kims("explain", "--unexplained")[1] == "Every reply of the last 30d was explained.\n"
    home = open_home(tmp_path / "data", create=False)
    now = SystemClock().now_us()
    for n, host in enumerate(["mx1.b.example", "mx2.b.example", "mx1.b.example"]):
        event = Failed(now, 1, f"550 5.9.9 frobnicated lee{n}@b.example [{n}7]", "", host, "rcpt")
        home.engine.write_now(record, None, 0, now, (event,))
    home.engine.write_now(record, None, 0, now, (Failed(now, 1, "550 User unknown", "addr.no_such_user"),))
    home.close()
    code, out, _ = kims("explain", "--unexplained", "--json")
    (one,) = json.loads(out)
    assert (code, one["count"], one["words"]) == (0, 3, "550 5.9.9 frobnicated # #")
    assert sorted(one["hosts"]) == ["mx1.b.example", "mx2.b.example"]
    assert "550 5.9.9 frobnicated # #" in kims("explain", "--unexplained", "--lang", "ko")[1]
    assert kims("explain")[0] == 2


BOUNCE = """From: MAILER-DAEMON@a.example
Subject: failure notice

<kim@b.example>: host mx.b.example[192.0.2.1] said: 450 4.2.0
    <kim@b.example>: Greylisted (in reply to RCPT TO command)
<lee@b.example>: host mx.b.example[192.0.2.1] said: 550 5.1.1 User unknown
"""


def test_the_refusal_in_a_bounce_is_found_and_explained(run, tmp_path):
    file = tmp_path / "returned.eml"
    file.write_text(BOUNCE)
    code, out, _ = run("explain", str(file), "--json")
    kim, lee = json.loads(out)["recipients"]
    assert code == 0
    assert (kim["address"], kim["host"], kim["cause"]) == ("kim@b.example", "mx.b.example", "server.greylisted")
    assert kim["actor"] == "writer", "a bounce is the end: nobody tries again by himself"
    assert lee["cause"] == "addr.no_such_user"
    code, out, _ = run("explain", "-", stdin=BOUNCE)
    assert (code, out.count("Who acts")) == (0, 2)


def test_a_letter_that_is_no_bounce_is_told_so(run, tmp_path):
    file = tmp_path / "letter.eml"
    file.write_text("From: kim@b.example\nSubject: hi\n\nMy mailbox is full\n")
    code, _, err = run("explain", str(file))
    assert code == 1
    assert "Is it a bounce?" in err
    assert run("explain", str(tmp_path / "none.eml"))[0] == 1
    file.write_text("550 5.1.1 No such user\n")
    assert run("explain", str(file))[0] == 0


@pytest.mark.parametrize("charset", ["utf-8", "euc-kr", "utf-16"])
def test_a_log_is_understood_in_whichever_charset_it_was_written(run, tmp_path, charset):
    (tmp_path / "log.txt").write_bytes("550 메일함이 가득 찼습니다".encode(charset))
    code, out, _ = run("explain", str(tmp_path / "log.txt"))
    assert code == 0
    assert "메일함이 가득 찼습니다" in out


def test_the_old_names_work_below_the_new_one(kims):
    assert kims("mailq")[0] == 0
    assert kims("newaliases")[0] == 0
    assert kims("sendmail", "-bv", "kim@example.com")[0] == 0
    assert kims("sendmail", "-bv", "nobody@example.com")[0] == 67


def test_a_lab_is_not_served_as_a_server(run, tmp_path):
    """It would have made a store and an account of its own in there."""
    (tmp_path / "data" / "nodes").mkdir(parents=True)
    code, _, err = run("serve")
    assert code == 1
    assert "folder of the lab" in err
    assert not (tmp_path / "data" / "mail.db").exists()


def test_serve_without_a_folder_never_means_the_lab(tmp_path, monkeypatch):
    monkeypatch.delenv("PYEONJI_DATA", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "pyeonji-lab" / "run").mkdir(parents=True)
    assert where.data_folder() == str(tmp_path / "pyeonji-lab")  # what commands look at when there is nothing else
    assert where.server_folder() != str(tmp_path / "pyeonji-lab")


def test_a_setting_is_not_blamed_for_a_file_that_cannot_be_read(run, tmp_path):
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "pyeonji.toml").write_text("hostname = \n")
    code, _, err = run("config", "set", "workers", "1")
    assert code == 1
    assert "pyeonji.toml:1" in err


def test_files_that_are_shown_are_json_for_programs(run):
    assert "hostname" in tomllib.loads(
        json.loads(run("config", "example", "--json")[1])["example"].replace("# host", "host")
    )
    assert "[Service]" in json.loads(run("systemd", "print", "--json")[1])["pyeonji.service"]


NEED_SETTINGS = [
    ("check", "example.com"), ("clients", "kim@example.com"), ("dns", "show", "example.com"), ("tls", "status"),
    ("journey", "link", "NUMBER"), ("account", "login-link", "kim@example.com"), ("systemd", "print"), ("serve",),
    ("explain", "dnsbl", "192.0.2.1"), ("explain", "tls", "example.com"),
]  # fmt: skip


@pytest.mark.parametrize("words", NEED_SETTINGS)
def test_a_mistake_in_the_configuration_is_told_by_whoever_needs_it(kims, tmp_path, words):
    home = open_home(tmp_path / "data", create=False)
    number = take(home, letter(filing(home, "kim@example.com"))).number
    home.close()
    (tmp_path / "data" / "pyeonji.toml").write_text("hostname = \n")
    code, _, err = kims(*(written(number) if word == "NUMBER" else word for word in words))
    assert code in (1, 2)
    assert "pyeonji.toml:1" in err


class Interrupted(types.ModuleType):
    """Somebody presses Ctrl-C while it is being read."""

    def __getattr__(self, name):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("words", "module"), [(["account", "list"], "pyeonji.cli.call"), (["mailq"], "pyeonji.cli.sendmail")]
)
def test_who_is_interrupted_before_he_has_begun_says_nothing(monkeypatch, words, module):
    monkeypatch.setitem(sys.modules, module, Interrupted(module))
    assert main(words) == 130
    with pytest.raises(KeyboardInterrupt):  # negative control: Python would tell of it with a traceback
        cli._main(words)


# A program as the scripts of pip and ours start it; Ctrl-C is pressed when it reads one of our modules, the last word.
PRESSED = """
import sys
read, function, pressed = [], sys.argv.pop(1), sys.argv.pop()
class Presses:
    def find_spec(self, name, path, target=None):
        if name.startswith("pyeonji.cli."):
            read.append(name)
            if name == pressed:
                raise KeyboardInterrupt
sys.meta_path.insert(0, Presses())
exec(f"from {function.replace(':', ' import ')} as main")
code = main()
if not pressed:
    print(*read, file=sys.stderr)
sys.exit(code)
"""


def pressed(function, *words, when=""):
    return subprocess.run([sys.executable, "-c", PRESSED, function, *words, when], capture_output=True, text=True)


@pytest.mark.parametrize(
    ("function", "words", "code"),
    [("pyeonji.cli:main", ("--version",), 130), ("pyeonji.cli:start_sendmail", ("--version",), 75)],
)
def test_whatever_is_being_read_ctrl_c_ends_it_without_a_word(function, words, code):
    modules = pressed(function, *words).stderr.split()
    assert len(modules) > 1
    for module in modules:
        found = pressed(function, *words, when=module)
        assert (module, found.returncode, found.stderr) == (module, code, "")


def test_whoever_starts_a_module_itself_would_see_a_traceback():
    """Negative control."""
    found = pressed("pyeonji.cli.sendmail:main", "--version", when="pyeonji.cli.sendmail_options")
    assert "Traceback" in found.stderr


def test_the_systems_words_are_said_in_korean(run):
    assert (
        "그런 파일이나 폴더가 없어요" in run("send", "--to", "a@b.example", "--file", "/nonexistent", "--lang", "ko")[2]
    )
