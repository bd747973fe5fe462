"""A01 and A02: a letter whose From field two programs read differently, or that hides an address in its words.

legitimate.test wants letters refused that it did not write.  attack.test sends them, with SPF of its own that passes.
Such a letter is refused, or it is judged and shown under one and the same name.
"""

import base64
import email
import email.policy
import email.utils
import re

import pytest

from pyeonji.message.author import NotOneAuthor, author
from pyeonji.message.header import parse_header
from pyeonji.msgauth.dmarc.evaluate import evaluate
from pyeonji.msgauth.verdict import Spf
from pyeonji.proto.dns import answer_from
from pyeonji.proto.imap.structure import envelope

ZONE = {
    ("_dmarc.legitimate.test", "TXT"): ("v=DMARC1; p=reject",),
    ("_dmarc.attack.test", "TXT"): ("v=DMARC1; p=none",),
}
SPF = Spf(result="pass", domain="attack.test")
WORD = b"=?utf-8?B?" + base64.b64encode(b"<admin@legitimate.test>") + b"?="
REST = b"To: <victim@here.test>\r\nSubject: x\r\n\r\nHi\r\n"


def verdict(fields):
    """("refused", why), or the result of DMARC and the address it judged."""
    try:
        (box, *_) = author(parse_header(fields + REST))
    except NotOneAuthor as error:
        return "refused", str(error)
    return answer_from(ZONE, evaluate(box.address.domain, SPF, ())).result, box.addr_spec


# What is sent, and why it names no author.  The numbers are those of "Composition Kills".
AMBIGUOUS = {
    "no From": (b"Sender: <admin@legitimate.test>\r\n", "0 From fields"),
    "A8 two From": (b"From: <first@attack.test>\r\nFrom: <admin@legitimate.test>\r\n", "2 From fields"),
    "A8 the other way": (b"From: <admin@legitimate.test>\r\nfrom: <first@attack.test>\r\n", "2 From fields"),
    "A9 space before": (b" From: <first@attack.test>\r\nFrom: <admin@legitimate.test>\r\n", "0 From fields"),
    "A10 space before the colon": (b"From: <a@attack.test>\r\nFrom : <admin@legitimate.test>\r\n", "2 From fields"),
    "A10 alone": (b"Date: x\r\nFrom : <admin@legitimate.test>\r\n", "white space before the colon of From"),
    "A10 tab": (b"From\t: <admin@legitimate.test>\r\n", "white space before the colon of From"),
    "A11 folded name": (b"From\r\n : <first@attack.test>\r\nFrom: <admin@legitimate.test>\r\n", "0 From fields"),
    "A11 folded second": (b"From: <first@attack.test>\r\nFrom\r\n : <admin@legitimate.test>\r\n", "may be read"),
    "A11 behind rubbish": (b"From: <first@attack.test>\r\nrubbish\r\nFrom: <admin@legitimate.test>\r\n", "may be read"),
    "A12 Sender": (b"From\r\n : <first@attack.test>\r\nSender: <admin@legitimate.test>\r\n", "0 From fields"),
    "A13 Resent-From": (b"From\r\n : <a@attack.test>\r\nResent-From: <admin@legitimate.test>\r\n", "0 From fields"),
    "A14 two addresses": (b"From: <first@attack.test>, <admin@legitimate.test>\r\n", "several domains"),
    "A15 encoded address": (b"From: " + WORD + b",<second@attack.test>\r\n", "no usable address"),
    "A16 route": (b"From: <@attack.test,@any.test:admin@legitimate.test>\r\n", "no usable address"),
    "A17 quoted pair": (b"From: <admin@legitimate.test>\\,<second@attack.test>\r\n", "several domains"),
    "A18 comma": (b"From: admin@legitimate.test,<second@attack.test>\r\n", "several domains"),
    "A19 behind the address": (b"From: <any@attack.test>admin@legitimate.test\r\n", "outside quotes"),
    "in front of the address": (b"From: admin@legitimate.test <any@attack.test>\r\n", "outside quotes"),
    "no comma between": (b"From: <admin@legitimate.test> <any@attack.test>\r\n", "several domains"),
    "two at signs": (b"From: <admin@legitimate.test@attack.test>\r\n", "outside quotes"),
    "a group": (b"From: all: <admin@legitimate.test>;\r\n", "a group in From"),
    "an empty group": (b"From: admin@legitimate.test:;\r\n", "no usable address"),
    "NUL": (b"From: <admin@legitimate.test\x00@attack.test>\r\n", "control characters in From"),
    "NUL in the name": (b"From: <first@attack.test>\r\nFrom\x00: <admin@legitimate.test>\r\n", "may be read"),
    "no-break space in the name": (b"From: <a@attack.test>\r\nFrom\xa0: <admin@legitimate.test>\r\n", "may be read"),
    "bare CR": (b"From: <first@attack.test>\rFrom: <admin@legitimate.test>\r\n", "control characters in From"),
    "no address": (b"From: admin\r\n", "no usable address"),
    "nothing": (b"From:\r\n", "no usable address"),
    "only a comment": (b"From: (admin@legitimate.test)\r\n", "no usable address"),
    "a long list": (b"From: " + b",\r\n ".join([b"a@attack.test"] * 10_001) + b",admin@legitimate.test\r\n", "more "),
}  # fmt: skip

# One address, whatever the words around it say: it is judged as the address that is shown.
HIDDEN = {
    "an address as a name": (b'From: "admin@legitimate.test" <any@attack.test>\r\n', "any@attack.test"),
    "in angles as a name": (b'From: "<admin@legitimate.test>" <any@attack.test>\r\n', "any@attack.test"),
    "encoded": (b"From: " + WORD + b" <any@attack.test>\r\n", "any@attack.test"),
    "encoded with NUL": (
        b"From: =?utf-8?B?" + base64.b64encode(b"admin@legitimate.test\x00") + b"?= <any@attack.test>\r\n",
        "any@attack.test",
    ),
    "encoded with a line break": (
        b"From: =?utf-8?B?" + base64.b64encode(b"admin@legitimate.test\nX: y") + b"?= <any@attack.test>\r\n",
        "any@attack.test",
    ),
    "encoded quotes": (b"From: =?utf-8?Q?=22admin=40legitimate=2Etest=22?= <any@attack.test>\r\n", "any@attack.test"),
    "in a comment": (b"From: any@attack.test (admin@legitimate.test)\r\n", "any@attack.test"),
    "in a quoted local part": (b'From: <"admin@legitimate.test"@attack.test>\r\n', "admin@legitimate.test@attack.test"),
    "encoded local part": (b"From: =?utf-8?Q?admin=40legitimate.test=00?=@attack.test\r\n",
                           "=?utf-8?Q?admin=40legitimate.test=00?=@attack.test"),
}  # fmt: skip


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_letter_of_two_authors_names_none(name):
    fields, why = AMBIGUOUS[name]
    result, because = verdict(fields)
    assert result == "refused" and why in because


@pytest.mark.parametrize("name", HIDDEN)
def test_an_address_in_words_is_neither_judged_nor_shown_as_one(name):
    fields, judged = HIDDEN[name]
    assert verdict(fields) in (("pass", judged), ("refused", "no usable address in From"))
    shown = envelope(parse_header(fields + REST))
    assert b'"attack.test"' in shown and b'"legitimate.test"' not in shown


PLAIN = (
    b"From: Kim <any@attack.test>\r\n",
    b"From: any@attack.test\r\n",
    b"From:any@attack.test\r\n",
    b"FROM: any@attack.test\r\n",
    b"From:\r\n\tKim\r\n <any@attack.test>\r\n",
    b"From: any@attack.test <any@attack.test>\r\n",  # some programs write no quotes
    b"From: Kim <any@attack.test>, Lee <lee@ATTACK.test>\r\n",
)


@pytest.mark.parametrize("fields", PLAIN)
def test_a_plain_author_is_believed(fields):
    assert verdict(fields) == ("pass", "any@attack.test")


def test_a_letter_whose_body_quotes_another_is_plain():
    octets = b"From: any@attack.test\r\n\r\nFrom: admin@legitimate.test\r\n"
    assert author(parse_header(octets))[0].addr_spec == "any@attack.test"


def test_who_writes_as_somebody_else_fails():
    assert verdict(b"From: <admin@legitimate.test>\r\n") == ("fail", "admin@legitimate.test")


# ── negative controls ───────────────────────────────────────────────────────────────────────────────────────

ADDRESS = re.compile(rb"[\w.+-]+@([\w.-]+)")
FROM_LINE = re.compile(
    rb"^[ \t]*(?:resent-from|from|sender)[\s\x00\xa0]*:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", re.I | re.M
)


def first_reader(octets):
    """The first address of the first field: what many verifiers do."""
    found = [ADDRESS.search(decoded(value)) for value in FROM_LINE.findall(octets)]
    return {one[1].decode() for one in found[:1] if one}


def last_reader(octets):
    """The last address of the last field: what many programs show."""
    return {
        domains[-1].decode() for value in FROM_LINE.findall(octets)[-1:] if (domains := ADDRESS.findall(decoded(value)))
    }


def library_reader(octets):
    """The parser of Python's library."""
    message = email.message_from_bytes(octets, policy=email.policy.compat32)
    return {email.utils.parseaddr(str(message["from"]))[1].rpartition("@")[2]} - {"", "None"}


def at_readers(octets):
    """Who cuts at a bare CR and takes what follows the first "@", or the last."""
    values = [value for value in FROM_LINE.findall(octets.replace(b"\r", b"\r\n")) if b"@" in value]
    cut = [domain for value in values for domain in (value.split(b"@", 1)[1], value.rpartition(b"@")[2])]
    return {re.split(rb"[^\w.-]", domain)[0].decode() for domain in cut}


def decoded(value):
    return re.sub(rb"=\?utf-8\?B\?([^?]*)\?=", lambda match: base64.b64decode(match[1]), value)


READ_ALIKE = {
    "no address",
    "nothing",
    "a long list",
    "only a comment",
    "A10 alone",
    "A10 tab",
    "a group",
    "no From",
    "an empty group",
}


@pytest.mark.parametrize("name", sorted({*AMBIGUOUS} - READ_ALIKE))
def test_other_readers_find_the_attacker_and_the_attacked(name):
    """Negative control: each is a letter that two programs do read differently."""
    octets = AMBIGUOUS[name][0] + REST
    seen = first_reader(octets) | last_reader(octets) | library_reader(octets) | at_readers(octets)
    assert len(seen) > 1, seen


def test_a_verifier_that_takes_the_first_address_would_believe_the_attacker():
    """Negative control: judged by what one reader finds, shown by what another finds."""
    fields = AMBIGUOUS["A14 two addresses"][0]
    (judged,), (shown,) = first_reader(fields), last_reader(fields)
    assert answer_from(ZONE, evaluate(judged, SPF, ())).result == "pass"
    assert shown == "legitimate.test"


def test_a_reader_that_decodes_before_it_parses_would_show_the_attacked():
    """Negative control of A02."""
    for name in ("encoded", "an address as a name"):
        assert first_reader(HIDDEN[name][0]) == {"legitimate.test"}
