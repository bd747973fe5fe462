"""`pyeonji explain dmarc`: of a letter or a domain, with what was asked."""

import json

import pytest

from kit.signed import LETTER, NOW_S, ZONE, signed
from pyeonji.catalog.whys import why
from pyeonji.cli import main
from pyeonji.proto.dns import SERVFAIL, answer_in

RECORDS = ZONE | {
    ("_dmarc.sender.test", "TXT"): ("v=DMARC1; p=reject; t=y; pct=x; fo=9",),
    ("sender.test", "TXT"): ("v=spf1 ip4:192.0.2.1 -all",),
}


@pytest.fixture
def explained(tmp_path, monkeypatch, capsys):
    """explained(what, "--json", zone=…) -> (exit code, what was printed); octets are a letter."""
    monkeypatch.setenv("PYEONJI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr("pyeonji.cli.explain_dmarc.now_us", lambda: NOW_S * 1_000_000)

    def called(what, *options, zone=RECORDS):
        class Resolver:
            def __init__(self, nameservers, clock):
                pass

            async def answer_with(self, asking):
                try:
                    question = next(asking)
                    while True:
                        question = asking.send(answer_in(zone, question))
                except StopIteration as stop:
                    return stop.value

        monkeypatch.setattr("pyeonji.cli.asking.Resolver", Resolver)
        path = tmp_path / "letter.eml"
        if isinstance(what, bytes):
            path.write_bytes(what)
            what = str(path)
        code = main(["explain", "dmarc", what, *options])
        said = capsys.readouterr()
        return code, said.out + said.err

    return called


def test_a_domain_says_what_it_wants(explained):
    code, out = explained("Sender.test")
    assert code == 0
    assert "1  TXT   _dmarc.sender.test" in out
    assert "Letters that only claim to come from sender.test are to be refused." in out
    assert "one step less is done" in out
    assert "Not understood in it: fo=9" in out


@pytest.mark.parametrize(
    ("what", "options", "zone", "code", "sentence"),
    [
        ("nobody.test", (), RECORDS, 1, "nobody.test says nothing of forged letters: no DMARC record."),
        ("sender.test", (), {("_dmarc.sender.test", "TXT"): SERVFAIL}, 75, "It cannot be known now"),
        ("sender.test", (), {("_dmarc.sender.test", "TXT"): ("v=DMARC1; p=x",)}, 1, "has to mend the record"),
        (signed(), (), RECORDS, 0, "sender.test stands behind the letter: dkim=sender.test."),
        (signed(), (), ZONE, 1, "no DMARC record"),
        (LETTER, (), RECORDS, 1, "Nothing shows that sender.test sent the letter: neither SPF nor DKIM passed."),
        (LETTER, ("--ip", "192.0.2.1", "--mail-from", "kim@sender.test"), RECORDS, 0, "spf=sender.test"),
        (LETTER, ("--ip", "192.0.2.9", "--mail-from", "sender.test"), RECORDS, 1, "SPF    fail  sender.test"),
        (b"Return-Path: <kim@sender.test>\r\n" + LETTER, ("--ip", "192.0.2.1"), RECORDS, 0, "spf=sender.test"),
        (b"From: a@b.test\r\n" + LETTER, (), RECORDS, 1, "Nobody can say who wrote this letter: 2 From fields."),
        (b"no letter", (), RECORDS, 2, "is no letter"),
        (LETTER, ("--ip", "x"), RECORDS, 2, "write an IP address"),
    ],
)
def test_a_letter_is_its_domains_or_not(explained, what, options, zone, code, sentence):
    found, out = explained(what, *options, zone=zone)
    assert (found, sentence in out) == (code, True), out


def test_it_is_said_in_korean(explained):
    _, out = explained(LETTER, "--lang", "ko")
    assert "sender.test가 보냈다는 증거가 없어요: SPF도 DKIM도 통과하지 못했어요." in out


def test_programs_get_all_of_it(explained):
    code, out = explained(signed(), "--json")
    found = json.loads(out)
    assert (code, found["dmarc"]["result"], found["dmarc"]["aligned"]) == (0, "pass", ["dkim=sender.test"] * 1)
    assert [one["name"] for one in found["asked"]][-1] == "_dmarc.sender.test"


@pytest.mark.parametrize(
    "clause",
    [
        "an address literal has no policy", "no answer about _dmarc.a.test", "no DMARC record",
        "the DMARC record has no usable p, sp or np", "spf of a.test got no answer", "dkim of a.test got no answer",
        "not aligned: SPF for a.test, DKIM for b.test", "neither SPF nor DKIM passed", "2 From fields",
        "the letter names no author", "a group in From", "control characters in From",
        "an address outside quotes beside the author's", "something that may be read as a second From field",
        "more addresses in From than are read", "no usable address in From", "authors of several domains in From",
        "white space before the colon of From",
    ],
)  # fmt: skip
def test_every_reason_has_a_korean_clause(clause):
    assert why("ko", clause) != clause
