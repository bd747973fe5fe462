"""`pyeonji tls` and what `status` says of certificates, without a server."""

import datetime
import json

import pytest

from kit.certified import certified, put
from pyeonji.cli import main
from pyeonji.cli.out import Out
from pyeonji.cli.status import tell_certificates
from pyeonji.daemon.kept import State
from pyeonji.net.clock import SystemClock
from pyeonji.store.home import make_folders


def in_days(days):
    now = datetime.datetime.fromtimestamp(SystemClock().now_us() / 1e6, datetime.UTC)
    return now + datetime.timedelta(days=days, hours=1)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def called(*words):
        code = main(["tls", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return called


@pytest.fixture
def configured(tmp_path, run):
    """configured(toml): a data folder with that configuration."""

    def make(text):
        make_folders(tmp_path / "data")
        (tmp_path / "data" / "pyeonji.toml").write_text(text)
        return run

    return make


ACME = '[acme]\ndirectory = "https://ca.test/dir"\ncertificates = ["a.test b.test", "c.test"]\n'


def test_every_certificate_has_a_row(configured, tmp_path):
    one = put(tmp_path / "one.pem", certified(["one.test"], until=in_days(40)))
    two = put(tmp_path / "two.pem", certified(["two.test", "*.two.test"], until=in_days(3)))
    run = configured(f'[tls]\nmore = ["{one}", "{two}"]\n')
    code, out, _ = run("status")
    assert code == 0
    assert [line.split("  ")[0].strip() for line in out.splitlines()[1:]] == ["one.test", "two.test, *.two.test"]
    rows = json.loads(run("status", "--json")[1])["certificates"]
    assert [(row["days"], row["problem"], row["renewed_at"]) for row in rows] == [(40, None, None), (3, None, None)]


def test_what_has_expired_or_is_bad_is_an_answer_of_no(configured, tmp_path):
    one = put(tmp_path / "one.pem", certified(["one.test"], until=in_days(-2)))
    run = configured(f'[tls]\nmore = ["{one}"]\n')
    assert run("status")[0] == 1
    one.write_bytes(b"rubbish")
    code, out, _ = run("status")
    assert (code, "one.pem holds no certificate in PEM" in out) == (1, True)


def test_what_an_authority_said_is_told_with_the_next_try(configured, tmp_path):
    run = configured(ACME)
    told = {"kind": "connection", "detail": "Timeout after connect", "name": "b.test"}
    State(tmp_path / "data").keep("a.test", {"failures": 2, "next_s": 1_800_000_000, "problem": told})
    code, out, _ = run("status")
    assert code == 1
    assert "could not connect to b.test (Timeout after connect)" in out
    assert "tried again at 2027-01-15 08:00Z" in out
    assert "연결하지 못했어요" in run("status", "--lang", "ko")[1]


WRONG = [
    ("", ("renew",), 1, "Set acme.directory"),
    (ACME, ("renew", "d.test"), 1, "There is no certificate for d.test. There are: a.test, c.test"),
    (ACME, ("revoke", "a.test"), 1, "add --yes"),
    (ACME, ("revoke", "a.test", "--reason", "boredom"), 2, "boredom"),
    (ACME.replace("https", "gopher"), ("renew",), 2, "is no address of the form https://name/path"),
    (ACME.replace("c.test", "c..test"), ("renew",), 2, "c..test"),
    ('[acme]\nchallenge = "http-02"\n', ("renew",), 2, "http-01, tls-alpn-01, dns-01"),
]


@pytest.mark.parametrize(("config", "words", "code", "sentence"), WRONG)
def test_what_is_wrong_is_one_clear_sentence(configured, config, words, code, sentence):
    found, _, err = configured(config)(*words)
    assert (found, sentence in err, "Traceback" in err) == (code, True, False)


def test_terms_that_nobody_read_and_certificates_that_are_not_there(configured):
    run = configured(ACME)
    code, out, _ = run("renew", "a.test")
    assert (code, "set acme.agreed = true" in out) == (1, True)
    assert "no certificate for a.test in its file" in run("revoke", "b.test", "--yes")[1]


EXPIRES = [
    (40, ""),
    (3, "The certificate for a.test expires in 3 days."),
    (-2, "The certificate for a.test has expired."),
]


@pytest.mark.parametrize(("days", "sentence"), EXPIRES)
def test_status_tells_of_those_that_expire_soon(days, sentence, capsys):
    one = {"names": ["a.test"], "file": "a.pem", "until_s": int(in_days(days).timestamp())}
    tell_certificates({"certificates": [one]}, Out("en"))
    assert capsys.readouterr().out.strip() == sentence


def test_status_tells_of_those_that_are_not_used(capsys):
    problem = {"key": "tls.no_key", "slots": {"path": "a.pem"}}
    tell_certificates({"certificates": [], "certificate_problem": problem}, Out("ko"))
    assert capsys.readouterr().out.startswith("새 인증서를 쓰지 않고 옛것을 그대로 보여 줘요: a.pem에")
