"""`pyeonji config test` looks into the certificates that a file names, and says what the server would say."""

import datetime
import json
import os
import sys

import pytest

from kit.certified import certified, put
from pyeonji.catalog.cli import say
from pyeonji.cli import main
from pyeonji.config.load import load
from pyeonji.daemon.certificate import shown_by
from pyeonji.net.certificates import BadCertificate
from pyeonji.net.clock import SystemClock

HOST = "mail.a.test"
LOCKED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n"
ACME = '[acme]\ndirectory = "https://ca.test/dir"\n'


def now():
    return datetime.datetime.fromtimestamp(SystemClock().now_us() / 1e6, datetime.UTC)


GOOD, OTHER = certified([HOST, "*.b.test"]), certified([HOST])
EXPIRED = certified([HOST], since=now() - datetime.timedelta(days=9), until=now() - datetime.timedelta(days=1))


@pytest.fixture
def tested(tmp_path, monkeypatch, capsys):
    """tested(chain, key, toml): (exit code, what is said in English, what is said in Korean, the same as data)."""
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    path = tmp_path / "pyeonji.toml"

    def called(chain, key, hostname=HOST, more=""):
        (tmp_path / "chain.pem").write_bytes(chain)
        (tmp_path / "key.pem").write_bytes(key)
        lines = [f'hostname = "{hostname}"', "[tls]", f'cert = "{tmp_path}/chain.pem"', f'key = "{tmp_path}/key.pem"']
        path.write_text("\n".join([*lines, more]) + "\n")
        said = []
        for words in (["--lang", "en"], ["--lang", "ko"], ["--json"]):
            code = main(["config", "test", str(path), *words])
            said.append(capsys.readouterr().out)
        return code, said[0], said[1], json.loads(said[2])

    return called


WRONG = {
    "no certificate": (b"rubbish", GOOD[1], {}, "tls.cert", "tls.no_certificate"),
    "no key": (GOOD[0], b"rubbish", {}, "tls.cert", "tls.no_key"),
    "a key with a password": (GOOD[0], LOCKED, {}, "tls.cert", "tls.no_key"),
    "the key of another": (GOOD[0], OTHER[1], {}, "tls.cert", "tls.other_key"),
    "one that has expired": (*EXPIRED, {}, "tls.cert", "tls.expired_already"),
    "none for our name": (*GOOD, {"hostname": "mx.a.test"}, "tls", "tls.unknown"),
    "a star is not for two labels": (*GOOD, {"hostname": "x.y.b.test"}, "tls", "tls.unknown"),
}


@pytest.mark.parametrize(("chain", "key", "facts", "setting", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_certificate_is_told_before_the_server_starts(
    tested, tmp_path, chain, key, facts, setting, sentence
):
    code, english, korean, found = tested(chain, key, **facts)
    slots = {
        "path": str(tmp_path / ("key.pem" if sentence == "tls.no_key" else "chain.pem")),
        "other": str(tmp_path / "key.pem"), "name": facts.get("hostname", ""), "known": f"*.b.test, {HOST}",
    }  # fmt: skip
    assert code == 1
    assert english == f"{tmp_path / 'pyeonji.toml'}: {setting}: {say('en', sentence, **slots)}\n"
    assert korean == f"{tmp_path / 'pyeonji.toml'}: {setting}: {say('ko', sentence, **slots)}\n"
    assert [(one["setting"], one["what"]) for one in found] == [(setting, say("en", sentence, **slots))]


@pytest.mark.parametrize("name", ["no certificate", "no key", "a key with a password", "the key of another"])
def test_the_server_says_the_same(tested, tmp_path, name):
    chain, key, facts, _, sentence = WRONG[name]
    tested(chain, key, **facts)
    with pytest.raises(BadCertificate) as caught:
        shown_by(load(tmp_path / "pyeonji.toml", tmp_path / "data"), SystemClock().now_us())
    assert caught.value.key == sentence


RIGHT = {
    "our name": (*GOOD, {}),
    "a star": (*GOOD, {"hostname": "x.b.test"}),
    "nobody told us our name": (*GOOD, {"hostname": "localhost"}),
    "an authority is asked for our name": (*GOOD, {"hostname": "mx.a.test", "more": ACME}),
}


@pytest.mark.parametrize(("chain", "key", "facts"), RIGHT.values(), ids=RIGHT)
def test_what_is_good_is_called_good_and_nothing_is_made(tested, tmp_path, chain, key, facts):
    code, english, _, found = tested(chain, key, **facts)
    assert (code, found, "no mistakes" in english) == (0, [], True)
    assert not (tmp_path / "data").exists()


def test_all_of_them_are_looked_at_and_all_is_told_at_once(tested, tmp_path):
    one = put(tmp_path / "one.pem", certified(["one.test"]))
    two = put(tmp_path / "two.pem", (EXPIRED[0], OTHER[1]))
    (tmp_path / "crl.pem").write_bytes(b"rubbish")
    more = f'more = ["{one}", "{two}"]\n[relay]\nrevoked = ["{tmp_path}/crl.pem"]'
    _, _, _, found = tested(*EXPIRED, more=more)
    assert [one["setting"] for one in found] == ["tls.cert", "tls.more", "relay.revoked"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_what_the_servers_user_cannot_read_is_told(tmp_path):
    """In a process of its own, which becomes that user for ever."""
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    (tmp_path / "data").mkdir()
    for folder in (tmp_path, *tmp_path.parents[: len(tmp_path.parents) - 2]):
        folder.chmod(folder.stat().st_mode | 0o111)
    os.chown(tmp_path / "data", 65_534, 65_534)
    for path, octets in zip((chain, key), GOOD, strict=True):
        path.write_bytes(octets)
        path.chmod(0o600)
    (tmp_path / "pyeonji.toml").write_text(f'hostname = "{HOST}"\n[tls]\ncert = "{chain}"\nkey = "{key}"\n')
    out = tmp_path / "said"
    words = [str(tmp_path / "pyeonji.toml"), "--data", str(tmp_path / "data"), "--lang", "en"]
    if (child := os.fork()) == 0:
        code = 99
        try:
            with out.open("w") as sys.stdout:
                code = main(["config", "test", *words])
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert f"{chain}: the certificate or its key cannot be read (Permission denied)" in out.read_text()
