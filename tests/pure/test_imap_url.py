"""URLs that name a message here, as CATENATE uses them (RFC 5092, RFC 4469 §A)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyeonji.proto.imap.command.fetch import Section
from pyeonji.proto.imap.url import MessageUrl, NotAMessageUrl, parse_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER",
         MessageUrl("Drafts", 385759045, 20, Section((), "HEADER"))),
        ("/Drafts;UIDVALIDITY=385759045/;UID=20/;section=1.MIME",
         MessageUrl("Drafts", 385759045, 20, Section((1,), "MIME"))),
        ("/INBOX;UIDVALIDITY=785799047/;UID=113330/;section=1.5.9",
         MessageUrl("INBOX", 785799047, 113330, Section((1, 5, 9)))),
        ("/Drafts/;UID=3002", MessageUrl("Drafts", None, 3002)),
        ("Sent/2024/;uid=3", MessageUrl("Sent/2024", None, 3)),
        ("/;UID=20", MessageUrl(None, None, 20)),
        (";UID=20/;SECTION=TEXT", MessageUrl(None, None, 20, Section((), "TEXT"))),
        ("/%ED%8E%B8%EC%A7%80%20a/;UID=1", MessageUrl("편지 a", None, 1)),
        ("/a&b/;UID=1", MessageUrl("a&b", None, 1)),
        ("/gray-council;UIDVALIDITY=385759045/;UID=20/;PARTIAL=0.1024",
         MessageUrl("gray-council", 385759045, 20, partial=(0, 1024))),
        ("/x/;UID=20/;SECTION=1.2/;PARTIAL=7", MessageUrl("x", None, 20, Section((1, 2)), (7, None))),
        ("/x/;UID=2/;SECTION=HEADER.FIELDS%20(FROM%20TO)",
         MessageUrl("x", None, 2, Section((), "HEADER.FIELDS", (b"FROM", b"TO")))),
    ],
)  # fmt: skip
def test_a_url_that_names_a_message(text, url):
    assert parse_url(text) == url


@pytest.mark.parametrize(
    "text",
    ["", "/", "/INBOX", "INBOX;UID=1", "/INBOX/;UID=0", "/INBOX/;UID=4294967296", "imap://host/INBOX/;UID=1",
     "//host/INBOX/;UID=1", "IMAP:/INBOX/;UID=1", "/INBOX/;UID=1;URLAUTH=anonymous", "/INBOX/;UID=1/;SECTION=FOO",
     "/INBOX/;UID=1/;SECTION=", "/INBOX/;UID=1/;SECTION=1]x", "/INBOX/;UID=1/;PARTIAL=", "/INBOX/;UID=1/;PARTIAL=1.0",
     "/INBOX/;UID=1/;PARTIAL=9999999999999999999", "/%zz/;UID=1", "/%ff/;UID=1", "/%0A/;UID=1", "/INBOX?x/;UID=1",
     "/INBOX;UIDVALIDITY=0/;UID=1", "/" + "x" * 4096 + "/;UID=1", "http://x/;UID=1;"],
)  # fmt: skip
def test_a_url_that_names_no_message_here(text):
    with pytest.raises(NotAMessageUrl):
        parse_url(text)


@given(
    st.lists(st.sampled_from([*"/;%2F0?#]x", ";UID=1", ";UIDVALIDITY=7/", "/;SECTION=", "1.2", "INBOX"])).map("".join)
)
def test_any_text_is_a_url_or_none(text):
    with contextlib.suppress(NotAMessageUrl):
        assert parse_url(text).uid
