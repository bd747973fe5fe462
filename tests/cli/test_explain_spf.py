"""`pyeonji explain spf`: what was asked, what came back, and why the result is what it is."""

import asyncio
import contextlib
import json
import re
import threading

import pytest

from pyeonji.cli import main
from pyeonji.lab.dns import DnsServer

ZONE = {
    "example.com": {"TXT": ['"v=spf1 mx -all exp=why.%{d}"', '"something else"'], "MX": ["10 mx.example.com."]},
    "mx.example.com": {"A": ["192.0.2.1"], "TXT": ['"v=spf1 a -all"']},
    "why.example.com": {"TXT": ['"%{i} is a stranger here"']},
    "bad.example.com": {"TXT": ['"v=spf1 ip4:nonsense -all"']},
}


@contextlib.contextmanager
def serving(zone):
    """A real name server in a thread; its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = DnsServer(zone)
    try:
        asyncio.run_coroutine_threadsafe(server.start("127.0.0.1", 0), loop).result()
        yield server
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def explained(tmp_path, monkeypatch, capsys):
    """explained("192.0.2.1", "kim@example.com") -> (exit code, what was printed, what was complained about)."""
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with serving(ZONE) as server:

        def run(*words):
            code = main(["explain", "spf", *words, "--dns", f"127.0.0.1:{server.port}"])
            said = capsys.readouterr()
            return code, said.out, said.err

        run.server = server
        yield run


def test_each_question_and_each_answer_is_shown(explained):
    code, out, _ = explained("198.51.100.9", "kim@example.com")
    assert code == 1
    assert [line.split() for line in out.splitlines() if re.match(r" +\d+  [A-Z]", line)] == [
        ["1", "TXT", "example.com"], ["2", "MX", "example.com"], ["3", "A", "mx.example.com"],
        ["4", "TXT", "why.example.com"],
    ]  # fmt: skip
    for said in (
        "v=spf1 mx -all exp=why.%{d}", "10 mx.example.com", "192.0.2.1", "Result  fail",
        "example.com says that 198.51.100.9 may not send for it (-all of example.com).",
        "example.com writes (their words, not ours): 198.51.100.9 is a stranger here",
    ):  # fmt: skip
        assert said in out


RESULTS = [
    (("192.0.2.1", "kim@example.com"), 0, "pass", "example.com lets 192.0.2.1 send for it (mx)."),
    (("192.0.2.1", "example.com"), 0, "pass", "example.com lets"),
    (("192.0.2.1", "<>", "--helo", "mx.example.com"), 0, "pass", "mx.example.com lets 192.0.2.1 send for it (a)."),
    (("192.0.2.1", "kim@no.example.com"), 1, "none", "says nothing about who may send for it"),
    (("192.0.2.1", "kim@bad.example.com"), 1, "permerror", "has to mend the record (the record of bad.example.com"),
]


@pytest.mark.parametrize(("words", "code", "result", "sentence"), RESULTS)
def test_why_the_result_is_what_it_is(explained, words, code, result, sentence):
    found, out, _ = explained(*words)
    assert (found, f"Result  {result}" in out, sentence in out) == (code, True, True)


def test_in_korean_it_is_korean(explained):
    _, out, _ = explained("198.51.100.9", "kim@example.com", "--lang", "ko")
    assert "example.com은 198.51.100.9가 자기 이름으로 보내면 안 된다고 해요 (example.com의 레코드에 있는 -all)." in out
    assert "example.com에서 적어 둔 말 (저희 말이 아니에요)" in out


def test_nobody_knows_is_not_yet_decided(explained):
    explained.server.failing.add("example.com")
    code, out, _ = explained("192.0.2.1", "kim@example.com")
    assert (code, "nobody could say (servfail)" in out) == (75, True)


def test_programs_get_all_of_it(explained):
    code, out, _ = explained("198.51.100.9", "kim@example.com", "--json")
    told = json.loads(out)
    assert (code, told["result"], told["mechanism"]) == (1, "fail", "-all")
    assert [(one["kind"], one["name"]) for one in told["asked"]] == [
        ("TXT", "example.com"), ("MX", "example.com"), ("A", "mx.example.com"), ("TXT", "why.example.com"),
    ]  # fmt: skip
    assert "보내면 안 된다고" in told["sentence"]["ko"]


WRONG = [
    (("here", "kim@example.com"), "here: write an IP address"),
    (("192.0.2.1", "kim@"), "kim@: this is not an address"),
    (("192.0.2.1", "<>"), "Add --helo NAME"),
    (("192.0.2.1", "a b"), "this is not a domain name"),
    (("192.0.2.1", "kim@example.com", "--dns", "dns.example.com"), "write the name server as 192.0.2.1"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG)
def test_what_is_wrong_is_one_clear_sentence(explained, words, sentence, capsys):
    dns = () if "--dns" in words else ("--dns", f"127.0.0.1:{explained.server.port}")
    assert main(["explain", "spf", *words, *dns]) == 2
    assert sentence in capsys.readouterr().err
