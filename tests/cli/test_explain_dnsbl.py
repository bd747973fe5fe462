"""`pyeonji explain dnsbl`: which list has an address, what was asked, and what follows here."""

import json

import pytest

from cli.test_explain_spf import serving
from pyeonji.cli import main

WHY = "https://zen.example/q?192.0.2.1"
ZONE = {
    "1.2.0.192.zen.example": {"A": ["127.0.0.2"], "TXT": [f'"{WHY}"']},
    "1.2.0.192.good.example": {"A": ["127.0.5.2"]},
    "1.2.0.192.sold.example": {"A": ["203.0.113.80"]},
    "1.2.0.192.all.example": {"A": ["127.0.0.2"]},
    "1.0.0.127.all.example": {"A": ["127.0.0.2"]},
}


@pytest.fixture
def explained(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with serving(ZONE) as server:

        def run(*words):
            code = main(["explain", "dnsbl", *words, "--dns", f"127.0.0.1:{server.port}"])
            said = capsys.readouterr()
            return code, said.out, said.err

        yield run


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["192.0.2.1", "zen.example*3"], 1, ["127.0.0.2", "+3", WHY, "refused"]),
        (["192.0.2.1", "zen.example"], 1, ["junk"]),
        (["192.0.2.1", "zen.example", "good.example*-2"], 0, ["-2", "taken"]),
        (["192.0.2.2", "zen.example"], 0, ["on none of these lists"]),
        (["192.0.2.1", "sold.example"], 75, ["not believed", "203.0.113.80"]),
        (["192.0.2.1", "all.example"], 75, ["lists everybody"]),
        (["2001:db8::1", "zen.example"], 0, ["8.b.d.0.1.0.0.2.zen.example"]),
    ],
)
def test_each_list_is_asked_and_what_follows_is_told(explained, words, code, told):
    found, out, _ = explained("--lang", "en", *words)
    assert found == code, out
    assert [word for word in told if word not in out] == []


def test_it_is_told_to_programs_and_in_korean(explained):
    code, out, _ = explained("--json", "192.0.2.1", "zen.example*3")
    data = json.loads(out)
    assert (code, data["score"], data["hits"][0]["why"]) == (1, 3, WHY)
    assert "받지 않아요" in explained("--lang", "ko", "192.0.2.1", "zen.example*3")[1]


@pytest.mark.parametrize("words", [["192.0.2.1"], ["nonsense", "zen.example"], ["192.0.2.1", "zen.example*x"]])
def test_what_cannot_be_asked_is_said(explained, words):
    code, _, err = explained("--lang", "en", *words)
    assert code == 2
    assert err.count("\n") <= 2
