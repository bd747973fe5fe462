"""Marks for a letter: what costs some, what costs none, and that there is a sentence and a way to mend for each."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.catalog.cli import table
from pyeonji.message.date import format_date
from pyeonji.message.mime import scan
from pyeonji.msgauth import score
from pyeonji.msgauth.score import Deduction, Scored, deductions, marks
from pyeonji.msgauth.verdict import Dkim, Dmarc, Iprev, Spf, Verdict

NOW = 1_790_000_000
GOOD = Verdict(
    spf=Spf(result="pass", domain="one.test"),
    dkim=(Dkim(result="pass", domain="one.test", selector="s", bits=2048),),
    dmarc=Dmarc(result="pass", domain="one.test", organization="one.test"),
    iprev=Iprev(result="pass", name="mx.one.test"),
)
HEAD = {
    "From": "kim@one.test", "To": "lee@two.test", "Subject": "hello", "Date": format_date(NOW - 5),
    "Message-ID": "<1@one.test>", "MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8",
}  # fmt: skip


def letter(body=b"Hello\r\n", **fields):
    fields = {name.replace("_", "-"): value for name, value in fields.items()}
    head = {**HEAD, **fields}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items() if value is not None)
    return lines.encode() + b"\r\n" + body


def scored(octets=None, verdict=GOOD, **facts):
    facts = {"ip": "192.0.2.1", "hello": "mx.one.test", **facts}
    return Scored(root=scan(letter() if octets is None else octets), received_s=NOW, verdict=verdict, **facts)


def keys(one):
    return [found.key for found in deductions(one)]


def test_a_good_letter_has_ten():
    assert keys(scored()) == []
    assert marks(deductions(scored())) == 10.0


def spf(result):
    return replace(GOOD, spf=Spf(result=result, domain="one.test", why="x"))


WAYS = [
    (spf("fail"), {}, "spf_fail"), (spf("softfail"), {}, "spf_softfail"), (spf("neutral"), {}, "spf_neutral"),
    (spf("none"), {}, "spf_none"), (spf("permerror"), {}, "spf_permerror"), (spf("temperror"), {}, None),
    (replace(GOOD, dkim=()), {}, "dkim_none"),
    (replace(GOOD, dkim=(Dkim(result="fail", domain="one.test"),)), {}, "dkim_fail"),
    (replace(GOOD, dkim=(Dkim(result="temperror", domain="one.test"),)), {}, None),
    (replace(GOOD, dkim=(Dkim(result="pass", domain="one.test", bits=1024),)), {}, "dkim_weak"),
    (replace(GOOD, dkim=(*GOOD.dkim, Dkim(result="fail", domain="list.test"))), {}, None),
    (replace(GOOD, dmarc=Dmarc(result="fail", domain="one.test")), {}, "dmarc_fail"),
    (replace(GOOD, dmarc=Dmarc(result="none", domain="one.test", organization="one.test")), {}, "dmarc_none"),
    (replace(GOOD, dmarc=Dmarc(result="permerror", domain="one.test")), {}, "dmarc_permerror"),
    (replace(GOOD, iprev=Iprev(result="permerror")), {}, "ptr_none"),
    (replace(GOOD, iprev=Iprev(result="fail", name="a.test")), {}, "ptr_not_back"),
    (GOOD, {"hello": "localhost"}, "helo_odd"), (GOOD, {"hello": "[192.0.2.1]"}, "helo_odd"),
    (GOOD, {"encrypted": False}, "clear"), (GOOD, {"lists": ("zen.test",)}, "listed"),
]  # fmt: skip
LETTERS = [
    (letter(From="a@one.test, b@two.test"), "from_unclear"), (letter(Message_ID=None), "id_none"),
    (letter(Message_ID="1@one.test"), "id_odd"), (letter(Date=None), "date_none"), (letter(Date="soon"), "date_odd"),
    (letter(Date=format_date(NOW - 3 * 86_400)), "date_off"), (letter(b"x" * 100 + b"\r\n" * (6 << 20)), "large"),
    (letter(Subject=None), "subject_none"), (letter(To=None), "to_none"),
    (letter(To=None, Cc="a@one.test"), None), (letter(MIME_Version=None), "mime_version"),
    (letter(List_Id="<l.one.test>"), "unsubscribe_none"), (letter(Precedence="bulk"), "unsubscribe_none"),
    (letter(List_Unsubscribe="<https://one.test/x>"), "unsubscribe_slow"),
    (letter(List_Id="<l.one.test>", List_Unsubscribe="<https://one.test/x>",
            List_Unsubscribe_Post="List-Unsubscribe=One-Click"), None),
    (letter(Content_Type="text/html; charset=utf-8"), "html_only"),
    (letter(b"--b\r\n\r\nx\r\n--b\r\nContent-Type: text/html\r\n\r\n" + b"<p>\r\n" * 30_000 + b"--b--\r\n",
            Content_Type="multipart/alternative; boundary=b"), "html_long"),
    (letter("안녕\r\n".encode(), Content_Type="text/plain"), "charset_none"),
    (letter(b"7JWI64WV\r\n", Content_Type="text/plain", Content_Transfer_Encoding="base64"), "charset_none"),
    (letter(Content_Type="text/plain; charset=klingon"), "charset_odd"),
    (letter("안녕\r\n".encode("euc-kr"), Content_Type="text/plain; charset=euc-kr"), None),
    (letter(b"x" * 999 + b"\r\n"), "long_lines"), (letter(b"x" * 998 + b"\r\n"), None),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "facts", "key"), WAYS)
def test_how_it_came_costs_what_it_costs(verdict, facts, key):
    assert keys(scored(verdict=verdict, **facts)) == ([key] if key else [])


@pytest.mark.parametrize(("octets", "key"), LETTERS)
def test_what_it_is_costs_what_it_costs(octets, key):
    assert keys(scored(octets)) == ([key] if key else [])


def test_marks_are_never_below_zero_and_the_dearest_comes_first():
    bad = Verdict(spf=Spf(result="fail", domain="one.test"), dmarc=Dmarc(result="fail", domain="one.test"))
    found = deductions(scored(b"From: x\r\n\r\n", bad, lists=("a", "b", "c"), encrypted=False))
    assert marks(found) == 0
    assert [one.tenths for one in found] == sorted((one.tenths for one in found), reverse=True)
    assert [one.key for one in found].count("listed") == 2


def test_of_what_came_from_inside_only_the_letter_counts():
    assert keys(scored(verdict=None, hello="x", encrypted=False, lists=("a",))) == []


def test_what_is_pasted_mends_it():
    """The lines themselves, put where they belong, cost nothing any more."""
    for octets, key in LETTERS:
        for one in deductions(scored(octets)):
            if key and key.startswith(("date", "id_none", "mime", "unsubscribe")) and one.paste:
                name = one.paste.partition(":")[0]
                rest = b"".join(
                    line for line in octets.partition(b"\r\n\r\n")[0].splitlines(True)
                    if not line.lower().startswith(name.lower().encode())
                )  # fmt: skip
                lines = one.paste.replace("\n", "\r\n").encode() + b"\r\n"
                assert one.key not in keys(scored(lines + rest.rstrip() + b"\r\n\r\nx\r\n"))


def said_in_code():
    text = Path(score.__file__).read_text()
    words = re.findall(r'Deduction\(\s*"(\w+)"', text)
    return {*words, *(f"spf_{result}" for result in ("fail", "softfail", "permerror", "none", "neutral"))}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_each_deduction_has_its_sentence_and_what_to_do(language):
    for key in said_in_code():
        assert table(language)[f"score.{key}"]
        assert table(language)[f"score.{key}.do"]
    assert len(said_in_code()) > 25


@given(st.binary(max_size=400))
def test_any_octets_get_marks(octets):
    found = deductions(scored(octets))
    assert 0 <= marks(found) <= 10
    assert all(isinstance(one, Deduction) for one in found)
