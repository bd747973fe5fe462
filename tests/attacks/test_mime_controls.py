"""M03-M06: with one guard switched off, or for a naive reader, the letters of test_mime do what they were made for."""

import contextlib
import email
import email.policy
import time

import pytest

from attacks.test_mime import AMBIGUOUS, NAMES
from kit.monsters import FAMILIES
from pyeonji.message import parameters, words
from pyeonji.message.addresses import MAX_ADDRESSES, parse_addresses
from pyeonji.message.header import Header
from pyeonji.message.mime import scan
from pyeonji.message.parameters import parse_parameters
from pyeonji.message.text import readable
from pyeonji.message.words import decode_words

ENOUGH = 10**9
MANY_ADDRESSES = b"a@b," * 30_000
MANY_PARAMETERS = b"text/plain" + b"".join(b"; p%d=a" % number for number in range(2_000))


def test_a_field_of_thirty_thousand_addresses_is_read_to_a_limit():
    """M03; the second line is the negative control."""
    assert len(parse_addresses(MANY_ADDRESSES)) == MAX_ADDRESSES
    assert len(parse_addresses(MANY_ADDRESSES, ENOUGH)) == 30_000


@pytest.mark.parametrize("limited", [True, False])
def test_a_field_of_two_thousand_parameters_is_read_to_a_limit(limited, monkeypatch):
    """M03, CVE-2026-27859; the second row is the negative control."""
    if not limited:
        monkeypatch.setattr(parameters, "MAX_PARAMETERS", ENOUGH)
    assert len(parse_parameters(MANY_PARAMETERS).raw) == (parameters.MAX_PARAMETERS if limited else 2_000)


HIDDEN = b"=?utf-7?q?+ADw-script+AD4-?="


def test_utf_7_stays_as_it_stands():
    """M04: what hides ASCII from every filter is shown as what it is."""
    assert decode_words(HIDDEN) == HIDDEN.decode()


def test_a_reader_of_utf_7_would_see_a_script(monkeypatch):
    """Negative control."""
    monkeypatch.setattr(words, "_read", lambda octets, raw, label: b"".join(octets).decode(label))
    assert decode_words(HIDDEN) == "<script>"


def test_a_naive_reader_would_see_another_name():
    """M05: of test_a_name_is_the_same_however_it_is_hidden: the parameter as it stands."""

    def naive(way):
        disposition = scan(b"Content-Disposition: attachment; " + NAMES[way] + b"\r\n\r\nx").disposition
        return disposition.first("filename")

    fooled = [way for way in NAMES if naive(way) != b"a.exe"]
    assert len(fooled) >= 6, fooled


def test_where_the_last_field_counted_a_part_would_appear(monkeypatch):
    """M06: of test_what_two_readers_could_read_differently_has_one_reading."""

    def last(self, name):
        found = [self.value(field) for field in self if field.name == name]
        return found[-1] if found else None

    monkeypatch.setattr(Header, "get", last)
    assert len([*scan(AMBIGUOUS["two types"]).walk()]) > 1


def test_another_reader_reads_them_otherwise():
    """M06: the ambiguity is a real one: the parser of Python sees parts in some, and other text in others."""
    otherwise = [
        name for name, octets in AMBIGUOUS.items() if email.message_from_bytes(octets).get_content_maintype() != "text"
    ]
    assert len(otherwise) >= 3, otherwise


@pytest.mark.parametrize("family", ["addresses", "pieces", "words"])
def test_a_bomb_is_one_for_the_parser_of_python(family):
    """M03, M04: what takes it many times as long, or more than it can hold, is what we read in passing (G12)."""
    content = FAMILIES[family](4_000)

    def cost(read):
        began = time.thread_time()
        read(content)
        return time.thread_time() - began

    def naive(octets):
        message = email.message_from_bytes(octets, policy=email.policy.SMTP)
        return [message.get(name) for name in ("From", "Subject", "Content-Type")]

    with contextlib.suppress(RecursionError):
        assert cost(naive) > 4 * cost(readable)
